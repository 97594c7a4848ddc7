/** What the `opentelemetry` statements of `global` say (sluice's own; docs/telemetry.md). */
import type { Span } from "./document.ts";

export interface OpenTelemetryConfig {
  /** where traces are sent (OTLP over HTTP); undefined: they are not */
  readonly endpoint?: string;
  /** `service.name` of the resource; `sluice` when it is not said */
  readonly serviceName?: string;
  /** share of the traces begun here that are recorded, 0 to 1; 1 when it is not said */
  readonly sample?: number;
  /** fields of each request to the endpoint, from a file: secrets do not stand in a configuration */
  readonly headersFile?: string;
  /** false: `traceparent` of clients is not believed, and every trace begins here */
  readonly trust?: boolean;
  readonly span: Span;
}
