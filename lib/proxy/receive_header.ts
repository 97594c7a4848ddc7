/** Reading a header that a connection must begin with. */
import { type Conn, IoStatus } from "../net/conn.ts";
import { HandedConn } from "../net/handed_conn.ts";
import type { ProxyEnds, ProxyHeader } from "../net/proxy_protocol/header.ts";
import { parseNetscalerCip } from "../net/proxy_protocol/netscaler.ts";
import { parseProxyHeader } from "../net/proxy_protocol/parse.ts";
import { type BufferSource, FULL, Inbox } from "./inbox.ts";

/** Why a connection has no session. */
export interface HandshakeFailure {
  /** as in the table of `fc_err_str` (manual 7.3.3) */
  readonly message: string;
  /** the client sent nothing */
  readonly empty: boolean;
  /** it is no request error */
  readonly uncounted?: boolean;
}

/** What is said of a header that did not come, by how the reading ended. */
interface Words {
  readonly header: string;
  readonly truncated: string;
  readonly problems: Readonly<Record<number, string>>;
}

const PROXY: Words = {
  header: "PROXY protocol header",
  truncated: "Truncated PROXY protocol header received",
  problems: {
    15: "Received something which does not look like a PROXY protocol header",
    16: "Received an invalid PROXY protocol header",
    17: "Received an unhandled protocol in the PROXY protocol header",
  },
};
const CIP: Words = {
  header: "NetScaler Client IP header",
  truncated: "Truncated NetScaler Client IP header received",
  problems: {
    22: "Received an invalid NetScaler Client IP magic number",
    23: "Received an unhandled protocol in the NetScaler Client IP header",
  },
};

interface Received {
  readonly header?: ProxyHeader;
  readonly ends?: ProxyEnds;
  readonly end: number;
}

type Parse = (bytes: Uint8Array, start: number, end: number) => Received | number | undefined;

/** Reads a header of the PROXY protocol: the connection as the header tells it, or why there is none. */
export function receiveProxyHeader(
  conn: Conn,
  buffers: BufferSource,
  expired: () => boolean,
): Promise<Conn | HandshakeFailure> {
  const limit = buffers.full.size;
  return receive(conn, buffers, expired, PROXY, (bytes, start, end) => {
    const parsed = parseProxyHeader(bytes, start, end, limit);
    if (typeof parsed !== "object") return parsed;
    const { ends } = parsed.header;
    // As in HAProxy: only addresses of TCP take the place of our own.
    const usable = ends !== undefined && ends.source.family !== "unix" ? ends : undefined;
    return { header: parsed.header, ends: usable, end: parsed.end };
  });
}

/** The same for NetScaler's header. */
export function receiveCip(
  conn: Conn,
  buffers: BufferSource,
  magic: number,
  expired: () => boolean,
): Promise<Conn | HandshakeFailure> {
  const limit = buffers.full.size;
  return receive(
    conn,
    buffers,
    expired,
    CIP,
    (bytes, start, end) => parseNetscalerCip(bytes, start, end, magic, limit),
  );
}

async function receive(
  conn: Conn,
  buffers: BufferSource,
  expired: () => boolean,
  words: Words,
  parse: Parse,
): Promise<Conn | HandshakeFailure> {
  const inbox = new Inbox(conn, buffers);
  try {
    for (;;) {
      const r = inbox.fill();
      if (r === FULL) return { message: words.truncated, empty: false };
      const n = inbox.took(typeof r === "number" ? r : await r);
      if (n <= 0) {
        return { message: ending(n, inbox.length, expired(), words), empty: inbox.length === 0 };
      }
      const parsed = parse(inbox.bytes, inbox.start, inbox.end);
      if (parsed === undefined) continue;
      if (typeof parsed === "number") return { message: words.problems[parsed], empty: false };
      return new HandedConn(conn, {
        remote: parsed.ends?.source,
        local: parsed.ends?.destination,
        proxyHeader: parsed.header,
        rest: inbox.bytes.slice(parsed.end, inbox.end),
      });
    }
  } finally {
    inbox.release();
  }
}

function ending(n: number, length: number, expired: boolean, words: Words): string {
  if (expired) {
    const article = words === CIP ? "a " : "";
    return `Timeout while waiting for ${article}${words.header}`;
  }
  if (n !== IoStatus.Eof) return `Connection error while waiting for ${words.header}`;
  return length > 0 ? words.truncated : `Connection closed while waiting for ${words.header}`;
}
