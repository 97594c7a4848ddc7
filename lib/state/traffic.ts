/**
 * The counters of frontends, backends, servers and the process, as tables. Names are HAProxy's statistics
 * columns (management manual 9.1) or `show info` fields in lower case.
 */
import { type Field, type Layout, positions } from "./layout.ts";
import type { Lease } from "./store.ts";
import { Counters } from "./counters.ts";

/** What both proxies and servers count. */
const COMMON = [
  { name: "smax", merge: "max", doc: "max sessions" },
  { name: "stot", doc: "cumulative sessions" },
  { name: "bin", doc: "bytes in" },
  { name: "bout", doc: "bytes out" },
  { name: "dresp", doc: "responses denied" },
  { name: "econ", doc: "streams whose connection to a server failed, all retries included" },
  { name: "eresp", doc: "response errors" },
  { name: "wretr", doc: "connections to a server that were tried again" },
  { name: "wredis", doc: "requests sent to another server than intended" },
  { name: "qmax", merge: "max", doc: "max queued" },
  { name: "chkdown", doc: "changes from up to down" },
  { name: "lbtot", doc: "times a server was selected" },
  { name: "rate_tick", merge: "own", doc: "start of the running second (ms)" },
  { name: "rate_curr", merge: "own", doc: "sessions in the running second" },
  { name: "rate_prev", merge: "own", doc: "sessions in the second before" },
  { name: "rate_max", merge: "max", doc: "max sessions in a second" },
  { name: "hrsp_1xx", doc: "responses with 1xx" },
  { name: "hrsp_2xx", doc: "responses with 2xx" },
  { name: "hrsp_3xx", doc: "responses with 3xx" },
  { name: "hrsp_4xx", doc: "responses with 4xx" },
  { name: "hrsp_5xx", doc: "responses with 5xx" },
  { name: "hrsp_other", doc: "responses with other codes" },
  { name: "cli_abrt", doc: "transfers aborted by the client" },
  { name: "srv_abrt", doc: "transfers aborted by the server" },
  { name: "samples", doc: "streams in the averages" },
  { name: "qtime", merge: "average", doc: "queue time, ms" },
  { name: "ctime", merge: "average", doc: "connect time, ms" },
  { name: "rtime", merge: "average", doc: "response time, ms" },
  { name: "ttime", merge: "average", doc: "total time, ms" },
  { name: "qtime_max", merge: "max", doc: "max queue time, ms" },
  { name: "ctime_max", merge: "max", doc: "max connect time, ms" },
  { name: "rtime_max", merge: "max", doc: "max response time, ms" },
  { name: "ttime_max", merge: "max", doc: "max total time, ms" },
  { name: "wrew", doc: "failed header rewritings" },
  { name: "connect", doc: "attempts to connect" },
  { name: "reuse", doc: "connections used again" },
  { name: "eint", doc: "internal errors" },
  { name: "req_tot", doc: "HTTP requests received" },
] as const satisfies readonly Field[];

const PROXY_FIELDS = [
  ...COMMON,
  { name: "dreq", doc: "requests denied" },
  { name: "ereq", doc: "request errors" },
  { name: "req_rate_tick", merge: "own", doc: "start of the running second (ms)" },
  { name: "req_rate_curr", merge: "own", doc: "requests in the running second" },
  { name: "req_rate_prev", merge: "own", doc: "requests in the second before" },
  { name: "req_rate_max", merge: "max", doc: "max requests in a second" },
  { name: "conn_rate_tick", merge: "own", doc: "start of the running second (ms)" },
  { name: "conn_rate_curr", merge: "own", doc: "connections in the running second" },
  { name: "conn_rate_prev", merge: "own", doc: "connections in the second before" },
  { name: "conn_rate_max", merge: "max", doc: "max connections in a second" },
  { name: "conn_tot", doc: "cumulative connections" },
  { name: "intercepted", doc: "requests answered by monitor or stats" },
  { name: "dcon", doc: "connections denied by tcp-request connection" },
  { name: "dses", doc: "sessions denied by tcp-request session" },
  { name: "comp_in", doc: "bytes fed to the compressor" },
  { name: "comp_out", doc: "bytes the compressor emitted" },
  { name: "comp_byp", doc: "bytes that passed the compressor by" },
  { name: "comp_rsp", doc: "responses compressed" },
  { name: "cache_lookups", doc: "cache lookups" },
  { name: "cache_hits", doc: "cache hits" },
  { name: "h2_headers_rcvd", doc: "HTTP/2: HEADERS received" },
  { name: "h2_data_rcvd", doc: "HTTP/2: DATA frames received" },
  { name: "h2_settings_rcvd", doc: "HTTP/2: SETTINGS received" },
  { name: "h2_rst_stream_rcvd", doc: "HTTP/2: RST_STREAM received" },
  { name: "h2_goaway_rcvd", doc: "HTTP/2: GOAWAY received" },
  { name: "h2_detected_conn_protocol_errors", doc: "HTTP/2: mistakes that ended a connection" },
  { name: "h2_detected_strm_protocol_errors", doc: "HTTP/2: mistakes that ended a stream" },
  { name: "h2_rst_stream_resp", doc: "HTTP/2: RST_STREAM sent" },
  { name: "h2_goaway_resp", doc: "HTTP/2: GOAWAY sent" },
  { name: "h2_conn_tot", doc: "HTTP/2 connections in all" },
  { name: "h2_conn_end", doc: "HTTP/2 connections that have ended" },
  { name: "h2_stream_tot", doc: "HTTP/2 streams in all" },
  { name: "h2_stream_end", doc: "HTTP/2 streams that have ended" },
] as const satisfies readonly Field[];

