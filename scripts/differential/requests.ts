/** Requests for the differential run: well-formed ones, odd ones, and either with bytes changed. */
import type { Random } from "../../tests/support/random.ts";

/** Each list has what is common several times, so that most requests are odd in one place only. */
const METHODS = ["GET", "GET", "POST", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH", "FOO"];
const ODD_METHODS = ["get", "G@T", "", "GET\t", "POST ", "CONNECT", "TRACE", "PRI", "X".repeat(70)];
const TARGETS = ["/", "/a", "/a?b=c", "/a/b;c=d", "/%20x", "/a//b/../c"];
const ODD_TARGETS = [
  "*",
  "http://o.test/x",
  "http://other.test/x",
  "http://o.test:80",
  "https://o.test/",
  "o.test:80",
  "//x/y",
  "/a#b",
  "/a b",
  "/\x01",
  "/\x7f",
  "/\xe9",
  "/a\tb",
  "x",
  "",
  "/" + "a".repeat(900),
];
const VERSIONS = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"];
const ODD_VERSIONS = [
  "HTTP/1.2",
  "HTTP/0.9",
  "HTTP/2.0",
  "HTTP/3.0",
  "http/1.1",
  "HTTP/1.1 ",
  "HTTP/01.1",
  "HTTP/1.",
  "HTTP/11",
  "HTTP/1.1x",
  "RTSP/1.0",
  "",
];
const HOSTS = ["Host: o.test"];
const ODD_HOSTS = [
  "",
  "Host:",
  "Host: o.test:80",
  "Host: a b",
  "Host: a,b",
  "Host: o.test\r\nHost: o.test",
  "Host: o.test\r\nHost: b.test",
  "Host: o.test/x",
  "Host: u@o.test",
  "host : o.test",
  "Host: [::1]:80",
  "Host: o.test:x",
];
const PLAIN_FIELDS = [
  "X-A: b",
  "Accept: */*",
  "Cookie: a=b; c=d",
  "User-Agent: x (y)",
  "X-Empty:",
  "X-Space:   v   ",
  "x_under: 1",
  "Connection: keep-alive",
  "Connection: close",
  "TE: trailers",
  "X-8bit: \xe9\xff",
];
const ODD_FIELDS = [
  "X-A : b",
  " X-A: b",
  "X A: b",
  "X-A: b\r\n folded",
  "X-A: b\r\n\tfolded",
  "NoColon",
  ": novalue",
  "X-A: a\x00b",
  "X-A: a\rb",
  "X-A: a\nX-B: c",
  "X-A: \x01\x1b",
  "X(A): b",
  "X-\xe9: b",
  "Connection: Content-Length",
  "Connection: Transfer-Encoding",
  "Connection: Host, X-A",
  "Connection: close, keep-alive",
  "Connection: upgrade\r\nUpgrade: websocket",
  "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
  "Connection: upgrade",
  "Upgrade: websocket",
  "Expect: 100-continue",
  "Expect: 200-ok",
  "Proxy-Connection: keep-alive",
  "Keep-Alive: timeout=5",
  "Content-Length\x00: 5",
  "Content_Length: 5",
  "X: " + "v".repeat(3000),
];
const LENGTHS = ["+N", "-N", "N, N", "N,M", "N N", "0xN", "N;a", "", "00N", "N\x0b", "N.0", "NN"];
const CODINGS = [
  "Chunked",
  "chunked ",
  "chunked, chunked",
  "gzip, chunked",
  "chunked, gzip",
  "identity",
  "chunked, identity",
  "identity, chunked",
  "chunked;q=1",
  "\x0bchunked",
  "chunke",
  "xchunked",
  ",chunked",
  "chunked,",
  '"chunked"',
  "",
  "gzip",
];
const SIZES = ["0N", "000000N", "N ", "N;a=b", 'N;a="b;c"', "N;", " N", "+N", "-N", "0xN", "N\t"];
const ENDS = ["\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n", ""];
const TRAILERS = [
  "X-T: 1\r\n",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Host: evil.test\r\n",
  "X-T : 1\r\n",
  " X-T: 1\r\n",
  "X-T\r\n",
  "X-T: \x00\r\n",
];
const BODIES = [
  "",
  "hello",
  "0\r\n\r\n",
  "GET /inner HTTP/1.1\r\nHost: o.test\r\n\r\n",
  "a".repeat(300),
];

const sometimes = (r: Random, percent: number) => r.below(100) < percent;

function sized(r: Random, forms: readonly string[], n: string): string {
  return r.pick(forms).replaceAll("N", n).replaceAll("M", `${n}1`);
}

function chunks(r: Random, body: string, odd: boolean): string {
  let out = "";
  for (let at = 0; at < body.length;) {
    const piece = body.slice(at, at + 1 + r.below(40));
    at += piece.length;
    const hex = sometimes(r, 50)
      ? piece.length.toString(16)
      : piece.length.toString(16).toUpperCase();
    const size = odd && sometimes(r, 30) ? sized(r, SIZES, hex) : hex;
    out += size + (odd && sometimes(r, 15) ? r.pick(ENDS) : "\r\n") + piece;
    out += odd && sometimes(r, 15) ? r.pick(ENDS) : "\r\n";
  }
  if (odd && sometimes(r, 10)) return out;
  out += odd && sometimes(r, 20) ? r.pick(["00", "0;a", "0 ", "-0", "0x0", ""]) : "0";
  out += "\r\n";
  if (sometimes(r, odd ? 30 : 10)) out += odd ? r.pick(TRAILERS) : TRAILERS[0];
  return out + (odd && sometimes(r, 15) ? r.pick(ENDS) : "\r\n");
}

/** One request, and what is likely to follow it. Latin1. */
export function makeRequest(r: Random): string {
  const odd = (percent: number) => sometimes(r, percent);
  let text = odd(4) ? r.pick(["\r\n", "\n", "\r\n\r\n\r\n", " "]) : "";
  const method = odd(6) ? r.pick(ODD_METHODS) : r.pick(METHODS);
  const target = odd(8) ? r.pick(ODD_TARGETS) : r.pick(TARGETS);
  const version = odd(5) ? r.pick(ODD_VERSIONS) : r.pick(VERSIONS);
  const between = () => (odd(2) ? r.pick(["  ", "\t", ""]) : " ");
  const eol = odd(3) ? "\n" : "\r\n";
  text += method + between() + target + between() + version + eol;
  const fields: string[] = [];
  const host = odd(8) ? r.pick(ODD_HOSTS) : HOSTS[0];
  if (host !== "") fields.push(host);
  for (let n = r.below(3); n > 0; n--) {
    fields.push(odd(15) ? r.pick(ODD_FIELDS) : r.pick(PLAIN_FIELDS));
  }
  const body = r.pick(BODIES);
  const kind = r.below(10);
  let payload = "";
  if (kind < 3) {
    payload = body;
    const length = odd(12) ? sized(r, LENGTHS, `${body.length}`) : `${body.length}`;
    fields.push(`Content-Length: ${length}`);
    if (odd(5)) fields.push(`Content-Length: ${body.length + r.below(2)}`);
  } else if (kind < 7) {
    const strange = odd(40);
    payload = chunks(r, body, strange);
    fields.push(`Transfer-Encoding: ${odd(15) ? r.pick(CODINGS) : "chunked"}`);
    if (odd(5)) fields.push(`Transfer-Encoding: ${r.pick(CODINGS)}`);
    if (odd(8)) fields.push(`Content-Length: ${r.pick([body.length, payload.length, 0])}`);
  } else if (kind === 7 && odd(30)) {
    payload = body;
  }
  for (let n = fields.length - 1; n > 0; n--) {
    const other = r.below(n + 1);
    [fields[n], fields[other]] = [fields[other], fields[n]];
  }
  for (const field of fields) text += field + (odd(1) ? "\n" : eol);
  text += (odd(1) ? r.pick(ENDS) : eol) + payload;
  return odd(12) ? mutate(r, text) : text;
}

const BYTES = '\x00\t\n\v\r !"(),/09:;=AZaz\x7f\x80\xff';

/** The same bytes but for one to three changes. */
export function mutate(r: Random, text: string): string {
  for (let n = 1 + r.below(3); n > 0 && text.length > 0; n--) {
    const at = r.below(text.length);
    const what = r.below(4);
    if (what === 0) text = text.slice(0, at) + BYTES[r.below(BYTES.length)] + text.slice(at + 1);
    else if (what === 1) text = text.slice(0, at) + BYTES[r.below(BYTES.length)] + text.slice(at);
    else if (what === 2) text = text.slice(0, at) + text.slice(at + 1);
    else text = text.slice(0, at) + text.slice(at, at + 1 + r.below(12)) + text.slice(at);
  }
  return text;
}

const STATUS_LINES = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200 OK",
  "HTTP/1.1 404 Not Found",
  "HTTP/1.1 302 Found",
  "HTTP/1.0 200 OK",
  "HTTP/1.1 204 No Content",
  "HTTP/1.1 304 Not Modified",
];
const ODD_STATUS_LINES = [
  "HTTP/1.1 200",
  "HTTP/1.1 200 ",
  "HTTP/1.1  200 OK",
  "HTTP/1.1 20 OK",
  "HTTP/1.1 2000 OK",
  "HTTP/1.1 099 No",
  "HTTP/1.1 600 Odd",
  "HTTP/1.1 999 Odd",
  "HTTP/1.1 20x OK",
  "HTTP/2.0 200 OK",
  "http/1.1 200 OK",
  "ICY 200 OK",
  "HTTP/1.1 200 O\xe9K",
  "HTTP/1.1 200 O\x01K",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK",
  "HTTP/1.1 101 Switching Protocols",
  "garbage",
];

