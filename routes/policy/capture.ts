/** `capture request header` and `capture response header` (manual 4.2): values kept for the log. */
import type { Head } from "../../lib/http1/head.ts";
import type { CaptureSlot, CaptureSlots } from "../../lib/rules/capture_slots.ts";
import { type PolicyMiddleware, stepped } from "./policy.ts";

/** Fills the slots of a stream that headers fill; undefined when there is none. */
export function captureHeaders(
  { request, response }: CaptureSlots,
): PolicyMiddleware | undefined {
  const ofRequest = request.some(({ header }) => header !== undefined);
  const ofResponse = response.some(({ header }) => header !== undefined);
  if (!ofRequest && !ofResponse) return undefined;
  // A log line has as many fields whether an answer of a server came or not.
  const none: readonly undefined[] = response.map(() => undefined);
  return stepped({
    before(stream) {
      if (ofResponse && stream.capturedResponseHeaders.length === 0) {
        stream.capturedResponseHeaders = none;
      }
      if (ofRequest) {
        stream.capturedRequestHeaders = capture(
          request,
          stream.request!,
          stream.capturedRequestHeaders,
        );
      }
      return undefined;
    },
    after(stream) {
      const { reply } = stream;
      if (ofResponse && reply !== undefined && (reply.upstream !== undefined || reply.applet)) {
        stream.capturedResponseHeaders = capture(
          response,
          reply.head,
          stream.capturedResponseHeaders,
        );
      }
    },
  });
}

/** The last field of each name, as in HAProxy; what rules have captured stays. */
function capture(
  slots: readonly CaptureSlot[],
  head: Head,
  old: readonly (string | undefined)[],
): (string | undefined)[] {
  return slots.map(({ header, length }, i) =>
    header === undefined ? old[i] : head.getLast(header)?.slice(0, length)
  );
}
