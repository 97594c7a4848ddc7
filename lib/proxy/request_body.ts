/** The request's body on its way to the server, beside the answer coming back. */
import { FULL } from "./inbox.ts";
import type { HttpSession } from "./http_session.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";
import { writeAll } from "../net/io.ts";

/**
 * Pumps the rest of the body. On a failure of the client the stream knows the cause and the server's connection
 * is closed, which wakes whoever waits for the answer. On a failure of the server it stops: an answer may be
 * there already. Never rejects.
 */
export async function pumpRequestBody(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  serverTimeout: number | undefined,
): Promise<void> {
  const { inbox, body } = session;
  const clientTimeout = stream.frontend.config.timeouts.client;
  inbox.enlarge();
  while (!body.done) {
    session.watch("body", clientTimeout);
    const r = inbox.fill();
    if (r === FULL) break;
    const n = inbox.took(typeof r === "number" ? r : await r);
    session.watch("nothing", undefined);
    if (n <= 0) {
      if (!stream.answered) {
        stream.fail(session.expired ? "c" : "C", stream.responseAt < 0 ? "H" : "D");
        upstream.close();
      }
      return;
    }
    const end = body.consume(inbox.bytes, inbox.start, inbox.end);
    if (end < 0) {
      stream.fail("P", stream.responseAt < 0 ? "H" : "D");
      upstream.close();
      return;
    }
    stream.bytesIn += end - inbox.start;
    if (!upstream.closed) upstream.watch(serverTimeout);
    const w = writeAll(upstream.conn, inbox.bytes.subarray(inbox.start, end));
    const status = typeof w === "number" ? w : await w;
    inbox.consume(end);
    if (status < 0) return;
  }
}
