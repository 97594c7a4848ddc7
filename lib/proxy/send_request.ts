/** Writing a request's head, with what is here of its body, to a server. */
import { writeAll } from "../net/io.ts";
import type { HttpSession } from "./http_session.ts";
import type { UpstreamConn } from "./upstream.ts";
import type { Stream } from "./stream.ts";

/** rules made a head larger than a buffer */
export const TOO_LARGE = -101;

/** Writes a head with edits, and what has come of the body, in one write when they fit. */
export function sendEdited(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
): number | Promise<number> {
  const { inbox, message } = session;
  const { head, headEnd, bodyEnd } = message;
  const bodyBytes = bodyEnd - headEnd;
  const out = session.process.buffers.full.lend();
  const end = head.write(out.bytes, 0);
  if (end < 0) {
    session.process.buffers.full.giveBack(out);
    return TOO_LARGE;
  }
  stream.bytesIn = end + bodyBytes;
  if (end + bodyBytes <= out.bytes.length) {
    if (bodyBytes > 0) out.bytes.set(inbox.bytes.subarray(headEnd, bodyEnd), end);
    const r = writeAll(upstream.conn, out.bytes.subarray(0, end + bodyBytes));
    if (typeof r !== "number") return giveBackAfter(r, session, out);
    session.process.buffers.full.giveBack(out);
    return r;
  }
  const body = inbox.bytes.subarray(headEnd, bodyEnd);
  return writeBoth(session, upstream, out, end, body);
}

type Lent = ReturnType<HttpSession["process"]["buffers"]["full"]["lend"]>;

async function giveBackAfter(
  r: Promise<number>,
  session: HttpSession,
  out: Lent,
): Promise<number> {
  const status = await r;
  session.process.buffers.full.giveBack(out);
  return status;
}

async function writeBoth(
  session: HttpSession,
  upstream: UpstreamConn,
  out: Lent,
  end: number,
  body: Uint8Array,
): Promise<number> {
  const status = await writeAll(upstream.conn, out.bytes.subarray(0, end));
  session.process.buffers.full.giveBack(out);
  return status < 0 ? status : await writeAll(upstream.conn, body);
}
