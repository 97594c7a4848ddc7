/** Capture slots (manual 4.2 `capture`, `declare capture`): what is kept of a stream for its log line. */
import type { StreamView } from "./context.ts";

export type CaptureSide = "request" | "response";

/** Keeps `text` in a slot of the stream's frontend, cut to its length; false: there is no such slot. */
export function capture(
  stream: StreamView,
  side: CaptureSide,
  index: number,
  text: string,
): boolean {
  const lengths = stream.frontend.captureLengths?.[side];
  if (lengths === undefined || index >= lengths.length) return false;
  const held = side === "request" ? stream.capturedRequestHeaders : stream.capturedResponseHeaders;
  const slots = held.length === lengths.length ? [...held] : lengths.map((_, i) => held[i]);
  slots[index] = text.slice(0, lengths[index]);
  if (side === "request") stream.capturedRequestHeaders = slots;
  else stream.capturedResponseHeaders = slots;
  return true;
}
