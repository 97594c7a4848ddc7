/** The end of a stream: its slot is given back, it is counted, and its log line is written. */
import { LogLevel } from "../log/types.ts";
import { GC, PC, SC } from "../state/traffic.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Stream } from "./stream.ts";
import { streamEnded } from "./sticky_counters.ts";

/** Ends `stream`; called exactly once. */
export function endStream(stream: Stream, process: ProcessContext): void {
  stream.endedAt = process.now();
  const backend = stream.backend;
  const slot = stream.slot;
  if (slot !== undefined && backend !== undefined) {
    stream.slot = undefined;
    backend.pool.release(slot);
  }
  if (backend !== undefined) backend.leave();
  if (stream.bytesIn === 0) stream.bytesIn = headLength(stream);
  count(stream, process);
  streamEnded(stream);
  if (stream.frontend.logLine !== undefined) log(stream, process);
  if (stream.trace !== undefined) stream.trace.end(stream);
  process.variableLimits.endStream(stream);
}

/** What was answered here was received all the same. */
function headLength({ request }: Stream): number {
  return request === undefined ? 0 : request.received.end - request.received.start;
}

function count(stream: Stream, process: ProcessContext): void {
  const { frontend, backend, bytesIn, bytesOut, status } = stream;
  const { http } = stream.session;
  frontend.counters.bytes(bytesIn, bytesOut);
  stream.session.listenerCounters?.bytes(bytesIn, bytesOut);
  process.counters.add(GC.bytes_out, bytesOut);
  if (http) {
    process.counters.add(GC.cum_req, 1);
    frontend.counters.response(status);
  }
  const aborted = stream.cause === "C" || stream.cause === "c";
  if (backend === undefined) return;
  if (aborted) backend.counters.add(PC.cli_abrt, 1);
  backend.counters.bytes(bytesIn, bytesOut);
  if (http) backend.counters.response(status);
  const server = stream.lastServer;
  if (server === undefined) return;
  const counters = server.counters;
  counters.bytes(bytesIn, bytesOut);
  if (aborted) counters.add(PC.cli_abrt, 1);
  if (http && status > 0 && stream.responseAt >= 0) {
    counters.response(stream.deniedStatus > 0 ? stream.deniedStatus : status);
    counters.add(SC.req_tot, 1);
  }
  if (stream.responseAt >= 0 || !http) {
    const start = http ? stream.requestAt : stream.acceptAt;
    const queue = stream.queuedAt - start;
    const connect = stream.connectedAt - stream.queuedAt;
    const response = http ? stream.responseAt - stream.connectedAt : 0;
    const total = stream.endedAt - start;
    counters.times(queue, connect, response, total);
    backend.counters.times(queue, connect, response, total);
    const { latency } = backend;
    if (latency !== undefined) {
      latency.all.record(queue, connect, response, total);
      latency.of(server.name)?.record(queue, connect, response, total);
    }
  }
}

/** Which streams are logged, and how urgently (manual `option dontlog-normal`, `log-separate-errors`). */
function log(stream: Stream, process: ProcessContext): void {
  const { frontend } = stream;
  const { dontlogNormal, logSeparateErrors } = frontend.config.options;
  if (stream.logLevel === -1) return;
  let level = stream.logLevel ?? LogLevel.info;
  let normal = true;
  if (dontlogNormal || logSeparateErrors || frontend.errorLogLine !== undefined) {
    // What the proxy answers itself is nothing that went wrong.
    normal = (stream.cause === "-" || stream.cause === "L") && stream.status < 500 &&
      stream.retries === 0 &&
      !stream.redispatched;
    if (normal && dontlogNormal) return;
    if (!normal && logSeparateErrors && stream.logLevel === undefined) level = LogLevel.err;
  }
  stream.actconn = process.actconn;
  frontend.log(stream, level, !normal);
}
