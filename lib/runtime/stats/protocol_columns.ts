/** Columns of `show stat` after the fixed ones: HAProxy has the counters of its protocol modules there. */
import { PC } from "../../state/traffic.ts";
import { column, isHttp, type StatColumn, zero } from "./column.ts";

export const protocolColumns: readonly StatColumn[] = [
  column("-", "FBS", "end of the fixed columns", () => "-"),
  zero("ssl_sess", "FBS", "TLS sessions"),
  zero("ssl_reused_sess", "FBS", "TLS sessions that were resumed"),
  zero("ssl_failed_handshake", "FBS", "TLS handshakes that failed"),
  ...[
    "headers_rcvd",
    "data_rcvd",
    "settings_rcvd",
    "rst_stream_rcvd",
    "goaway_rcvd",
    "detected_conn_protocol_errors",
    "detected_strm_protocol_errors",
    "rst_stream_resp",
    "goaway_resp",
    "open_connections",
    "backend_open_streams",
    "total_connections",
    "backend_total_streams",
  ].map((name) => zero(`h2_${name}`, "FB", "HTTP/2, which is not spoken yet")),
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
