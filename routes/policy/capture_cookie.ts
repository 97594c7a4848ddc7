/** `capture cookie` (manual 4.2, 8.7): the first cookie that fits, of the request and of the answer, for the log. */
import type { CookieCapture } from "../../lib/config/model_cookie.ts";
import { findCookie } from "../../lib/http1/cookies.ts";
import type { Head } from "../../lib/http1/head.ts";
import { type PolicyMiddleware, stepped } from "./policy.ts";

/** Fills the request's side before its rules, the answer's behind them and before sluice's own cookie. */
export function captureCookie(capture: CookieCapture | undefined): PolicyMiddleware | undefined {
  if (capture === undefined) return undefined;
  return stepped({
    before(stream) {
      stream.requestCookie = find(stream.request!, "cookie", capture);
      return undefined;
    },
    after(stream) {
      const { reply } = stream;
      if (reply?.upstream === undefined) return;
      stream.responseCookie = find(reply.head, "set-cookie", capture);
    },
  });
}

function find(head: Head, field: string, { prefix, length }: CookieCapture): string | undefined {
  for (let i = head.find(field); i >= 0; i = head.find(field, i + 1)) {
    const cookie = findCookie(head.value(i), prefix, field === "set-cookie");
    if (cookie !== undefined) return cookie.slice(0, length);
  }
  return undefined;
}
