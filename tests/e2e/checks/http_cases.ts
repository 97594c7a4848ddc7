/** `option httpchk` and `http-check`: what is sent, and what is said of the answer. */
import type { CheckCase, Script } from "./rig.ts";
import { http, httpOpen, httpReset, ok } from "./scripts.ts";

/** A check by the backend's lines; the server sees it. */
const asks = (name: string, backend: readonly string[], server = ""): CheckCase => ({
  name,
  backend,
  server,
  serve: http(ok),
  sees: true,
});

const sends = (rule: string): CheckCase =>
  asks(`http-check ${rule}`, ["option httpchk", `http-check ${rule}`]);

/** `option httpchk` alone, and what the server does. */
const gets = (
  name: string,
  serve: Script | undefined,
  more: readonly string[] = [],
): CheckCase => ({
  name,
  backend: ["option httpchk", ...more],
  serve,
});

const secondPort = http("HTTP/1.0 201 Created\r\n\r\n");

export const httpCases: readonly CheckCase[] = [
  ...[
    "option httpchk",
    "option httpchk /x?y",
    "option httpchk GET /x",
    "option httpchk GET /x HTTP/1.1",
    "option httpchk GET /x HTTP/1.1\\r\\nHost:\\ www\\r\\nX-A:\\ 1",
    'option httpchk GET /x "HTTP/1.1\\r\\nHost: www"',
    'option httpchk POST /a "HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nbody"',
    "option httpchk HEAD /",
    "option httpchk FOO /",
    "option httpchk GET http://foo/bar HTTP/1.1",
  ].map((line) => asks(line, [line])),
  ...[
    "send meth PUT uri /a ver HTTP/1.1 hdr Host h hdr X-Y %[srv_name] body abc",
    "send hdr host www",
    "send hdr Connection keep-alive",
    "send ver HTTP/1.1 hdr Connection keep-alive hdr A 1 body q",
    "send ver HTTP/1.1 hdr Connection close hdr Upgrade foo",
    "send hdr content-length 5 hdr x 2",
    "send body abc",
    "send uri-lf /%[srv_name] body-lf b%[be_id]",
    "send meth POST uri /%s body a%sb",
    'send hdr x "%[str()]" hdr y 1',
    "send meth POST",
    "send meth PUT",
    "send meth PATCH",
    "send meth TRACE",
    "send meth get",
    "send meth DELETE",
    "send meth DELETE body x",
    "send meth GET body x",
    "send ver HTTP/2.0",
    "send ver HTTP/1.1 uri *",
    "send uri noslash",
    "send-state",
  ].map(sends),
  asks("the header of send-state, and a Host in an absolute target", [
    "option httpchk GET http://foo/bar HTTP/1.1",
    "http-check send-state",
    "http-check send hdr Host other",
  ]),
  asks("what send says wins over option httpchk", [
    "option httpchk GET /a",
    "http-check send uri /b ver HTTP/1.1 hdr Host x",
  ]),
  asks("option httpchk behind send wins", [
    "http-check send uri /b ver HTTP/1.1 hdr Host x",
    "option httpchk GET /a",
  ]),
  asks("headers of send take the place of those of option httpchk", [
    'option httpchk GET /a "HTTP/1.1\\r\\nX: 1"',
    "http-check send hdr Y 2",
  ]),
  asks("headers of an option httpchk behind take the place of those of send", [
    "http-check send hdr Y 2 body q",
    'option httpchk GET /a "HTTP/1.1\\r\\nX: 1"',
  ]),
  asks("option httpchk twice", ["option httpchk GET /a", "option httpchk HEAD /b"]),
  asks("option httpchk twice, a send between", [
    "option httpchk GET /a",
    "http-check send hdr host h",
    "option httpchk GET /c",
  ]),
  asks("a connect before send", [
    "option httpchk GET /a",
    "http-check connect",
    "http-check send uri /b",
  ]),
  asks("the last of two kinds of checks holds", ["option tcp-check", "option httpchk GET /a"]),
  {
    name: "a connection to another port",
    backend: ["option httpchk", "http-check connect port PORT", "http-check send uri /1"],
    second: http(ok),
  },
  {
    name: "two exchanges, the second of them bad",
    backend: [
      "option httpchk",
      "http-check connect",
      "http-check send uri /1",
      "http-check expect status 200",
      "http-check connect port PORT",
      "http-check send uri /2",
      "http-check expect status 200",
    ],
    serve: http(ok),
    second: secondPort,
  },
  {
    name: "two exchanges, both good",
    backend: [
      "option httpchk",
      "http-check connect",
      "http-check send uri /1",
      "http-check expect status 200",
      "http-check connect port PORT",
      "http-check send uri /2",
      "http-check expect status 201",
    ],
    serve: http(ok),
    second: secondPort,
  },
  {
    name: "http-check connect send-proxy",
    backend: ["option httpchk", "http-check connect send-proxy", "http-check send uri /1"],
    serve: async (peer) => {
      const line = await peer.line();
      return line.replace(/\d+/g, "N") + await http(ok)(peer);
    },
    sees: true,
  },
  {
    name: "check-send-proxy",
    backend: ["option httpchk"],
    server: "check-send-proxy",
    serve: async (peer) => {
      const line = await peer.line();
      return line.replace(/\d+/g, "N") + await http(ok)(peer);
    },
    sees: true,
  },
  { ...gets("addr: nobody there", http(ok)), server: "addr 127.0.0.3" },
  gets("404", http("HTTP/1.0 404 Not Found\r\n\r\n")),
  gets("399", http("HTTP/1.0 399 Odd\r\n\r\n")),
  gets("400", http("HTTP/1.0 400 Bad\r\n\r\n")),
  gets("999", http("HTTP/1.1 999 OK\r\n\r\n")),
  gets("no reason", http("HTTP/1.0 500\r\n\r\n")),
  gets("a reason that must not end quotes", http('HTTP/1.0 500 a"b<c>\xe9\r\n\r\n')),
  gets("a long reason", http(`HTTP/1.0 500 ${"x".repeat(300)}\r\n\r\n`)),
  gets("no HTTP", http("garbage\r\n\r\n")),
  gets("nothing", http("")),
  gets("a reset", httpReset("")),
  gets("silence", httpOpen()),
  gets("half a head, then silence", httpOpen("HTTP/1.0 200 O")),
  gets("half a head, then FIN", http("HTTP/1.0 20")),
  gets("nobody listens", undefined),
  gets("a bad header", http("HTTP/1.0 200 OK\r\nbad header\r\n\r\n")),
  gets("a head that is too long", http(`HTTP/1.0 200 OK\r\nx: ${"y".repeat(17000)}\r\n\r\n`)),
  gets(
    "two lengths",
    http("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na"),
  ),
  gets("a head in pieces", httpOpen("HTTP/1.1 2", "00 OK\r\nconte", "nt-length: 0\r\n", "\r\n")),
  gets("the body does not come", httpOpen("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")),
  gets("101", http("HTTP/1.1 101 Switching\r\n\r\n")),
  {
    ...gets("an interim answer", http("HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 None\r\n\r\n")),
    differs: {
      says: "succeeded, reason: Layer7 check passed, code: 204, status: 3/3 UP.",
      because: "RFC 9110 section 15.2: the final answer counts; HAProxy 2.6 judges the interim one",
    },
  },
  gets("disable-on-404", http("HTTP/1.1 404 NF\r\n\r\n"), ["http-check disable-on-404"]),
  gets("disable-on-404 precedes a body that is missing", http("HTTP/1.0 404 NF\r\n\r\nxab"), [
    "http-check disable-on-404",
    "http-check expect string abc",
  ]),
  gets("disable-on-404 precedes a status that is unwanted", http("HTTP/1.0 404 NF\r\n\r\n"), [
    "http-check disable-on-404",
    "http-check expect ! status 404",
  ]),
];
