/**
 * Guards the forms of the statistics page against posts that another site makes a browser send.
 *
 * Laws:
 * - A browser must come from the page itself: its `Origin` or `Referer` is this host, and it has the token that was
 *   written into the form. Only the page's own origin can read that.
 * - A program that is no browser (a script with curl) has neither; whoever can make a browser do something cannot make
 *   it look like one, as browsers name their origin in every post.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Head } from "../../lib/http1/head.ts";

/** ms that a token is good for: this period and the one before it. */
const PERIOD = 12 * 3600 * 1000;

/** What tokens are made of: the time (wall ms), and what only this process knows. */
export interface TokenSource {
  wall(): number;
  readonly secret: Uint8Array;
}

/** The token for whoever sent `request`. */
export function makeToken(request: Head, source: TokenSource): string {
  return tokenOf(request, Math.floor(source.wall() / PERIOD), source.secret);
}

function tokenOf(request: Head, period: number, key: Uint8Array): string {
  const user = request.get("authorization") ?? "";
  return createHmac("sha256", key).update(`${period}\n${user}`).digest("hex").slice(0, 32);
}

/** True when a post with this token may change something. */
export function mayPost(request: Head, token: string | undefined, source: TokenSource): boolean {
  if (!isBrowser(request)) return true;
  return isSameOrigin(request) && token !== undefined && isToken(request, token, source);
}

function isToken(request: Head, token: string, { wall, secret }: TokenSource): boolean {
  const period = Math.floor(wall() / PERIOD);
  const given = new TextEncoder().encode(token);
  return [period, period - 1].some((each) => {
    const right = new TextEncoder().encode(tokenOf(request, each, secret));
    return right.length === given.length && timingSafeEqual(right, given);
  });
}

/** What any browser sends with a form, or would have to. */
function isBrowser(request: Head): boolean {
  return ["origin", "referer", "cookie", "sec-fetch-site", "sec-fetch-mode"].some((name) =>
    request.get(name) !== undefined
  ) || /text\/html/.test(request.get("accept") ?? "") ||
    /mozilla|webkit|opera|gecko/i.test(request.get("user-agent") ?? "");
}

function isSameOrigin(request: Head): boolean {
  const site = request.get("sec-fetch-site");
  if (site !== undefined && site !== "same-origin") return false;
  const from = request.get("origin") ?? request.get("referer");
  if (from === undefined || !URL.canParse(from)) return false;
  return new URL(from).host.toLowerCase() === defaultless(request.get("host") ?? "");
}

/** URL leaves out the port that belongs to the scheme. */
function defaultless(host: string): string {
  return host.toLowerCase().replace(/:(?:80|443)$/, "");
}
