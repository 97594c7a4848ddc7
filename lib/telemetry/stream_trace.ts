/**
 * The trace of one request: whose child it is, and, when it is recorded, its spans at its end: one of the request
 * (SERVER), and one of what the server was asked (CLIENT), whose number the server is told.
 *
 * Laws:
 * - A request that is not recorded costs a field of its head and nothing at its end.
 * - Nothing secret is recorded: no query, no field of the head but Host and User-Agent.
 */
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import type { Head } from "../http1/head.ts";
import type { Stream } from "../proxy/stream.ts";
import { SAMPLED, type TraceParent } from "./traceparent.ts";

/** Numbers of `SpanKind` and `SpanStatusCode` (@opentelemetry/api), which is not loaded for them. */
const SERVER = 1;
const CLIENT = 2;
const UNSET = 0;
const ERROR = 2;

type Resource = ReadableSpan["resource"];
type Attributes = ReadableSpan["attributes"];
type HrTime = ReadableSpan["startTime"];

export interface StreamTraceIds {
  readonly traceId: string;
  /** of the request here */
  readonly spanId: string;
  /** of what the server is asked: what its spans are children of */
  readonly childId: string;
  /** of the client; undefined: the trace began here */
  readonly parent: TraceParent | undefined;
}

/** A request that is recorded. */
export class StreamTrace {
  readonly ids: StreamTraceIds;
  readonly #take: (stream: Stream, ids: StreamTraceIds) => void;

  constructor(ids: StreamTraceIds, take: (stream: Stream, ids: StreamTraceIds) => void) {
    this.ids = ids;
    this.#take = take;
  }

  end(stream: Stream): void {
    this.#take(stream, this.ids);
  }
}

/** Text of HTTP as characters, and not longer than anybody reads. */
function clean(text: string | undefined): string | undefined {
  return text?.slice(0, 1024);
}

/** Those that have a value. */
function attributes(all: Record<string, string | number | undefined>): Attributes {
  const set: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(all)) if (value !== undefined) set[name] = value;
  return set;
}

/** The spans of a stream that has ended. `epoch`: wall ms at clock ms 0. */
export function spansOf(
  stream: Stream,
  trace: StreamTraceIds,
  epoch: number,
  resource: Resource,
  version: string,
): ReadableSpan[] {
  const { session, request, status, frontend, backend, lastServer } = stream;
  const method = request?.method ?? "HTTP";
  const failed = status >= 500 || status < 0;
  const common = { resource, instrumentationScope: { name: "sluice", version } };
  const begin = stream.requestStartAt >= 0 ? stream.requestStartAt : stream.acceptAt;
  const spans = [make({
    ...common,
    trace,
    spanId: trace.spanId,
    parentId: trace.parent?.spanId,
    remote: true,
    kind: SERVER,
    name: method,
    start: epoch + begin,
    end: epoch + stream.endedAt,
    failed,
    attributes: attributes({
      "http.request.method": method,
      "url.scheme": session.tls === undefined ? "http" : "https",
      "url.path": clean(request && pathOf(request.received)),
      "http.response.status_code": status > 0 ? status : undefined,
      "network.protocol.version": versionOf(request?.received.version),
      "server.address": clean(request?.get("host")),
      "client.address": session.remote.host,
      "client.port": session.remote.port,
      "user_agent.original": clean(request?.get("user-agent")),
      "sluice.frontend": frontend.name,
      "sluice.backend": backend?.name,
      "sluice.server": lastServer?.name,
      "sluice.termination": stream.termination,
      "error.type": failed ? (status > 0 ? String(status) : "aborted") : undefined,
    }),
  })];
  if (lastServer !== undefined && stream.queuedAt >= 0) {
    const reached = stream.connectedAt >= 0;
    const answered = stream.responseAt >= 0;
    spans.push(make({
      ...common,
      trace,
      spanId: trace.childId,
      parentId: trace.spanId,
      remote: false,
      kind: CLIENT,
      name: method,
      start: epoch + (stream.requestAt >= 0 ? stream.requestAt : begin),
      end: epoch + stream.endedAt,
      failed: failed || !answered,
      attributes: attributes({
        "http.request.method": method,
        "http.response.status_code": answered && status > 0 ? status : undefined,
        "server.address": lastServer.address.host,
        "server.port": lastServer.address.port,
        "http.request.resend_count": stream.retries > 0 ? stream.retries : undefined,
        "sluice.backend": backend?.name,
        "sluice.server": lastServer.name,
        "sluice.queue_ms": Math.round(stream.queuedAt - Math.max(stream.requestAt, begin)),
        "sluice.connect_ms": reached ? Math.round(stream.connectedAt - stream.queuedAt) : undefined,
        "sluice.response_ms": answered && reached
          ? Math.round(stream.responseAt - stream.connectedAt)
          : undefined,
      }),
    }));
  }
  return spans;
}

/** As it came: what rules have made of it is told by the server's logs. */
function pathOf({ text, secondStart, secondEnd }: Head["received"]): string {
  return text.slice(secondStart, secondEnd).split("?", 1)[0];
}

function versionOf(version: number | undefined): string | undefined {
  if (version === undefined) return undefined;
  return version >= 20 ? "2" : version === 11 ? "1.1" : "1.0";
}

interface Parts {
  readonly trace: StreamTraceIds;
  readonly spanId: string;
  readonly parentId: string | undefined;
  /** the parent is the client's */
  readonly remote: boolean;
  readonly kind: number;
  readonly name: string;
  /** wall ms */
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
  readonly attributes: Attributes;
  readonly resource: Resource;
  readonly instrumentationScope: ReadableSpan["instrumentationScope"];
}

function make(parts: Parts): ReadableSpan {
  const { trace: { traceId }, spanId, parentId, start } = parts;
  const end = Math.max(start, parts.end);
  const context = { traceId, spanId, traceFlags: SAMPLED };
  return {
    name: parts.name,
    kind: parts.kind,
    spanContext: () => context,
    parentSpanContext: parentId === undefined
      ? undefined
      : { traceId, spanId: parentId, traceFlags: SAMPLED, isRemote: parts.remote },
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end - start),
    ended: true,
    status: { code: parts.failed ? ERROR : UNSET },
    attributes: parts.attributes,
    links: [],
    events: [],
    resource: parts.resource,
    instrumentationScope: parts.instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  } as ReadableSpan;
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
