/**
 * What live traffic shows of a server, counted (manual 5.2 `observe`, `error-limit`, `on-error`): so many errors in a
 * row are as good as failed checks.
 */
import type { Observation, Server } from "../balance/server.ts";
import type { OnError } from "../config/model_check.ts";

/** Errors in HAProxy's words; absent: it is none. */
const ERRORS: Readonly<Partial<Record<Observation, string>>> = {
  "connect-failed": "L4 unsuccessful connection",
  "wrong-status": "Wrong http response",
  invalid: "Invalid http response (headers)",
  "read-error": "Read error (http)",
  closed: "Close from server (http)",
  timeout: "Read timeout (http)",
};

/** `error-limit` when it is not set */
const LIMIT = 10;

/** Makes the observer of a server that says `observe` and is checked; undefined for any other. */
export function observerOf(
  server: Server,
  suspect: (onError: OnError, info: string) => void,
): ((seen: Observation) => void) | undefined {
  const { observe, errorLimit = LIMIT, onError = "fail-check" } = server.config;
  if (observe === undefined) return undefined;
  const { state } = server;
  const good: Observation = observe === "layer4" ? "connected" : "answered";
  return (seen) => {
    if (seen === good) {
      if (state.consecutiveErrors > 0) state.setConsecutiveErrors(0);
      return;
    }
    const error = ERRORS[seen];
    if (error === undefined || (observe === "layer4" && seen !== "connect-failed")) return;
    const errors = state.countError();
    if (errors < errorLimit) return;
    state.setConsecutiveErrors(0);
    const info = `Detected ${errors} consecutive errors, last one was: ${error}`;
    // Not in the midst of a stream's step: what follows may end that stream.
    queueMicrotask(() => suspect(onError, info));
  };
}
