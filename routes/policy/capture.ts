/** `capture request header` and `capture response header` (manual 4.2): values kept for the log. */
import type { WordsAt } from "../../lib/config/model.ts";
import type { Head } from "../../lib/http1/head.ts";
import type { PolicyMiddleware } from "./policy.ts";

interface Slot {
  readonly lowerName: string;
  /** bytes kept at most */
  readonly length: number;
}

/** Fills the capture slots of a stream; undefined when there is nothing to capture. */
export function captureHeaders(captures: readonly WordsAt[]): PolicyMiddleware | undefined {
  const request = slotsOf(captures, "request");
  const response = slotsOf(captures, "response");
  if (request.length === 0 && response.length === 0) return undefined;
  return async (c, next) => {
    const stream = c.env;
    if (request.length > 0) stream.capturedRequestHeaders = capture(request, stream.request!);
    await next();
    if (response.length > 0 && stream.reply?.upstream !== undefined) {
      stream.capturedResponseHeaders = capture(response, stream.reply.head);
    }
  };
}

/** words: side, `header`, name, `len`, length */
function slotsOf(captures: readonly WordsAt[], side: string): Slot[] {
  return captures.filter(({ words }) => words[0].text === side).map(({ words }) => ({
    lowerName: words[2].text.toLowerCase(),
    length: Number(words[4].text),
  }));
}

/** The last field of each name, as in HAProxy. */
function capture(slots: readonly Slot[], head: Head): (string | undefined)[] {
  return slots.map(({ lowerName, length }) => head.getLast(lowerName)?.slice(0, length));
}
