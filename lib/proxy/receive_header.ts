/** Reading a header that a connection must begin with. */
import { type Conn, IoStatus } from "../net/conn.ts";
import { type ConnectionError, ConnError } from "../net/connection_errors.ts";
import { HandedConn } from "../net/handed_conn.ts";
import type { ProxyEnds, ProxyHeader } from "../net/proxy_protocol/header.ts";
import { parseNetscalerCip } from "../net/proxy_protocol/netscaler.ts";
import { parseProxyHeader } from "../net/proxy_protocol/parse.ts";
import { type BufferSource, FULL, Inbox } from "./inbox.ts";

/** Why a connection has no session. */
export interface HandshakeFailure {
  readonly error: ConnectionError;
  /** the client sent nothing */
  readonly empty: boolean;
}

/** The numbers of what may happen to a header that does not come. */
interface Errors {
  readonly closed: number;
  readonly error: number;
  readonly timeout: number;
  readonly truncated: number;
}

const PROXY: Errors = {
  closed: ConnError.PROXY_CLOSED,
  error: ConnError.PROXY_ERROR,
  timeout: ConnError.PROXY_TIMEOUT,
  truncated: ConnError.PROXY_TRUNCATED,
};
const CIP: Errors = {
  closed: ConnError.CIP_CLOSED,
  error: ConnError.CIP_ERROR,
  timeout: ConnError.CIP_TIMEOUT,
  truncated: ConnError.CIP_TRUNCATED,
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
  errors: Errors,
  parse: Parse,
): Promise<Conn | HandshakeFailure> {
  const inbox = new Inbox(conn, buffers);
  try {
    for (;;) {
      const r = inbox.fill();
      if (r === FULL) return { error: { code: errors.truncated }, empty: false };
      const n = inbox.took(typeof r === "number" ? r : await r);
      if (n <= 0) {
        const code = ending(n, inbox.length, expired(), errors);
        return { error: { code }, empty: inbox.length === 0 };
      }
      const parsed = parse(inbox.bytes, inbox.start, inbox.end);
      if (parsed === undefined) continue;
      if (typeof parsed === "number") return { error: { code: parsed }, empty: false };
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

function ending(n: number, length: number, expired: boolean, errors: Errors): number {
  if (expired) return errors.timeout;
  if (n !== IoStatus.Eof) return errors.error;
  return length > 0 ? errors.truncated : errors.closed;
}
