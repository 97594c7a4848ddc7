/**
 * The timers of the log (manual 8.4), whole ms. Each is the difference of two instants that are cut to whole ms
 * after the accept, so that they add up; -1 stands for an instant that did not come.
 */
import type { StreamView } from "./context.ts";

/** ms from accept to `at`; -1 when it did not come. */
function since(stream: StreamView, at: number): number {
  return at < 0 ? -1 : Math.max(0, Math.trunc(at - stream.acceptAt));
}

const end = (s: StreamView) => since(s, s.endedAt < 0 ? s.process.now() : s.endedAt);
const between = (from: number, to: number) => to < 0 ? -1 : to - Math.max(0, from);

/** When the first byte of the request came, 0 when none did. */
const idle = (s: StreamView) => Math.max(0, since(s, s.requestStartAt));

export type Timer = (stream: StreamView) => number;

/** `%Th`: handshakes end before a stream begins; what they take is in the idle time. */
export const handshake: Timer = () => 0;
export const idleTime: Timer = idle;
export const requestTime: Timer = (s) => between(since(s, s.requestStartAt), since(s, s.requestAt));
export const wholeRequestTime: Timer = (s) => since(s, s.requestAt);
export const queueTime: Timer = (s) => between(since(s, s.requestAt), since(s, s.queuedAt));
export const connectTime: Timer = (s) => between(since(s, s.queuedAt), since(s, s.connectedAt));
export const responseTime: Timer = (s) => between(since(s, s.connectedAt), since(s, s.responseAt));
export const dataTime: Timer = (s) => {
  const from = since(s, s.frontend.mode === "tcp" ? s.connectedAt : s.responseAt);
  return from < 0 ? -1 : end(s) - from;
};
export const activeTime: Timer = (s) => end(s) - idle(s);
export const totalTime: Timer = end;
export const userTime: Timer = (s) => end(s) - idle(s);
