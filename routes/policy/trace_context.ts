/** W3C Trace Context on requests: a client's `traceparent` is continued, or one is made; the server is told. */
import type { OpenTelemetryConfig } from "../../lib/config/model_opentelemetry.ts";
import type { ProcessState } from "../../lib/runtime/process_state.ts";
import {
  formatTraceParent,
  parseTraceParent,
  RandomIds,
  SAMPLED,
  type TraceParent,
} from "../../lib/telemetry/traceparent.ts";
import { StreamTrace } from "../../lib/telemetry/stream_trace.ts";
import type { Head } from "../../lib/http1/head.ts";
import { onRequest, type PolicyMiddleware } from "./policy.ts";

const PARENT = "traceparent";
const STATE = "tracestate";

/** Undefined: nothing is traced. */
export function traceContext(
  config: OpenTelemetryConfig | undefined,
  process: ProcessState,
): PolicyMiddleware | undefined {
  if (config?.endpoint === undefined) return undefined;
  const { sample = 1, trust = true } = config;
  const ids = new RandomIds();
  const { take } = process.spans;
  return onRequest((stream) => {
    const request = stream.request!;
    const parent = trust ? parentOf(request) : undefined;
    const recorded = parent === undefined
      ? process.random() < sample
      : (parent.flags & SAMPLED) !== 0;
    // What is not recorded here is no station of the trace: it goes on as it came.
    if (!recorded && parent !== undefined) return undefined;
    const traceId = parent?.traceId ?? ids.trace();
    const childId = ids.span();
    if (parent === undefined) request.removeAll(STATE);
    request.removeAll(PARENT);
    const flags = recorded ? SAMPLED : 0;
    request.append(PARENT, formatTraceParent({ traceId, spanId: childId, flags }));
    if (recorded) {
      const own = { traceId, spanId: ids.span(), childId, parent };
      stream.trace = new StreamTrace(own, take);
    }
    return undefined;
  });
}

/** Undefined: there is none, or it means nothing; two are none (section 3.2.2.5 has one only). */
function parentOf(request: Head): TraceParent | undefined {
  const value = request.get(PARENT);
  return value === undefined || value.includes(",") ? undefined : parseTraceParent(value);
}
