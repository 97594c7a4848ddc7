/** Fetches at layers 4 and 5: the client's connection (manual 7.3.3, 7.3.4). */
import type { Address } from "../../net/conn.ts";
import { type Ip, parseIp } from "../ip.ts";
import type { FetchRow } from "../rows.ts";

const SECTION = "7.3.3";

/** A reader of addresses that remembers the last one: rules ask for the same address again and again. */
function addressReader(): (address: Address) => Ip | undefined {
  let last: Address | undefined;
  let ip: Ip | undefined;
  return (address) => {
    if (address === last) return ip;
    last = address;
    ip = address.family === "unix" ? undefined : parseIp(address.host);
    return ip;
  };
}

/** 127.0.0.0/8 and ::1. An address of the machine itself counts when both ends are the same. */
function isLocal(address: Address, other: Address): boolean {
  return address.family === "unix" || address.host.startsWith("127.") || address.host === "::1" ||
    address.host.startsWith("::ffff:127.") || address.host === other.host;
}

export const CLIENT_FETCHES: readonly FetchRow[] = [
  {
    name: "src",
    aliases: ["fc_src"],
    args: [],
    type: "ip",
    needs: "client",
    doc: "the client's address",
    section: SECTION,
    make: () => {
      const read = addressReader();
      return (stream) => read(stream.session.remote);
    },
  },
  {
    name: "src_port",
    aliases: ["fc_src_port"],
    args: [],
    type: "sint",
    needs: "client",
    doc: "the client's port",
    section: SECTION,
    make: () => ({ session: { remote } }) => remote.family === "unix" ? undefined : remote.port,
  },
  {
    name: "src_is_local",
    aliases: ["fc_src_is_local"],
    args: [],
    type: "bool",
    needs: "client",
    doc: "true when the client's address is one of this machine",
    section: SECTION,
    make: () => ({ session }) => isLocal(session.remote, session.local),
  },
  {
    name: "dst",
    aliases: ["fc_dst"],
    args: [],
    type: "ip",
    needs: "client",
    doc: "the address that the client connected to",
    section: SECTION,
    make: () => {
      const read = addressReader();
      return (stream) => read(stream.session.local);
    },
  },
  {
    name: "dst_port",
    aliases: ["fc_dst_port"],
    args: [],
    type: "sint",
    needs: "client",
    doc: "the port that the client connected to",
    section: SECTION,
    make: () => ({ session: { local } }) => local.family === "unix" ? undefined : local.port,
  },
  {
    name: "dst_is_local",
    aliases: ["fc_dst_is_local"],
    args: [],
    type: "bool",
    needs: "client",
    doc: "true when the client connected to an address of this machine (it always did)",
    section: SECTION,
    make: () => () => true,
  },
  {
    name: "so_id",
    args: [],
    type: "sint",
    needs: "client",
    doc: "the number of the listening socket",
    section: SECTION,
    make: () => (stream) => stream.session.listenerId,
  },
  {
    name: "so_name",
    args: [],
    type: "str",
    needs: "client",
    doc: "the name of the listening socket (`bind … name`)",
    section: SECTION,
    make: () => (stream) => stream.session.listenerName,
  },
  {
    name: "ssl_fc",
    args: [],
    type: "bool",
    needs: "session",
    doc: "true when the client's connection is TLS",
    section: "7.3.4",
    make: () => (stream) => stream.session.tls !== undefined,
  },
  {
    name: "ssl_fc_sni",
    args: [],
    type: "str",
    needs: "session",
    doc: "the server name that the client asked for in TLS",
    section: "7.3.4",
    make: () => (stream) => stream.session.tls?.sni,
  },
  {
    name: "ssl_fc_alpn",
    args: [],
    type: "str",
    needs: "session",
    doc: "the protocol agreed on by ALPN",
    section: "7.3.4",
    make: () => (stream) => stream.session.tls?.alpn,
  },
  {
    name: "ssl_fc_cipher",
    args: [],
    type: "str",
    needs: "session",
    doc: "the TLS cipher suite",
    section: "7.3.4",
    make: () => (stream) => stream.session.tls?.cipher,
  },
  {
    name: "ssl_fc_protocol",
    args: [],
    type: "str",
    needs: "session",
    doc: "the TLS version",
    section: "7.3.4",
    make: () => (stream) => stream.session.tls?.version,
  },
  {
    name: "wait_end",
    args: [],
    type: "bool",
    needs: "internal",
    doc: "true once content inspection has ended, which is always so when a rule runs",
    section: "7.3.5",
    make: () => () => true,
  },
];
