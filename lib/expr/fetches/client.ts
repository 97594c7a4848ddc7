/** Fetches at layers 4 and 5: the connections to the client and to the server (manual 7.3.3, 7.3.4). */
import type { Address } from "../../net/conn.ts";
import { destinationOf, sourceOf } from "../addresses.ts";
import type { StreamView } from "../context.ts";
import { type Ip, parseIp } from "../ip.ts";
import type { FetchRow } from "../rows.ts";
import type { Value } from "../sample.ts";

const SECTION = "7.3.3";

type AddressOf = (stream: StreamView) => Address | undefined;

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

type Base = Pick<FetchRow, "name" | "doc"> & Partial<FetchRow>;

function row(base: Base, type: FetchRow["type"], read: FetchRow["make"]): FetchRow {
  return { args: [], type, needs: "client", section: SECTION, ...base, make: read };
}

function addressRow(base: Base, of: AddressOf): FetchRow {
  return row(base, "ip", () => {
    const read = addressReader();
    return (stream) => {
      const address = of(stream);
      return address && read(address);
    };
  });
}

function portRow(base: Base, of: AddressOf): FetchRow {
  return plainRow(base, "sint", (stream) => {
    const address = of(stream);
    return address === undefined || address.family === "unix" ? undefined : address.port;
  });
}

function plainRow(
  base: Base,
  type: FetchRow["type"],
  read: (stream: StreamView) => Value | undefined,
): FetchRow {
  return row(base, type, () => read);
}

const remoteOf: AddressOf = (stream) => stream.session.remote;
const localOf: AddressOf = (stream) => stream.session.local;
const serverLocalOf: AddressOf = (stream) => stream.serverLocal;
/** Only once there is a connection, or there was one. */
const serverRemoteOf: AddressOf = (stream) =>
  stream.connectedAt < 0 ? undefined : stream.serverRemote ?? stream.server?.address;

export const CLIENT_FETCHES: readonly FetchRow[] = [
  addressRow({ name: "src", doc: "the client's address (or what `set-src` made it)" }, sourceOf),
  portRow(
    { name: "src_port", doc: "the client's port (or what `set-src-port` made it)" },
    sourceOf,
  ),
  plainRow(
    { name: "src_is_local", doc: "true when the client's address is one of this machine" },
    "bool",
    (stream) => isLocal(sourceOf(stream), destinationOf(stream)),
  ),
  addressRow(
    { name: "dst", doc: "the address that the client connected to (or what `set-dst` made it)" },
    destinationOf,
  ),
  portRow(
    { name: "dst_port", doc: "the port that the client connected to (or `set-dst-port` made it)" },
    destinationOf,
  ),
  plainRow(
    {
      name: "dst_is_local",
      doc: "true when the client connected to an address of this machine",
    },
    "bool",
    (stream) => isLocal(destinationOf(stream), localOf(stream)!),
  ),
  plainRow(
    { name: "dst_conn", doc: "client connections of the listening socket" },
    "sint",
    (stream) => stream.session.listenerConnections,
  ),
  addressRow(
    { name: "fc_src", doc: "the address of the client's end of the connection" },
    remoteOf,
  ),
  portRow({ name: "fc_src_port", doc: "the port of the client's end of the connection" }, remoteOf),
  plainRow(
    { name: "fc_src_is_local", doc: "true when the connection comes from this machine" },
    "bool",
    ({ session }) => isLocal(session.remote, session.local),
  ),
  addressRow(
    { name: "fc_dst", doc: "the address of this end of the client's connection" },
    localOf,
  ),
  portRow({ name: "fc_dst_port", doc: "the port of this end of the client's connection" }, localOf),
  plainRow(
    { name: "fc_dst_is_local", doc: "true: the client always connects to this machine" },
    "bool",
    () => true,
  ),
  plainRow(
    { name: "fc_http_major", doc: "the major version of HTTP that the client speaks: 1 or 2" },
    "sint",
    ({ session }) => session.httpMajor ?? 1,
  ),
  plainRow(
    {
      name: "fc_glitches",
      doc: "mistakes and oddities of the client on its HTTP/2 connection so far; 0 with HTTP/1",
    },
    "sint",
    ({ session }) => session.glitches ?? 0,
  ),
  addressRow(
    { name: "bc_src", needs: "server", doc: "the address of this end of the server's connection" },
    serverLocalOf,
  ),
  portRow(
    {
      name: "bc_src_port",
      needs: "server",
      doc: "the port of this end of the server's connection",
    },
    serverLocalOf,
  ),
  addressRow(
    { name: "bc_dst", needs: "server", doc: "the address of the server's end of its connection" },
    serverRemoteOf,
  ),
  portRow(
    { name: "bc_dst_port", needs: "server", doc: "the port of the server's end of its connection" },
    serverRemoteOf,
  ),
  plainRow(
    {
      name: "bc_http_major",
      needs: "server",
      doc: "the major version of HTTP that is spoken to the server: 1 or 2",
    },
    "sint",
    (stream) => stream.connectedAt < 0 ? undefined : stream.serverHttpMajor ?? 1,
  ),
  plainRow(
    {
      name: "bc_glitches",
      needs: "server",
      doc: "mistakes and oddities of the server on its HTTP/2 connection so far; 0 with HTTP/1",
    },
    "sint",
    (stream) => stream.connectedAt < 0 ? undefined : stream.serverGlitches ?? 0,
  ),
  plainRow(
    { name: "so_id", doc: "the number of the listening socket" },
    "sint",
    (stream) => stream.session.listenerId,
  ),
  plainRow(
    { name: "so_name", doc: "the name of the listening socket (`bind … name`)" },
    "str",
    (stream) => stream.session.listenerName,
  ),
  plainRow(
    {
      name: "ssl_fc",
      needs: "session",
      section: "7.3.4",
      doc: "true when the client's connection is TLS",
    },
    "bool",
    (stream) => stream.session.tls !== undefined,
  ),
  plainRow(
    {
      name: "ssl_fc_sni",
      needs: "session",
      section: "7.3.4",
      doc: "the server name that the client asked for in TLS",
    },
    "str",
    ({ session }) => session.tls?.sni ?? session.error?.sni,
  ),
  plainRow(
    {
      name: "ssl_fc_alpn",
      needs: "session",
      section: "7.3.4",
      doc: "the protocol agreed on by ALPN",
    },
    "str",
    (stream) => stream.session.tls?.alpn,
  ),
  plainRow(
    { name: "ssl_fc_cipher", needs: "session", section: "7.3.4", doc: "the TLS cipher suite" },
    "str",
    (stream) => stream.session.tls?.cipher,
  ),
  plainRow(
    { name: "ssl_fc_protocol", needs: "session", section: "7.3.4", doc: "the TLS version" },
    "str",
    (stream) => stream.session.tls?.version,
  ),
];
