/**
 * One table of HTTP/1 messages and what must become of them. `ours` is what sluice does, `haproxy` what
 * HAProxy 2.6 does (found with scripts/compare_http1.ts, which runs the whole table against the real one).
 * Where they differ, `why` gives the reason.
 *
 * An outcome is "accept", or the status that the client gets.
 */
export type Outcome = "accept" | number;

export interface Case {
  readonly name: string;
  readonly kind: "request" | "response";
  /** latin1; the body's bytes included */
  readonly bytes: string;
  readonly ours: Outcome;
  readonly haproxy: Outcome;
  readonly why?: string;
  /** option accept-invalid-http-request / -response */
  readonly acceptInvalid?: boolean;
  /** responses: the method of the request */
  readonly method?: string;
  /** framing of the accepted message */
  readonly framing?: "none" | "length" | "chunked" | "close";
  /** the head as sluice writes it; default: as received */
  readonly forwarded?: string;
  /** the connection must end after it */
  readonly closeAfter?: boolean;
  /** the content, chunk framing removed */
  readonly body?: string;
  /** only sluice's codec is tried: the outcome in HAProxy depends on more than the parser */
  readonly only?: true;
}

type Extra = Partial<Omit<Case, "name" | "kind" | "bytes" | "ours" | "haproxy">>;

function request(
  name: string,
  bytes: string,
  ours: Outcome,
  haproxy: Outcome,
  extra: Extra = {},
): Case {
  return { name, kind: "request", bytes, ours, haproxy, ...extra };
}

function response(
  name: string,
  bytes: string,
  ours: Outcome,
  haproxy: Outcome,
  extra: Extra = {},
): Case {
  return { name, kind: "response", bytes, ours, haproxy, ...extra };
}

const H = "Host: a\r\n";
const many = (n: number) => Array.from({ length: n }, (_, i) => `X-${i}: ${i}\r\n`).join("");
const get = (fields: string) => `GET / HTTP/1.1\r\n${H}${fields}\r\n`;
const post = (fields: string, body = "") => `POST / HTTP/1.1\r\n${H}${fields}\r\n${body}`;
const chunked = (body: string) => post("Transfer-Encoding: chunked\r\n", body);
const ok = (fields: string, body = "") => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;

// reasons for being stricter than HAProxy 2.6
const VERSION = "RFC 9110 section 2.5: a major version that is not spoken";
const LINE = "RFC 9112 section 3: lenient white space lets two readers see two targets";
const FORM = "RFC 9112 section 3.2: the form does not fit the method";
const HOST = "RFC 9112 section 3.2: an invalid Host is a bad request";
const NAME = "RFC 9112 section 5.1: white space or NUL in a name hides a field from the next hop";
const CONTROL = "RFC 9110 section 5.5: control bytes are invalid, and some readers stop at them";
const OLD =
  "RFC 9112 section 6.1: faulty framing; an old server would see a second request in the body";
const RAW = "bodies are forwarded as they came, so they must be what every receiver reads alike";
const TRAILER = "RFC 9110 section 6.5.1: some receivers merge trailers into the header";
const STATUS = "RFC 9112 section 4: the status is three digits after one space";

