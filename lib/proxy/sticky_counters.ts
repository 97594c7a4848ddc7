/** What the life of connections and streams counts into stick tables (manual 4.2 `track-sc0`). */
import {
  countBytes,
  countError,
  countFailure,
  countSession,
  countStatus,
  releaseTracked,
} from "../stick/counters.ts";
import type { ClientSession } from "./client_session.ts";
import type { Stream } from "./stream.ts";

/** Something is tracked: else there is nothing to count. */
export const isTracked = (stream: Stream): boolean =>
  stream.tracked !== undefined || stream.session.tracked !== undefined;

/** The rules have accepted the connection. */
export function sessionAccepted(session: ClientSession): void {
  if (session.tracked !== undefined) countSession(session, session.process.wall());
}

/** The connection has ended. */
export function sessionEnded(session: ClientSession): void {
  if (session.tracked !== undefined) releaseTracked(session, session.process.wall());
}

/** A rule has refused the request. */
export function requestRefused(stream: Stream): void {
  if (isTracked(stream)) countError(stream, stream.process.wall());
}

/** The server's answer has come, or what came was none. */
export function answerCame(stream: Stream): void {
  if (!isTracked(stream)) return;
  const wall = stream.process.wall();
  const { reply } = stream;
  if (reply?.upstream !== undefined) countStatus(stream, reply.head.status, wall);
  else if (stream.cause === "P" && stream.phase === "H") countFailure(stream, wall);
  else if (stream.phase === "H" && (stream.cause === "S" || stream.cause === "s")) {
    countFailure(stream, wall);
  }
}

/** The stream has ended: its bytes, and that it was no request. */
export function streamEnded(stream: Stream): void {
  if (!isTracked(stream)) return;
  const wall = stream.process.wall();
  if (stream.request === undefined && stream.frontend.mode === "http") countError(stream, wall);
  // What was answered here was received all the same.
  const received = stream.request?.received;
  const head = received === undefined ? 0 : received.end - received.start;
  countBytes(stream, Math.max(stream.bytesIn, head), stream.bytesOut, wall);
  releaseTracked(stream, wall);
}
