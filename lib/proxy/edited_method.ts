/**
 * Rules may give the server another method than the client's (`set-method`). Whether an answer has a body depends on the
 * method that its receiver sent (RFC 9112 section 6.3), so HEAD on one side only needs care: the client must never
 * take a body for the beginning of the next answer, nor wait for one that does not come.
 */
import type { Head } from "../http1/head.ts";
import { writeAll } from "../net/io.ts";
import type { HttpSession } from "./http_session.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/** The client asked with HEAD, and the server was asked with something else. */
export function onlyHeadAsked(request: Head): boolean {
  return request.received.method === "HEAD" && request.method !== "HEAD";
}

/** The server was asked with HEAD, the client waits for a body: it gets an empty one. */
export function emptyBody(request: Head, head: Head): void {
  if (request.method !== "HEAD" || request.received.method === "HEAD") return;
  head.removeAll("transfer-encoding");
  head.removeAll("content-length");
  if (head.status !== 204 && head.status !== 304) head.append("Content-Length", "0");
}

/** Sends the head without its body; the server's connection, on which the body lies, is closed. 0, or negative. */
export async function sendHeadOnly(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
): Promise<number> {
  const out = new Uint8Array(upstream.head.sizeBound());
  const end = upstream.head.write(out, 0);
  stream.responsePath = undefined;
  upstream.close();
  stream.bytesOut += end;
  session.watch("write", stream.frontend.config.timeouts.client);
  const r = writeAll(session.conn, out.subarray(0, end));
  const status = typeof r === "number" ? r : await r;
  session.watch("nothing", undefined);
  if (status < 0) stream.fail(session.expired ? "c" : "C", "D");
  return status < 0 ? status : 0;
}
