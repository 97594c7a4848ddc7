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
      values(odd.replace(/\r?\n[ \t]+/g, " x "), "host").some((v) =>
        !/^([\w.-]*|\[[0-9a-f:.]+\])(:[0-9]*)?$/i.test(v)
      ),
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
  {
    why: "Transfer-Encoding in a message before HTTP/1.1 is faulty framing (RFC 9112 section 6.1)",
    is: (odd, _h, s) =>
      isRequest(odd) && refusedBy(s, "400") && / HTTP\/1\.0$/.test(startLine(odd)) &&
      values(odd, "transfer-encoding").length > 0,
  },
  {
    why: "a trailer that frames or routes, or is no field, is refused (RFC 9110 section 6.5.1)",
    is: (odd, _h, s) =>
      /(^| )(400|502)/.test(s.answers) && /\r?\n0+[^\r\n]*\r?\n[^\r\n]+/.test(odd) &&
      values(odd, "transfer-encoding").length > 0,
  },
  {
    why: "chunks are taken as RFC 9112 section 7.1 writes them: CR LF, no blanks, no signs",
    is: (odd, _h, s) =>
      /(^| )(400|502)/.test(s.answers) && values(odd, "transfer-encoding").length > 0,
  },
  {
    why: "control characters in a field are refused (RFC 9110 section 5.5)",
    is: (odd, _h, s) =>
      isRequest(odd) && refusedBy(s, "400") &&
      // deno-lint-ignore no-control-regex
      /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(head(odd)),
  },
  {
    why: "a WebSocket handshake has a key, whatever its method",
    is: (odd, _h, s) =>
      refusedBy(s, "400") && values(odd, "upgrade").includes("websocket") &&
      values(odd, "sec-websocket-key").length === 0,
  },
  {
    why:
      "fields of one connection are not passed on: h2c with its settings, Keep-Alive (RFC 9110 section 7.6.1)",
    is: (odd, h, s) =>
      isRequest(odd) && h.answers === s.answers &&
      (values(odd, "upgrade").includes("h2c") || values(odd, "keep-alive").length > 0 ||
        values(odd, "te").length > 0 || values(odd, "proxy-connection").length > 0 ||
        values(odd, "connection").length > 0),
  },
  {
    why: "the target goes on as it came; HAProxy takes a default port off",
    is: (odd, h, s) =>
      h.answers === s.answers && /^\S+ https?:\/\/[^ ]*:(80|443)/.test(startLine(odd)),
  },
  {
    why: "a client that is slow with its body is told so; both of the run's times are the same",
    is: (_odd, h, s) =>
      /^(504|408)/.test(h.answers) && /^(504|408)/.test(s.answers) &&
      h.requests.length === s.requests.length,
  },
  {
    why: "an HTTP/1.0 answer in chunks closes the server's connection; the client's need not end",
    is: (odd, h, s) =>
      /^HTTP\/1\.0 /.test(odd) && values(odd, "transfer-encoding").length > 0 &&
      s.answers === `${h.answers} 200`,
  },
  {
    why: "fields of the server's connection are not the client's (RFC 9110 section 7.6.1)",
    is: (odd, h, s) =>
      h.answers === s.answers &&
      (values(odd, "upgrade").length > 0 || values(odd, "connection").length > 0),
  },
  {
    why: "interim answers are passed on at once, whatever the final one will be",
    is: (odd, h, s) =>
      /^HTTP\/1\.1 10[03] /.test(odd) && /50[24] 200$/.test(s.answers) &&
      /^10[03] /.test(s.answers) && h.answers !== s.answers,
  },
  {
    why: "the reason phrase goes on as it came",
    is: (odd, h, s) => !isRequest(odd) && h.answers === s.answers && /^\S+ \S+ {2}/.test(odd),
  },
  {
    why: "after an answer to CONNECT the connection is a tunnel, whatever fields the answer has",
    is: (odd, h, s) => /^\s*CONNECT /.test(odd) && h.requests.length >= s.requests.length,
  },
  {
    why: "an answer that is not HTTP is a 502; HAProxy passes some on, or closes without a word",
    is: (odd, _h, s) => !isStrictAnswer(odd) && /^502/.test(s.answers),
  },
];

/** Status line and fields as RFC 9112 sections 4 and 5 define them. */
function isStrictAnswer(odd: string): boolean {
  const [line, ...fields] = head(odd).split(/\r?\n/);
  return /^HTTP\/1\.[01] [1-5][0-9]{2} [\t\x20-\x7e\x80-\xff]*$/.test(line) &&
    fields.every((field) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/.test(field));
}

/** Why a case differs; undefined: nobody knows. */
export function reasonOf(odd: string, haproxy: Verdict, sluice: Verdict): string | undefined {
  return REASONS.find(({ is }) => is(odd, haproxy, sluice))?.why;
}