const SERVER_FIELDS = [
  ...COMMON,
  { name: "chkfail", doc: "failed checks while the server was up" },
  { name: "hanafail", doc: "times that live traffic had the errors that `observe` permits" },
  { name: "idle_conn_cur", merge: "gauge", doc: "unsafe idle connections" },
  { name: "safe_conn_cur", merge: "gauge", doc: "safe idle connections" },
  { name: "used_conn_cur", doc: "connections in use" },
] as const satisfies readonly Field[];

const PROCESS_FIELDS = [
  { name: "cum_conns", doc: "connections accepted" },
  { name: "cum_req", doc: "requests processed" },
  { name: "max_conns", merge: "max", doc: "max connections at once" },
  { name: "bytes_out", doc: "bytes sent to clients" },
  { name: "conn_rate_tick", merge: "own", doc: "start of the running second (ms)" },
  { name: "conn_rate_curr", merge: "own", doc: "connections in the running second" },
  { name: "conn_rate_prev", merge: "own", doc: "connections in the second before" },
  { name: "conn_rate_max", merge: "max", doc: "max connections in a second" },
  { name: "sess_rate_tick", merge: "own", doc: "start of the running second (ms)" },
  { name: "sess_rate_curr", merge: "own", doc: "sessions in the running second" },
  { name: "sess_rate_prev", merge: "own", doc: "sessions in the second before" },
  { name: "sess_rate_max", merge: "max", doc: "max sessions in a second" },
  { name: "ssl_conns", merge: "gauge", doc: "TLS connections now" },
  { name: "cum_ssl_conns", doc: "TLS connections in all" },
  { name: "ssl_rate_tick", merge: "own", doc: "start of the running second (ms)" },
  { name: "ssl_rate_curr", merge: "own", doc: "TLS connections of clients in the running second" },
  { name: "ssl_rate_prev", merge: "own", doc: "TLS connections of clients in the second before" },
  { name: "ssl_rate_max", merge: "max", doc: "max TLS connections of clients in a second" },
  { name: "ssl_fe_keys_rate_tick", merge: "own", doc: "start of the running second (ms)" },
  {
    name: "ssl_fe_keys_rate_curr",
    merge: "own",
    doc: "TLS keys computed for clients in the running second",
  },
  {
    name: "ssl_fe_keys_rate_prev",
    merge: "own",
    doc: "TLS keys computed for clients in the second before",
  },
  {
    name: "ssl_fe_keys_rate_max",
    merge: "max",
    doc: "max TLS keys computed for clients in a second",
  },
  { name: "ssl_be_keys_rate_tick", merge: "own", doc: "start of the running second (ms)" },
  {
    name: "ssl_be_keys_rate_curr",
    merge: "own",
    doc: "TLS keys computed for servers in the running second",
  },
  {
    name: "ssl_be_keys_rate_prev",
    merge: "own",
    doc: "TLS keys computed for servers in the second before",
  },
  {
    name: "ssl_be_keys_rate_max",
    merge: "max",
    doc: "max TLS keys computed for servers in a second",
  },
  { name: "dropped_logs", doc: "log lines dropped" },
  { name: "received_logs", doc: "syslog messages received" },
] as const satisfies readonly Field[];

export const FRONTEND_COUNTERS: Layout = {
  kind: "frontend-counters",
  type: "counters",
  fields: PROXY_FIELDS,
};
export const BACKEND_COUNTERS: Layout = {
  kind: "backend-counters",
  type: "counters",
  fields: PROXY_FIELDS,
};
export const SERVER_COUNTERS: Layout = {
  kind: "server-counters",
  type: "counters",
  fields: SERVER_FIELDS,
};
export const PROCESS_COUNTERS: Layout = {
  kind: "process-counters",
  type: "counters",
  fields: PROCESS_FIELDS,
};

/** Positions for `add`, `raise` and `total` of ProxyCounters (frontends and backends). */
export const PC = positions(PROXY_FIELDS);
/** Positions for ServerCounters. */
export const SC = positions(SERVER_FIELDS);
/** Positions for ProcessCounters. */
export const GC = positions(PROCESS_FIELDS);