/** Start lines. */
const startLines: readonly Case[] = [
  request("a plain GET", get(""), "accept", "accept", { framing: "none" }),
  request("empty lines before the request line", "\r\n\r\n" + get(""), "accept", "accept"),
  request("a bare LF before the request line", "\n" + get(""), "accept", "accept"),
  request("bare LF line ends", "GET / HTTP/1.1\nHost: a\nB: c\n\n", "accept", "accept", {
    forwarded: "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n",
  }),
  request("mixed line ends", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\n", "accept", "accept", {
    forwarded: "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n",
  }),
  request("CR CR LF after the request line", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", 400, 400),
  request("a bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "accept", "accept"),
  request("HTTP/1.2 is taken as 1.1", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "accept", "accept", {
    forwarded: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  }),
  request("HTTP/2.0 in a request line", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "accept", {
    why: VERSION,
  }),
  request("HTTP/3.7", "GET / HTTP/3.7\r\nHost: a\r\n\r\n", 505, "accept", { why: VERSION }),
  request("HTTP/0.9 spelled out", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "accept", {
    why: VERSION,
  }),
  request("HTTP/0.9 without a version", "GET /\r\n\r\n", 400, 400),
  request("HTTP/0.9 relaxed", "GET /\r\n\r\n", "accept", "accept", {
    forwarded: "GET / HTTP/1.0\r\n\r\n",
    closeAfter: true,
    acceptInvalid: true,
  }),
  request("a two-digit minor version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400, 400),
  request(
    "a two-digit minor version, relaxed",
    "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
    "accept",
    "accept",
    {
      acceptInvalid: true,
    },
  ),
  request("a lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("another protocol's name", "GET / RTSP/1.0\r\nHost: a\r\n\r\n", 400, 400),
  request(
    "another protocol's name, relaxed",
    "GET / RTSP/1.0\r\nHost: a\r\n\r\n",
    "accept",
    "accept",
    {
      acceptInvalid: true,
    },
  ),
  request("no digits in the version", "GET / HTTP/x.y\r\nHost: a\r\n\r\n", 400, 400),
  request("a space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400, 400),
  request("a third word after the version", "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", 400, 400),
  request("two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "accept", {
    why: LINE,
  }),
  request("two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400, "accept", {
    why: LINE,
  }),
  request("a tab after the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "accept", {
    why: LINE,
  }),
  request("a tab before the version", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", 400, "accept", {
    why: LINE,
  }),
  request("a space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("a method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("a method with a NUL", "GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("a method with a high byte", "GE\xe9T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("a lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "accept", "accept"),
  request("an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "accept", "accept"),
  request("a method alone", "GET\r\n\r\n", 400, 400),
  request("no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("the HTTP/2 preface with a field", "PRI * HTTP/2.0\r\nHost: a\r\n\r\n", 400, 400),
  request("a TLS record", "\x16\x03\x01\x02\0\x01\0\x01\xfc\n\n", 400, 400),
  request("junk", "\xff\xfe\xfd\r\n\r\n", 400, 400),
];

/** Request targets (RFC 9112 section 3.2). */
const target = (t: string, host = H) => `GET ${t} HTTP/1.1\r\n${host}\r\n`;
const targets: readonly Case[] = [
  request("a NUL in the target", target("/a\0b"), 400, 400),
  request("a control byte in the target", target("/a\x01b"), 400, 400),
  request("DEL in the target", target("/a\x7fb"), 400, "accept", {
    why: "the manual says that it is always blocked",
  }),
  request("DEL in the target, relaxed", target("/a\x7fb"), 400, "accept", {
    why: "the manual says that it is always blocked",
    acceptInvalid: true,
  }),
  request("a high byte in the target", target("/\xe9"), 400, 400),
  request("a high byte in the target, relaxed", target("/\xe9"), "accept", "accept", {
    acceptInvalid: true,
  }),
  request("a quote in the target", target('/"'), "accept", "accept"),
  request("a quote in the target, relaxed", target('/"'), "accept", "accept", {
    acceptInvalid: true,
  }),
  request("a brace in the target", target("/{a}"), "accept", "accept"),
  request("a pipe in the target", target("/a|b"), "accept", "accept"),
  request("a backslash in the target", target("/a\\b"), "accept", "accept"),
  request("brackets in the target", target("/a[1]"), "accept", "accept"),
  request("a fragment in the target", target("/a#b"), 400, 400),
  request("a fragment in the target, relaxed", target("/a#b"), "accept", "accept", {
    acceptInvalid: true,
  }),
  request("a bad percent-encoding", target("/%zz%"), "accept", "accept"),
  request("dot segments", target("/a/../b"), "accept", "accept"),
  request(
    "asterisk-form with OPTIONS",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "accept",
    "accept",
  ),
  request("asterisk-form with GET", target("*"), 400, "accept", { why: FORM }),
  request("asterisk and more", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "accept", {
    why: FORM,
  }),
  request("a target without a slash", target("a"), 400, "accept", { why: FORM }),
  request("a target that starts with a query", target("?a"), 400, 400),
  request("absolute-form", target("http://a/b"), "accept", "accept"),
  request("absolute-form without a path", target("http://a"), "accept", "accept"),
  request("absolute-form with a query and no path", target("http://a?b"), 400, 400),
  request("absolute-form in upper case", target("HTTP://A/b"), "accept", "accept"),
  request("absolute-form with https", target("https://a/b"), "accept", "accept"),
  request("absolute-form with another scheme", target("ftp://a/b"), "accept", "accept"),
  request("absolute-form without a host", target("http:///b"), 400, "accept", {
    why: "RFC 9110 section 4.2.1: an empty host is invalid",
  }),
  request("absolute-form with user info", target("http://u:p@a/b"), 400, "accept", {
    why: "RFC 9110 section 4.2.4: user info in a target is an error",
  }),
  request("absolute-form and another Host", target("http://b/"), 400, 400),
  request("absolute-form with the default port", target("http://a:80/"), "accept", "accept"),
  request("absolute-form with another port", target("http://a:81/"), 400, 400),
  request("Host with the default port", target("http://a/", "Host: a:80\r\n"), "accept", "accept"),
  request("absolute-form without Host", target("http://a/", ""), "accept", "accept"),
  request("absolute-form with an empty Host", target("http://a/", "Host:\r\n"), 400, 400),
  request("absolute-form with a space in Host", target("http://a/", "Host: a b\r\n"), 400, 400),
  request("a scheme with one slash", target("http:/a"), 400, 400),
  request("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "accept", "accept"),
  request(
    "CONNECT and Host without port",
    "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "accept",
    "accept",
  ),
  request(
    "CONNECT to port 80, Host bare",
    "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "accept",
    "accept",
  ),
  request("CONNECT and another Host", "CONNECT a:443 HTTP/1.1\r\nHost: b:443\r\n\r\n", 400, 400),
  request(
    "CONNECT to an asterisk and another Host",
    "CONNECT *a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
    400,
    400,
  ),
  request("CONNECT without a port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("CONNECT with an empty port", "CONNECT a: HTTP/1.1\r\nHost: a:\r\n\r\n", 400, 400),
  request("CONNECT with a path", "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("CONNECT with absolute-form", "CONNECT http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request(
    "CONNECT with IPv6",
    "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n",
    "accept",
    "accept",
  ),
  request("authority-form with GET", target("a:443", "Host: a:443\r\n"), 400, "accept", {
    why: FORM,
  }),
];

/** Host (RFC 9112 section 3.2). */
const hosts: readonly Case[] = [
  request("no Host in HTTP/1.1", "GET / HTTP/1.1\r\n\r\n", "accept", "accept"),
  request("no fields in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "accept", "accept"),
  request("an empty Host", target("/", "Host:\r\n"), "accept", "accept"),
  request("two identical Host", target("/", "Host: a\r\nHost: a\r\n"), "accept", "accept", {
    forwarded: "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  }),
  request(
    "two Host that differ in case",
    target("/", "Host: a\r\nHost: A\r\n"),
    "accept",
    "accept",
    { forwarded: "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
  ),
  request("two different Host", target("/", "Host: a\r\nHost: b\r\n"), 400, 400),
  request("Host and an empty Host", target("/", "Host: a\r\nHost:\r\n"), 400, 400),
  request("a Host list", target("/", "Host: a, b\r\n"), 400, "accept", { why: HOST }),
  request("a Host with a space", target("/", "Host: a b\r\n"), 400, "accept", { why: HOST }),
  request("a Host with a slash", target("/", "Host: a/b\r\n"), 400, "accept", { why: HOST }),
  request("a Host with user info", target("/", "Host: u@a\r\n"), 400, "accept", { why: HOST }),
  request("a Host with a bad port", target("/", "Host: a:b\r\n"), 400, "accept", { why: HOST }),
  request("a Host with an empty port", target("/", "Host: a:\r\n"), "accept", "accept"),
  request("a Host with a high byte", target("/", "Host: \xe9\r\n"), 400, "accept", { why: HOST }),
  request("a Host with IPv6", target("/", "Host: [::1]:80\r\n"), "accept", "accept"),
  request("a Host with an underscore", target("/", "Host: a_b\r\n"), "accept", "accept"),
];

/** Field lines (RFC 9112 section 5). */
const fields: readonly Case[] = [
  request("a value with blanks around it", get("A: \t b \t\r\n"), "accept", "accept"),
  request("an empty value", get("A:\r\n"), "accept", "accept"),
  request("a value without a space", get("A:b\r\n"), "accept", "accept"),
  request("a value with a tab inside", get("A: b\tc\r\n"), "accept", "accept"),
  request("a value with a high byte", get("A: \xe9\r\n"), "accept", "accept"),
  request("a space before the colon", get("A : b\r\n"), 400, 400),
  request("a space before the colon, relaxed", get("A : b\r\n"), 400, "accept", {
    why: NAME,
    acceptInvalid: true,
  }),
  request("a tab before the colon", get("A\t: b\r\n"), 400, 400),
  request("a space inside the name", get("A b: c\r\n"), 400, 400),
  request("a space before Content-Length's colon", post("Content-Length : 3\r\n", "abc"), 400, 400),
  request("no colon", get("Ab\r\n"), 400, 400),
  request("no colon, relaxed", get("Ab\r\n"), 400, 400, { acceptInvalid: true }),
  request("an empty name", get(": b\r\n"), 400, 400),
  request("an empty name, relaxed", get(": b\r\n"), 400, 400, { acceptInvalid: true }),
  request("a bad byte in the name", get("A(b): c\r\n"), 400, 400),
  request("a bad byte in the name, relaxed", get("A(b): c\r\n"), "accept", "accept", {
    acceptInvalid: true,
  }),
  request("a high byte in the name", get("\xe9: c\r\n"), 400, 400),
  request("a NUL in the name", get("A\0b: c\r\n"), 400, 400),
  request("a NUL in the name, relaxed", get("A\0b: c\r\n"), 400, "accept", {
    why: NAME,
    acceptInvalid: true,
  }),
  request("a NUL in the value", get("A: b\0c\r\n"), 400, "accept", { why: CONTROL }),
  request("a NUL in the value, relaxed", get("A: b\0c\r\n"), 400, "accept", {
    why: CONTROL,
    acceptInvalid: true,
  }),
  request("a control byte in the value", get("A: b\x01c\r\n"), 400, "accept", { why: CONTROL }),
  request("an ESC in the value", get("A: b\x1bc\r\n"), 400, "accept", { why: CONTROL }),
  request("DEL in the value", get("A: b\x7fc\r\n"), 400, "accept", { why: CONTROL }),
  request("a control byte in the value, relaxed", get("A: b\x01c\r\n"), "accept", "accept", {
    acceptInvalid: true,
  }),
  request("a bare CR in the value", get("A: b\rc\r\n"), 400, 400),
  request("a bare CR in the value, relaxed", get("A: b\rc\r\n"), 400, 400, { acceptInvalid: true }),
  request("CR CR LF after a value", get("A: b\r\r\n"), 400, 400),
  request("a folded value", get("A: b\r\n c\r\n"), "accept", "accept", {
    forwarded: "GET / HTTP/1.1\r\nHost: a\r\nA: b   c\r\n\r\n",
  }),
  request("a value folded at once", get("A:\r\n\tb\r\n"), "accept", "accept", {
    forwarded: "GET / HTTP/1.1\r\nHost: a\r\nA:  \tb\r\n\r\n",
  }),
  request("a folded blank line", get("A: b\r\n \r\n"), "accept", "accept", {
    forwarded: "GET / HTTP/1.1\r\nHost: a\r\nA: b   \r\n\r\n",
  }),
  request("white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, 400),
  request("a folded Content-Length", post("Content-Length: 3\r\n 4\r\n", "abc"), 400, 400),
  request(
    "a folded Transfer-Encoding",
    post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
    "accept",
    "accept",
    {
      framing: "chunked",
      forwarded: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:   chunked\r\n\r\n",
    },
  ),
  request("100 fields", `GET / HTTP/1.1\r\n${many(100)}\r\n`, "accept", "accept"),
  request("101 fields", `GET / HTTP/1.1\r\n${many(101)}\r\n`, 400, 400),
];

/** Content-Length and Transfer-Encoding of requests (RFC 9112 section 6). */
const TE = "Transfer-Encoding: chunked\r\n";
const END = "0\r\n\r\n";
const requestFraming: readonly Case[] = [
  request("Content-Length", post("Content-Length: 3\r\n", "abc"), "accept", "accept", {
    framing: "length",
    body: "abc",
  }),
  request("Content-Length 0", post("Content-Length: 0\r\n"), "accept", "accept", {
    framing: "none",
  }),
  request("leading zeros", post("Content-Length: 003\r\n", "abc"), "accept", "accept", {
    body: "abc",
  }),
  request("no Content-Length in a POST", post(""), "accept", "accept", { framing: "none" }),
  request("Content-Length with GET", get("Content-Length: 3\r\n") + "abc", "accept", "accept", {
    framing: "length",
  }),
  request("an empty Content-Length", post("Content-Length:\r\n"), 400, 400),
  request("a signed Content-Length", post("Content-Length: +3\r\n", "abc"), 400, 400),
  request("a negative Content-Length", post("Content-Length: -3\r\n", "abc"), 400, 400),
  request("a hexadecimal Content-Length", post("Content-Length: 0x3\r\n", "abc"), 400, 400),
  request("a fraction", post("Content-Length: 3.0\r\n", "abc"), 400, 400),
  request("an exponent", post("Content-Length: 3e0\r\n", "abc"), 400, 400),
  request("blanks inside", post("Content-Length: 3 3\r\n", "abc"), 400, 400),
  request("2^63", post("Content-Length: 9223372036854775808\r\n", "abc"), 400, 400),
  request("2^64 + 3", post("Content-Length: 18446744073709551619\r\n", "abc"), 400, "accept", {
    why: "the number overflows",
  }),
  request("2^53", post("Content-Length: 9007199254740992\r\n", "abc"), 400, "accept", {
    why: "numbers of bytes are exact below 2^53 only",
  }),
  request(
    "identical twice",
    post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
    "accept",
    "accept",
    {
      forwarded: `POST / HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\n`,
      body: "abc",
    },
  ),
  request("different twice", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400, 400),
  request(
    "same number, other digits",
    post("Content-Length: 3\r\nContent-Length: 03\r\n", "abc"),
    "accept",
    "accept",
    { forwarded: `POST / HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\n` },
  ),
  request("an identical list", post("Content-Length: 3, 3\r\n", "abc"), "accept", "accept", {
    forwarded: `POST / HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\n`,
    body: "abc",
  }),
  request("a different list", post("Content-Length: 3, 4\r\n", "abcd"), 400, 400),
  request("a list with an empty end", post("Content-Length: 3,\r\n", "abc"), 400, 400),
  request("a list with an empty start", post("Content-Length: ,3\r\n", "abc"), 400, 400),
  request("chunked", post(TE, "3\r\nabc\r\n" + END), "accept", "accept", {
    framing: "chunked",
    body: "abc",
  }),
  request(
    "chunked in upper case",
    post("TRANSFER-ENCODING: CHUNKED\r\n", END),
    "accept",
    "accept",
    {
      framing: "chunked",
    },
  ),
  request(
    "chunked and Content-Length",
    post(TE + "Content-Length: 3\r\n", END),
    "accept",
    "accept",
    {
      framing: "chunked",
      forwarded: `POST / HTTP/1.1\r\n${H}${TE}\r\n`,
      closeAfter: true,
    },
  ),
  request(
    "Content-Length and chunked",
    post("Content-Length: 3\r\n" + TE, END),
    "accept",
    "accept",
    {
      framing: "chunked",
      forwarded: `POST / HTTP/1.1\r\n${H}${TE}\r\n`,
      closeAfter: true,
    },
  ),
  request("chunked and a bad Content-Length", post(TE + "Content-Length: x\r\n", END), 400, 400),
  request("chunked with GET", `GET / HTTP/1.1\r\n${H}${TE}\r\n${END}`, "accept", "accept", {
    framing: "chunked",
  }),
  request(
    "a body with GET in HTTP/1.0",
    `GET / HTTP/1.0\r\n${H}Content-Length: 3\r\n\r\nabc`,
    413,
    413,
  ),
  request(
    "a body with DELETE in HTTP/1.0",
    `DELETE / HTTP/1.0\r\n${H}Content-Length: 3\r\n\r\nabc`,
    413,
    413,
  ),
  request(
    "an empty body with GET in HTTP/1.0",
    `GET / HTTP/1.0\r\n${H}Content-Length: 0\r\n\r\n`,
    "accept",
    "accept",
  ),
  request("the method PRI", "PRI / HTTP/1.1\r\nHost: a\r\n\r\n", 400, 400),
  request("chunked in HTTP/1.0", `POST / HTTP/1.0\r\n${H}${TE}\r\n${END}`, 400, "accept", {
    why: OLD,
  }),
  request(
    "chunked and length in HTTP/1.0",
    `POST / HTTP/1.0\r\n${TE}Content-Length: 5\r\n\r\n${END}`,
    400,
    "accept",
    { why: OLD },
  ),
  request("chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n", END), 400, 400),
  request("chunked in two fields", post(TE + TE, END), 400, 400),
  request("gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", END), 422, 422),
  request(
    "gzip and chunked in two fields",
    post("Transfer-Encoding: gzip\r\n" + TE, END),
    422,
    422,
  ),
  request("chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n", END), 400, 400),
  request("gzip alone", post("Transfer-Encoding: gzip\r\n", END), 400, 400),
  request("identity", post("Transfer-Encoding: identity\r\n", END), 400, 400),
  request(
    "identity and Content-Length",
    post("Transfer-Encoding: identity\r\nContent-Length: 3\r\n", "abc"),
    400,
    400,
  ),
  request("chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", END), 400, 400),
  request("an unknown coding", post("Transfer-Encoding: xchunked\r\n", END), 400, 400),
  request("chunked with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", END), 400, 400),
  request("quoted chunked", post('Transfer-Encoding: "chunked"\r\n', END), 400, 400),
  request("an empty Transfer-Encoding", post("Transfer-Encoding:\r\n", END), 400, 400),
  request(
    "chunked and an empty element",
    post("Transfer-Encoding: chunked,\r\n", END),
    400,
    "accept",
    { why: "nobody needs it, and not every server reads it as chunked" },
  ),
  request("an empty element and chunked", post("Transfer-Encoding: , chunked\r\n", END), 400, 422, {
    why: "bad syntax rather than an unknown coding",
  }),
  request("chunked with a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n", END), 400, 400),
  request(
    "Transfer_Encoding",
    post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", END),
    "accept",
    "accept",
    {
      framing: "length",
    },
  ),
  request(
    "an unknown expectation",
    post("Expect: 200-ok\r\nContent-Length: 0\r\n"),
    "accept",
    "accept",
  ),
  request(
    "Upgrade to h2c",
    get(
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    ),
    "accept",
    "accept",
    { forwarded: "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n" },
  ),
  request(
    "Upgrade to websocket",
    get(
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
    ),
    "accept",
    "accept",
  ),
  request(
    "Upgrade to websocket without a key",
    get("Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    400,
    400,
  ),
];

/** The chunked coding (RFC 9112 section 7.1). */
const chunks: readonly Case[] = [
  request("two chunks", chunked("3\r\nabc\r\nA\r\n0123456789\r\n" + END), "accept", "accept", {
    body: "abc0123456789",
  }),
  request("leading zeros in a size", chunked("0003\r\nabc\r\n" + END), "accept", "accept"),
  request("a long size of zeros", chunked("00000000000000000003\r\nabc\r\n" + END), 400, "accept", {
    why: RAW,
  }),
  request("the last chunk as 000", chunked("000\r\n\r\n"), "accept", "accept"),
  request("an extension", chunked("3;a=b\r\nabc\r\n0;c\r\n\r\n"), "accept", "accept", {
    body: "abc",
  }),
  request("a quoted extension", chunked('3 ; a="b;c"\r\nabc\r\n' + END), "accept", "accept"),
  request("a bare LF in an extension", chunked("3;a\nb\r\nabc\r\n" + END), 400, 400),
  request("a bare CR in an extension", chunked("3;a\rb\r\nabc\r\n" + END), 400, 400),
  request("a NUL in an extension", chunked("3;a\0\r\nabc\r\n" + END), 400, "accept", { why: RAW }),
  request(
    "an extension of 2000 bytes",
    chunked(`3;${"a".repeat(2000)}\r\nabc\r\n` + END),
    400,
    "accept",
    { why: "extensions are bounded: 1024 bytes a chunk" },
  ),
  request("blanks after a size", chunked("3 \r\nabc\r\n" + END), "accept", "accept"),
  request("a blank before a size", chunked(" 3\r\nabc\r\n" + END), 400, 400),
  request("a word after a size", chunked("3 x\r\nabc\r\n" + END), 400, 400),
  request("0x before a size", chunked("0x3\r\nabc\r\n" + END), 400, 400),
  request("a sign before a size", chunked("+3\r\nabc\r\n" + END), 400, 400),
  request("an empty size", chunked("\r\nabc\r\n" + END), 400, 400),
  request("a size of 16 digits", chunked("ffffffffffffffff\r\nabc\r\n" + END), 400, 400),
  request("a size of 17 digits", chunked("10000000000000003\r\nabc\r\n" + END), 400, 400),
  request("bare LF after a size", chunked("3\nabc\r\n" + END), 400, "accept", { why: RAW }),
  request("bare LF after the data", chunked("3\r\nabc\n" + END), 400, "accept", { why: RAW }),
  request("nothing after the data", chunked("3\r\nabc" + END), 400, 400),
  request("more data than the size", chunked("3\r\nabcd\r\n" + END), 400, 400),
  request("CR x after a size", chunked("3\rxabc\r\n" + END), 400, 400),
  request("a trailer", chunked("0\r\nA: b\r\n\r\n"), "accept", "accept"),
  request("a trailer with bare LF", chunked("0\r\nA: b\n\r\n"), 400, "accept", { why: RAW }),
  request("a trailer without a colon", chunked("0\r\nAb\r\n\r\n"), 400, 400),
  request("a trailer with a space before the colon", chunked("0\r\nA : b\r\n\r\n"), 400, 400),
  request("a folded trailer", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400, "accept", { why: RAW }),
  request("a NUL in a trailer", chunked("0\r\nA: b\0\r\n\r\n"), 400, "accept", { why: RAW }),
  request("a framing field as trailer", chunked("0\r\nContent-Length: 3\r\n\r\n"), 400, "accept", {
    why: TRAILER,
  }),
  request(
    "Transfer-Encoding as trailer",
    chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    400,
    "accept",
    { why: TRAILER },
  ),
  request("102 trailers", chunked(`0\r\n${many(102)}\r\n`), 400, 400),
  request("the last line with bare LF", chunked("0\r\n\n"), 400, "accept", { why: RAW }),
];

/** Responses. */
const responses: readonly Case[] = [
  response("a plain response", ok("Content-Length: 3\r\n", "abc"), "accept", "accept", {
    framing: "length",
    body: "abc",
  }),
  response("without a length", ok("", "abc"), "accept", "accept", {
    framing: "close",
    body: "abc",
  }),
  response("chunked", ok(TE, "3\r\nabc\r\n" + END), "accept", "accept", {
    framing: "chunked",
    body: "abc",
  }),
  response("Content-Length 0", ok("Content-Length: 0\r\n"), "accept", "accept", {
    framing: "none",
  }),
  response("204", "HTTP/1.1 204 No Content\r\n\r\n", "accept", "accept", { framing: "none" }),
  response(
    "304 with a length",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    "accept",
    "accept",
    { framing: "none" },
  ),
  response("HEAD with a length", ok("Content-Length: 9\r\n"), "accept", "accept", {
    method: "HEAD",
    framing: "none",
  }),
  response("HEAD with chunked", ok(TE), "accept", "accept", { method: "HEAD", framing: "none" }),
  response("204 with chunked", `HTTP/1.1 204 No Content\r\n${TE}\r\n`, "accept", "accept", {
    forwarded: "HTTP/1.1 204 No Content\r\n\r\n",
    framing: "none",
  }),
  response("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nabc", "accept", "accept", { framing: "close" }),
  response("HTTP/1.0 with chunked", `HTTP/1.0 200 OK\r\n${TE}\r\n${END}`, "accept", "accept", {
    closeAfter: true,
  }),
  response(
    "no reason and no space",
    "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "accept",
    "accept",
    { forwarded: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n" },
  ),
  response("an empty reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "accept", "accept"),
  response(
    "a reason with high bytes",
    "HTTP/1.1 200 \xe9\r\nContent-Length: 0\r\n\r\n",
    "accept",
    "accept",
  ),
  response("a NUL in the reason", "HTTP/1.1 200 a\0b\r\nContent-Length: 0\r\n\r\n", 502, "accept", {
    why: CONTROL,
  }),
  response(
    "a control byte in the reason",
    "HTTP/1.1 200 a\x01b\r\nContent-Length: 0\r\n\r\n",
    502,
    "accept",
    { why: CONTROL },
  ),
  response("a bare CR in the reason", "HTTP/1.1 200 a\rb\r\nContent-Length: 0\r\n\r\n", 502, 502),
  response("bare LF line ends", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", "accept", "accept", {
    forwarded: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
    body: "abc",
  }),
  response("a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", 502, "accept", {
    why: STATUS,
  }),
  response(
    "a status of four digits",
    "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    502,
    "accept",
    { why: STATUS },
  ),
  response("a status of letters", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", 502, 502),
  response("status 099", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", 502, "accept", {
    why: STATUS,
  }),
  response("status 600", "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", "accept", "accept"),
  response("status 999", "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n", "accept", "accept"),
  response(
    "two spaces before the status",
    "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
    502,
    "accept",
    { why: STATUS },
  ),
  response("HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", 502, "accept", {
    why: VERSION,
  }),
  response("HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", "accept", "accept", {
    forwarded: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  }),
  response("a lower-case version", "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 502, 502),
  response("another protocol", "ICY 200 OK\r\n\r\n", 502, 502),
  response("RTSP relaxed", "RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "accept", "accept", {
    acceptInvalid: true,
  }),
  response("no head", "abc\r\n\r\n", 502, 502),
  response(
    "an empty line before",
    "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "accept",
    "accept",
  ),
  response("a space before the colon", ok("A : b\r\nContent-Length: 0\r\n"), 502, 502),
  response(
    "a space before the colon, relaxed",
    ok("A : b\r\nContent-Length: 0\r\n"),
    502,
    "accept",
    { why: NAME, acceptInvalid: true },
  ),
  response("a bad byte in a name", ok("A(: b\r\nContent-Length: 0\r\n"), 502, 502),
  response(
    "a bad byte in a name, relaxed",
    ok("A(: b\r\nContent-Length: 0\r\n"),
    "accept",
    "accept",
    { acceptInvalid: true },
  ),
  response("a control byte in a value", ok("A: b\x01\r\nContent-Length: 0\r\n"), 502, "accept", {
    why: CONTROL,
  }),
  response("a NUL in a value", ok("A: b\0\r\nContent-Length: 0\r\n"), 502, "accept", {
    why: CONTROL,
  }),
  response("a folded value", ok("A: b\r\n c\r\nContent-Length: 0\r\n"), "accept", "accept", {
    forwarded: "HTTP/1.1 200 OK\r\nA: b   c\r\nContent-Length: 0\r\n\r\n",
  }),
  response("a bad Content-Length", ok("Content-Length: x\r\n"), 502, 502),
  response(
    "different Content-Length",
    ok("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"),
    502,
    502,
  ),
  response(
    "identical Content-Length",
    ok("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
    "accept",
    "accept",
    {
      forwarded: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
    },
  ),
  response(
    "chunked and Content-Length",
    ok(TE + "Content-Length: 3\r\n", END),
    "accept",
    "accept",
    {
      framing: "chunked",
      closeAfter: true,
      forwarded: `HTTP/1.1 200 OK\r\n${TE}\r\n`,
    },
  ),
  response("gzip, chunked", ok("Transfer-Encoding: gzip, chunked\r\n", END), 502, 502),
  response("gzip alone", ok("Transfer-Encoding: gzip\r\n", "abc"), 502, 502),
  response("chunked, gzip", ok("Transfer-Encoding: chunked, gzip\r\n", END), 502, 502),
  response("chunked twice", ok(TE + TE, END), 502, 502),
  response(
    "identity",
    ok("Transfer-Encoding: identity\r\nContent-Length: 3\r\n", "abc"),
    502,
    502,
    { framing: "close" },
  ),
  response("101 fields", `HTTP/1.1 200 OK\r\n${many(101)}\r\n`, 502, 502),
  response("a bad first chunk size", ok(TE, "x\r\nabc\r\n" + END), 502, 502),
  response("a chunk with bare LF", ok(TE, "3\nabc\r\n" + END), 502, "accept", { why: RAW }),
];

/** The whole table. */
export const CASES: readonly Case[] = [
  ...startLines,
  ...targets,
  ...hosts,
  ...fields,
  ...requestFraming,
  ...chunks,
  ...responses,
];
