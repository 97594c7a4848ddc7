/** Columns of `show stat` after the fixed ones: HAProxy has the counters of its protocol modules there. */
import { PC, type ProxyCounters } from "../../state/traffic.ts";
import { column, isHttp, type StatColumn, zero } from "./column.ts";

export const protocolColumns: readonly StatColumn[] = [
  column("-", "FBS", "end of the fixed columns", () => "-"),
  zero("ssl_sess", "FBS", "TLS sessions"),
  zero("ssl_reused_sess", "FBS", "TLS sessions that were resumed"),
  zero("ssl_failed_handshake", "FBS", "TLS handshakes that failed"),
  h2("headers_rcvd", "HTTP/2: HEADERS received", (c) => c.total(PC.h2_headers_rcvd)),
  h2("data_rcvd", "HTTP/2: DATA frames received", (c) => c.total(PC.h2_data_rcvd)),
  h2("settings_rcvd", "HTTP/2: SETTINGS received", (c) => c.total(PC.h2_settings_rcvd)),
  h2("rst_stream_rcvd", "HTTP/2: RST_STREAM received", (c) => c.total(PC.h2_rst_stream_rcvd)),
  h2("goaway_rcvd", "HTTP/2: GOAWAY received", (c) => c.total(PC.h2_goaway_rcvd)),
  h2(
    "detected_conn_protocol_errors",
    "HTTP/2: mistakes of peers that ended a connection",
    (c) => c.total(PC.h2_detected_conn_protocol_errors),
  ),
  h2(
    "detected_strm_protocol_errors",
    "HTTP/2: mistakes of peers that ended a stream",
    (c) => c.total(PC.h2_detected_strm_protocol_errors),
  ),
  h2("rst_stream_resp", "HTTP/2: RST_STREAM sent", (c) => c.total(PC.h2_rst_stream_resp)),
  h2("goaway_resp", "HTTP/2: GOAWAY sent", (c) => c.total(PC.h2_goaway_resp)),
  h2(
    "open_connections",
    "HTTP/2 connections now",
    (c) => c.total(PC.h2_conn_tot) - c.total(PC.h2_conn_end),
  ),
  h2(
    "backend_open_streams",
    "HTTP/2 streams now",
    (c) => c.total(PC.h2_stream_tot) - c.total(PC.h2_stream_end),
  ),
  h2("total_connections", "HTTP/2 connections in all", (c) => c.total(PC.h2_conn_tot)),
  h2("backend_total_streams", "HTTP/2 streams in all", (c) => c.total(PC.h2_stream_tot)),
  {
    name: "h1_open_connections",
    doc: "HTTP/1 connections now; not counted on the side of the servers",
    frontend: (s) => isHttp(s) ? s.frontend.state.current : 0,
    backend: (s) => isHttp(s) ? undefined : 0,
  },
  {
    name: "h1_open_streams",
    doc: "requests now; not counted for frontends",
    frontend: (s) => isHttp(s) ? undefined : 0,
    backend: (s) => isHttp(s) ? s.backend.state.current : 0,
  },
  {
    name: "h1_total_connections",
    doc: "HTTP/1 connections in all",
    frontend: (s) => isHttp(s) ? s.frontend.counters.total(PC.conn_tot) : 0,
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.connect) : 0,
  },
  {
    name: "h1_total_streams",
    doc: "requests in all",
    frontend: (s) => isHttp(s) ? s.frontend.counters.total(PC.req_tot) : 0,
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.lbtot) : 0,
  },
  {
    name: "h1_bytes_in",
    doc: "bytes that came over HTTP/1",
    frontend: (s) => isHttp(s) ? s.frontend.counters.total(PC.bin) : 0,
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.bout) : 0,
  },
  {
    name: "h1_bytes_out",
    doc: "bytes that went over HTTP/1",
    frontend: (s) => isHttp(s) ? s.frontend.counters.total(PC.bout) : 0,
    backend: (s) => isHttp(s) ? s.backend.counters.total(PC.bin) : 0,
  },
  zero("h1_spliced_bytes_in", "FB", "bytes moved within the kernel, which is not done"),
  zero("h1_spliced_bytes_out", "FB", "bytes moved within the kernel, which is not done"),
];

function h2(name: string, doc: string, read: (counters: ProxyCounters) => number): StatColumn {
  return {
    name: `h2_${name}`,
    doc,
    frontend: (s) => isHttp(s) ? read(s.frontend.counters) : 0,
    backend: (s) => isHttp(s) ? read(s.backend.counters) : 0,
  };
}