/** What proxies and servers count alike; COMMON stands first in both tables, so positions agree. */
class TrafficCounters extends Counters {
  /** One more session at `wall` ms; `current` is the number of sessions now, this one included. */
  session(wall: number, current: number): void {
    this.add(PC.stot, 1);
    this.raise(PC.smax, current);
    this.raise(PC.rate_max, this.hit(PC.rate_tick, wall, 1));
  }
  /** A response with this status was sent. */
  response(status: number): void {
    const hundred = Math.floor(status / 100);
    this.add(hundred >= 1 && hundred <= 5 ? PC.hrsp_1xx + hundred - 1 : PC.hrsp_other, 1);
  }
  /** Bytes from the client and to the client. */
  bytes(bytesIn: number, bytesOut: number): void {
    this.add(PC.bin, bytesIn);
    this.add(PC.bout, bytesOut);
  }
  /** Times of a finished stream, ms; a time that was not measured is negative and counts as 0. */
  times(queue: number, connect: number, response: number, total: number): void {
    this.add(PC.samples, 1);
    this.#time(PC.qtime, PC.qtime_max, queue);
    this.#time(PC.ctime, PC.ctime_max, connect);
    this.#time(PC.rtime, PC.rtime_max, response);
    this.#time(PC.ttime, PC.ttime_max, total);
  }
  #time(average: number, max: number, ms: number): void {
    const value = ms > 0 ? Math.round(ms) : 0;
    this.slide(average, value);
    this.raise(max, value);
  }
  /** Average of qtime, ctime, rtime or ttime over the last 1024 streams, ms. */
  averageTime(field: number): number {
    return this.average(field, PC.samples);
  }
  /** Sessions per second. */
  sessionRate(wall: number): number {
    return this.rate(PC.rate_tick, wall);
  }
}

export class ProxyCounters extends TrafficCounters {
  static takeFrontend(lease: Lease, frontend: string): ProxyCounters {
    const { threads, thread } = lease.store;
    return new ProxyCounters(lease.take(FRONTEND_COUNTERS, frontend), threads, thread);
  }
  static takeBackend(lease: Lease, backend: string): ProxyCounters {
    const { threads, thread } = lease.store;
    return new ProxyCounters(lease.take(BACKEND_COUNTERS, backend), threads, thread);
  }
  /** One more HTTP request. */
  request(wall: number): void {
    this.add(PC.req_tot, 1);
    this.raise(PC.req_rate_max, this.hit(PC.req_rate_tick, wall, 1));
  }
  /** One more client connection. */
  connection(wall: number): void {
    this.add(PC.conn_tot, 1);
    this.raise(PC.conn_rate_max, this.hit(PC.conn_rate_tick, wall, 1));
  }
  requestRate(wall: number): number {
    return this.rate(PC.req_rate_tick, wall);
  }
  connectionRate(wall: number): number {
    return this.rate(PC.conn_rate_tick, wall);
  }
}

export class ServerCounters extends TrafficCounters {
  static take(lease: Lease, backend: string, server: string): ServerCounters {
    const { threads, thread } = lease.store;
    return new ServerCounters(
      lease.take(SERVER_COUNTERS, `${backend}/${server}`),
      threads,
      thread,
    );
  }
}

export class ProcessCounters extends Counters {
  static take(lease: Lease): ProcessCounters {
    const { threads, thread } = lease.store;
    return new ProcessCounters(lease.take(PROCESS_COUNTERS, "process"), threads, thread);
  }
  /** One more client connection; `current` is the number now. */
  connection(wall: number, current: number): void {
    this.add(GC.cum_conns, 1);
    this.raise(GC.max_conns, current);
    this.raise(GC.conn_rate_max, this.hit(GC.conn_rate_tick, wall, 1));
  }
  /** A client's connection begins, with TLS. */
  tlsBegun(wall: number): void {
    this.raise(GC.ssl_rate_max, this.hit(GC.ssl_rate_tick, wall, 1));
  }
  /** A TLS handshake is done; a session that was resumed costs no key. */
  secured(wall: number, isServer: boolean, resumed: boolean): void {
    this.add(GC.ssl_conns, 1);
    this.add(GC.cum_ssl_conns, 1);
    if (resumed) return;
    if (isServer) this.raise(GC.ssl_fe_keys_rate_max, this.hit(GC.ssl_fe_keys_rate_tick, wall, 1));
    else this.raise(GC.ssl_be_keys_rate_max, this.hit(GC.ssl_be_keys_rate_tick, wall, 1));
  }
  /** A TLS connection is over. */
  unsecured(): void {
    this.add(GC.ssl_conns, -1);
  }
  /** A `log-forward` section has got a message. */
  logReceived(): void {
    this.add(GC.received_logs, 1);
  }
  session(wall: number): void {
    this.raise(GC.sess_rate_max, this.hit(GC.sess_rate_tick, wall, 1));
  }
}
