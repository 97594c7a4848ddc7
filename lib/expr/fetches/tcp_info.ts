/** What the kernel has measured on the TCP connections of a stream (manual 7.3.3: `fc_rtt` and its kin). */
import { hasSocketCalls, type TcpField, tcpInfo } from "../../net/live_socket.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, FetchRow } from "../rows.ts";

const UNIT: readonly ArgSpec[] = [
  { name: "unit", type: "enum", values: ["ms", "us"], optional: true },
];

const client = (stream: StreamView) => stream.session.descriptor;
const server = (stream: StreamView) => stream.serverDescriptor;

/** Opened now, at load, for libc may be out of reach later. */
const prepare = () => void hasSocketCalls();

function time(name: string, field: TcpField, doc: string): FetchRow {
  const isClient = name.startsWith("fc_");
  const descriptor = isClient ? client : server;
  return {
    name,
    args: UNIT,
    type: "sint",
    needs: isClient ? "client" : "server",
    doc: `${doc}, in ms, or µs with 'us'`,
    section: isClient ? "7.3.3" : "7.3.3 (HAProxy 3.0)",
    make: ([unit]) => {
      prepare();
      const divisor = unit === "us" ? 1 : 1000;
      return (stream) => {
        const fd = descriptor(stream);
        const us = fd === undefined ? undefined : tcpInfo(fd, field);
        return us === undefined ? undefined : Math.trunc(us / divisor);
      };
    },
  };
}

function count(field: TcpField, doc: string): FetchRow {
  return {
    name: `fc_${field}`,
    args: [],
    type: "sint",
    needs: "client",
    doc: `${doc} on the client's connection, as the kernel counts now`,
    section: "7.3.3",
    make: () => {
      prepare();
      return (stream) => {
        const fd = stream.session.descriptor;
        return fd === undefined ? undefined : tcpInfo(fd, field);
      };
    },
  };
}

export const TCP_INFO_FETCHES: readonly FetchRow[] = [
  time("fc_rtt", "rtt", "the round trip time to the client"),
  time("fc_rttvar", "rttvar", "the variance of the round trip time to the client"),
  count("unacked", "segments that are not acknowledged"),
  count("sacked", "segments that are acknowledged out of order"),
  count("retrans", "segments that are sent again and not acknowledged"),
  count("fackets", "the forward acknowledgements (0 on present kernels)"),
  count("lost", "segments that are taken for lost"),
  count("reordering", "how far segments may change places"),
  time("bc_rtt", "rtt", "the round trip time to the server"),
  time("bc_rttvar", "rttvar", "the variance of the round trip time to the server"),
];
