/** Differences that are meant. Each says why, and takes no more cases than it explains. */
import type { Verdict } from "./verdict.ts";

interface Reason {
  readonly why: string;
  readonly is: (odd: string, haproxy: Verdict, sluice: Verdict) => boolean;
}

/** sluice answers the first message by itself, and nothing of it reaches the origin. */
const refusedBy = (sluice: Verdict, status: string) =>
  sluice.answers.startsWith(status) && sluice.requests.length === 0;

const startLine = (odd: string) => /^[\r\n]*([^\r\n]*)/.exec(odd)![1];
const isRequest = (odd: string) => !/^\s*(HTTP\/|http\/|ICY|garbage)/.test(odd);
const head = (odd: string) => odd.replace(/^[\r\n]+/, "").split(/\r?\n\r?\n/)[0];
const field = (name: string) => new RegExp(`^${name}:[ \\t]*([^\\r\\n]*?)[ \\t]*\\r?$`, "gim");
const values = (odd: string, name: string) =>
  [...head(odd).matchAll(field(name))].map((match) => match[1]);

const REASONS: readonly Reason[] = [
  {
    why: "the request line has other blanks than one space between its words (RFC 9112 section 3)",
    is: (odd, _h, s) =>
      isRequest(odd) && refusedBy(s, "400") &&
      !/^[^\s]+ [^\s]+ [^\s]+$/.test(startLine(odd)),
  },
  {
    why: "HTTP versions other than 1.x are refused with 505",
    is: (odd, _h, s) => refusedBy(s, "505") && !/ HTTP\/1\.[0-9]$/.test(startLine(odd)),
  },
  {
    why: "Host is no host (RFC 9112 section 3.2)",
    is: (odd, _h, s) =>
      refusedBy(s, "400") &&
      values(odd, "host").some((v) => !/^([\w.-]*|\[[0-9a-f:.]+\])(:[0-9]*)?$/i.test(v)),
  },
  {
    why:
      "`*` is for OPTIONS, an authority for CONNECT, and other targets begin with a slash or a scheme (RFC 9112 section 3.2)",
    is: (odd, _h, s) =>
      isRequest(odd) && refusedBy(s, "400") &&
      !/^\S+ (\/|https?:\/\/[\w.:-]+(\/|\?| ))/.test(startLine(odd)),
  },
  {
    why: "a transfer coding that is not exactly one `chunked` is refused (RFC 9112 section 6.1)",
    is: (odd, _h, s) =>
      isRequest(odd) && /^(400|422|501)/.test(s.answers) && s.requests.length === 0 &&
      values(odd, "transfer-encoding").some((v, _n, all) =>
        all.length > 1 || v.toLowerCase() !== "chunked"
      ),
  },
];

/** Why a case differs; undefined: nobody knows. */
export function reasonOf(odd: string, haproxy: Verdict, sluice: Verdict): string | undefined {
  return REASONS.find(({ is }) => is(odd, haproxy, sluice))?.why;
}