/** One answer of an origin, complete or not, and whether it closes after it. Latin1. */
export function makeResponse(r: Random): { bytes: string; close: boolean } {
  const odd = (percent: number) => sometimes(r, percent);
  const eol = odd(3) ? "\n" : "\r\n";
  let text = (odd(12) ? r.pick(ODD_STATUS_LINES) : r.pick(STATUS_LINES)) + eol;
  const fields: string[] = [];
  for (let n = r.below(3); n > 0; n--) {
    fields.push(odd(12) ? r.pick(ODD_FIELDS) : r.pick(PLAIN_FIELDS));
  }
  if (odd(10)) fields.push("Set-Cookie: a=b");
  const body = r.pick(BODIES);
  let payload = body;
  let close = odd(15);
  const kind = r.below(10);
  if (kind < 4) {
    const length = odd(12) ? sized(r, LENGTHS, `${body.length}`) : `${body.length}`;
    fields.push(`Content-Length: ${length}`);
    if (odd(5)) fields.push(`Content-Length: ${body.length + r.below(2)}`);
  } else if (kind < 8) {
    payload = chunks(r, body, odd(40));
    fields.push(`Transfer-Encoding: ${odd(15) ? r.pick(CODINGS) : "chunked"}`);
    if (odd(8)) fields.push(`Content-Length: ${r.pick([body.length, payload.length, 0])}`);
  } else close = true;
  for (const field of fields) text += field + eol;
  text += eol + payload;
  return { bytes: odd(10) ? mutate(r, text) : text, close };
}
