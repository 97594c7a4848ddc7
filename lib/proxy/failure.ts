/** What the client is told when a stream fails: the answer that the manual (section 8.5) gives for each failure. */
import type { Observation } from "../balance/server.ts";
import type { Http1Error } from "../http1/error.ts";
import { PC, SC } from "../state/traffic.ts";
import type { HttpSession } from "./http_session.ts";
import type { Reply } from "./reply.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/** The answer for a failed stream: the backend's error file, else the frontend's, else the built-in page. */
export function failure(stream: Stream, status: number): Reply {
  const own = stream.backend?.answers;
  if (own?.has(status) === true) return own.reply(status, stream);
  return stream.frontend.answers.reply(status, stream);
}

/** The answer is no HTTP, or the wrong one (502), or has become too large for a buffer (500). */
export function badResponse(stream: Stream, upstream: UpstreamConn, status = 502): Reply {
  upstream.close();
  stream.fail("P", "H");
  stream.responseAt = -1;
  stream.response = undefined;
  countResponseError(stream, upstream, status === 502 ? "invalid" : undefined);
  return failure(stream, status);
}

export function countResponseError(
  stream: Stream,
  upstream: UpstreamConn,
  seen?: Observation,
): void {
  upstream.server.counters.add(SC.eresp, 1);
  stream.backend!.counters.add(PC.eresp, 1);
  if (seen !== undefined) upstream.server.observer?.(seen);
}

/** The client does not take what is sent to it. */
export function cutOff(stream: Stream, session: HttpSession, upstream: UpstreamConn): undefined {
  upstream.close();
  stream.fail(session.expired ? "c" : "C", "D");
  return undefined;
}

/** No server was got or reached. */
export function unserved(stream: Stream): Reply | undefined {
  return stream.cause === "C" ? undefined : failure(stream, 503);
}

/** The wait for the answer was ended by something other than the server. */
export function ended(stream: Stream): Reply | undefined {
  switch (stream.cause) {
    case "c":
      return failure(stream, 408);
    case "C":
      if (stream.phase === "D") return undefined;
      // `option abortonclose`: it has finished sending, but may still read.
      stream.closeClient = true;
      return failure(stream, 400);
    case "P":
      return failure(stream, stream.requestTooLarge ? 413 : 400);
  }
  return failure(stream, 502);
}

/** Keeps what the server sent, for `show errors`. */
export function captureResponse(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  error: Http1Error,
): void {
  const { inbox, server } = upstream;
  const backend = stream.backend!;
  session.process.captures.add({
    kind: "response",
    at: session.process.wall(),
    proxy: backend.name,
    proxyId: backend.id,
    frontend: stream.frontend.name,
    backend: backend.name,
    server: server.name,
    source: session.remote,
    error,
    bytes: inbox.bytes.subarray(inbox.start, inbox.end),
  });
}
