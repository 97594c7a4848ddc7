/** What `use-service` can name. */
import type { Reply } from "../lib/proxy/reply.ts";
import type { Stream } from "../lib/proxy/stream.ts";
import type { ServiceName } from "../lib/rules/actions/service.ts";
import type { ProcessState } from "../lib/runtime/process_state.ts";
import { prometheusExporter } from "./metrics/exporter.ts";

type Service = (stream: Stream, process: ProcessState) => Reply;

const services: Readonly<Record<ServiceName, Service>> = {
  "prometheus-exporter": prometheusExporter,
};

/** The answer of the service. */
export function serve(name: ServiceName, stream: Stream): Reply {
  return services[name](stream, stream.process as ProcessState);
}
