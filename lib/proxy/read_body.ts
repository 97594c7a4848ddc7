/** The whole content of a request that the proxy answers itself (a form, a document). */
import { BodyReader } from "../http1/body.ts";
import { writeAll } from "../net/io.ts";
import { FULL } from "./inbox.ts";
import type { HttpSession } from "./http_session.ts";
import type { Stream } from "./stream.ts";

const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * Reads it, at most `limit` bytes. `too-large`: there are more, and the rest stays unread; undefined: the client has
 * gone or sends no HTTP. The request cannot be forwarded afterwards.
 */
export async function readBody(
  stream: Stream,
  session: HttpSession,
  limit: number,
): Promise<Uint8Array | "too-large" | undefined> {
  const { head, inbox, body } = session;
  if (head.framing === "length" && head.contentLength > limit) return "too-large";
  const parts: Uint8Array[] = [];
  let size = 0;
  const keep = (from: number, to: number) => {
    if (size <= limit) parts.push(inbox.bytes.slice(from, to));
    size += to - from;
  };
  // What came with the head was looked at already, but without keeping it.
  const again = new BodyReader();
  again.begin(head);
  again.consume(inbox.bytes, session.headEnd, session.bodyEnd, keep);
  session.settle();
  if (head.expectContinue && size === 0 && !body.done) {
    const r = writeAll(session.conn, CONTINUE);
    if ((typeof r === "number" ? r : await r) < 0) return undefined;
  }
  while (!body.done && size <= limit) {
    inbox.enlarge();
    session.watch("write", stream.frontend.config.timeouts.client);
    const r = inbox.fill();
    if (r === FULL) return undefined;
    const n = inbox.took(typeof r === "number" ? r : await r);
    session.watch("nothing", undefined);
    if (n <= 0) return undefined;
    const end = body.consume(inbox.bytes, inbox.start, inbox.end, keep);
    if (end < 0) return undefined;
    stream.bytesIn += end - inbox.start;
    inbox.consume(end);
  }
  if (size > limit) return "too-large";
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
