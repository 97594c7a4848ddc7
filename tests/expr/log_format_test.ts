/** The expected lines follow what the real HAProxy 2.6 wrote for these formats on loopback. */
import assert from "node:assert/strict";
import {
  clfHttpLogFormat,
  compileLogFormat,
  defaultHttpLogFormat,
  defaultTcpLogFormat,
} from "../../lib/expr/log_format.ts";
import { ALIAS_ROWS } from "../../lib/expr/log_aliases.ts";
import { context, request, stream, type StreamParts, told } from "./support.ts";

// The lines hold local dates.
Deno.env.set("TZ", "UTC");

const wordOf = (text: string) => ({
  text,
  span: { file: "test.cfg", line: 1, column: 1, length: text.length },
});

function line(format: string, parts: StreamParts = {}, more = {}): string {
  const ctx = context({ place: "log", ...more });
  const compiled = compileLogFormat(wordOf(format), ctx);
  assert.deepEqual(told(ctx), []);
  return compiled!(stream(parts));
}

const AGENT = 'a"b{c}|#\xe9]\\';
const captured = { capturedRequestHeaders: [AGENT, undefined] };
const odd = request(['GET /p?q="{} HTTP/1.1', "Host: h"]);
const bad = { request: undefined };

const LINES: readonly [format: string, parts: StreamParts, expected: string][] = [
  [
    "%r|%HM|%HU|%HV|%HP|%HPO|%HQ",
    { request: odd },
    "GET /p?q=#22{} HTTP/1.1|GET|/p?q=#22{}|HTTP/1.1|/p|/p|?q=#22{}",
  ],
  [
    "%r|%HM|%HU|%HV|%HP|%HPO|%HQ",
    bad,
    "<BADREQ>|<BADREQ>|<BADREQ>|<BADREQ>|<BADREQ>|<BADREQ>|<BADREQ>",
  ],
  [
    "%r|%HP|%HPO|%HQ",
    { request: request(["GET http://h/x?y HTTP/1.1", "Host: h"]) },
    "GET http://h/x?y HTTP/1.1|http://h/x|/x|?y",
  ],
  [
    "%r|%HP|%HPO|%HQ",
    { request: request(["OPTIONS * HTTP/1.1", "Host: h"]) },
    "OPTIONS * HTTP/1.1|*||",
  ],
  ["%r|%HV", { request: request(["GET / HTTP/1.0"]) }, "GET / HTTP/1.0|HTTP/1.0"],
  ["%{+Q}r|%{+Q}HM|%{+Q}HQ|%{+Q}HPO", {}, '"GET / HTTP/1.1"|"GET"|""|"/"'],
  ["%{+Q}r|%{+Q}HQ", bad, '"<BADREQ>"|"<BADREQ>"'],
  ["%hr|%hrl", captured, "{a#22b#7Bc#7D#7C#23#E9]\\|}|a#22b#7Bc#7D#7C#23#E9]\\ -"],
  [
    "%{+E}hr %{+Q}hrl %{+Q,+E}hrl",
    captured,
    '{a#22b#7Bc#7D#7C#23#E9\\]\\\\|} "a#22b#7Bc#7D#7C#23#E9]\\" "" "a#22b#7Bc#7D#7C#23#E9\\]\\\\" ""',
  ],
  ["x %hr y", {}, "x y"],
  ["x %hr y", captured, "x {a#22b#7Bc#7D#7C#23#E9]\\|} y"],
  ["%hr %hs|%hrl %hsl", {}, "| "],
  ["%hs %hsl", { capturedResponseHeaders: ["S{x}"] }, "{S#7Bx#7D} S#7Bx#7D"],
  [
    "%[capture.req.hdr(0)] %{+Q}[capture.req.hdr(1)] %[capture.req.hdr(1)] %{+E}[capture.req.hdr(0)]",
    captured,
    'a"b{c}|#\xe9]\\ "" - a\\"b{c}|#\xe9\\]\\\\',
  ],
  ["%{+Q}[str(h)]", {}, '"h"'],
  [
    "%{+Q}o %r %HQ %CC %s %cp [%T] %{-Q}ci %ts",
    {},
    '"GET / HTTP/1.1" "" "" "<NOSRV>" 40000 [06/Feb/2009:12:14:14 +0000] 192.0.2.7 --',
  ],
  [
    "%{+X}ci %{+X}cp %{+Q,+X}ci %{+X}Ts %{+X}pid %{+X}rt",
    {},
    "C0000207 9C40 C0000207 498C2996 3835 00FF",
  ],
  ["%{+X}ci", { session: sessionFrom("2001:db8::1", 6) }, "20010DB8000000000000000000000001"],
  ["%ci:%cp", { session: sessionFrom("/run/x", "unix") }, "unix:1"],
  ["  lead %ci   trail  ", {}, "lead 192.0.2.7 trail "],
  ["a\tb", {}, "a b"],
  ["100%% %%[x]", {}, "100% %[x]"],
  ["%ID|%si:%sp|%bi:%bp|%CC|%CS|%sslv|%sslc", {}, "-|-:-|-:-|-|-|-|-"],
  ["%b %s %f %ft", {}, "fe <NOSRV> fe fe"],
  ["%H %pid %rt %ms %Ts %t", {}, "box 14389 255 655 1233922454 06/Feb/2009:12:14:14.655"],
  [
    "%tr %trg %T",
    {},
    "06/Feb/2009:12:14:14.655 06/Feb/2009:12:14:14 +0000 06/Feb/2009:12:14:14 +0000",
  ],
  ["%ac/%fc/%bc/%sc/%rc %sq/%bq", {}, "4/3/0/0/0 0/0"],
  ["%rc", { retries: 3, redispatched: true }, "+3"],
  ["%ST %B %U", { status: 200, bytesOut: 62, bytesIn: 39 }, "200 62 39"],
  ["%ST", {}, "-1"],
  ["%ts %tsc", { termination: "SCVN" }, "SC SCVN"],
  ["%[src]:%[src_port] %[fe_name]", {}, "192.0.2.7:40000 fe"],
];

function sessionFrom(host: string, family: 4 | 6 | "unix") {
  return { ...stream().session, remote: { family, host, port: 9 } };
}

for (const [format, parts, expected] of LINES) {
  Deno.test(`the format '${format}' makes '${expected}' (manual 8.2.6)`, () => {
    assert.equal(line(format, parts), expected);
  });
}

/** An answered request: 10 ms idle, then 5 to be read, 1 in the queue, 7 to connect, 147 to answer. */
const WHOLE: StreamParts = {
  requestStartAt: 10,
  requestAt: 15,
  queuedAt: 16,
  connectedAt: 23,
  responseAt: 170,
  endedAt: 180.9,
  status: 200,
  bytesOut: 2750,
};

Deno.test("timers are differences of instants in whole ms and add up (manual 8.4)", () => {
  assert.equal(
    line("%Th/%Ti/%TR/%Tw/%Tc/%Tr/%Td/%Ta/%Tt/%Tq/%Tu", WHOLE),
    "0/10/5/1/7/147/10/170/180/15/170",
  );
});

Deno.test("a timer whose end did not come is -1", () => {
  const refused = { requestStartAt: 0, requestAt: 2, endedAt: 3 };
  assert.equal(line("%TR/%Tw/%Tc/%Tr/%Td/%Ta", refused), "2/-1/-1/-1/-1/3");
  const silent = { ...bad, requestStartAt: -1, endedAt: 5 };
  assert.equal(line("%Ti/%TR/%Tw/%Tc/%Tr/%Ta", silent), "0/-1/-1/-1/-1/5");
});

Deno.test("with option logasap totals and bytes have a plus (manual 8.3.2)", () => {
  assert.equal(
    line("%B %Ta %Tt %Tu %Tr %Tc %Td %Tq %U", WHOLE, { logasap: true }),
    "+2750 +170 +180 +170 147 7 10 15 0",
  );
});

const answered: StreamParts = {
  ...WHOLE,
  backend: { name: "static", id: 3, mode: "http", currentConnections: 1 },
  server: {
    name: "srv1",
    id: 1,
    currentConnections: 1,
    usable: true,
    address: { family: 4, host: "10.0.0.1", port: 80 },
  },
  capturedRequestHeaders: ["1wt.eu"],
  capturedResponseHeaders: [""],
};

Deno.test("the default HTTP format writes every field of manual 8.2.3", () => {
  assert.equal(
    line(defaultHttpLogFormat, answered),
    "192.0.2.7:40000 [06/Feb/2009:12:14:14.655] fe static/srv1 5/1/7/147/170 200 2750 - - ---- " +
      '4/3/1/1/0 0/0 {1wt.eu} {} "GET / HTTP/1.1"',
  );
});

Deno.test("without captures the default HTTP format has one space before the request", () => {
  assert.equal(
    line(defaultHttpLogFormat, { ...bad, status: 400, endedAt: 1, termination: "PR--" }),
    "192.0.2.7:40000 [06/Feb/2009:12:14:14.655] fe fe/<NOSRV> -1/-1/-1/-1/1 400 0 - - PR-- " +
      '4/3/0/0/0 0/0 "<BADREQ>"',
  );
});

Deno.test("the CLF format quotes its strings (manual 8.2.3)", () => {
  assert.equal(
    line(clfHttpLogFormat, answered),
    '192.0.2.7 - - [06/Feb/2009:12:14:14 +0000] "GET / HTTP/1.1" 200 2750 "" "" 40000 655 "fe" ' +
      '"static" "srv1" 5 1 7 147 170 ---- 4 3 1 1 0 0 0 "" "" "1wt.eu" ""',
  );
});

Deno.test("the default TCP format writes every field of manual 8.2.2, with status 0 for none", () => {
  const frontend = { name: "fnt", id: 2, mode: "tcp" as const, currentConnections: 1 };
  const parts: StreamParts = {
    frontend,
    request: undefined,
    backend: { name: "bck", id: 3, mode: "tcp", currentConnections: 0 },
    server: answered.server,
    requestStartAt: -1,
    queuedAt: 0,
    connectedAt: 2,
    endedAt: 5007,
    bytesOut: 212,
  };
  assert.equal(
    line(defaultTcpLogFormat + " %ST %Td", parts, { mode: "tcp" }),
    "192.0.2.7:40000 [06/Feb/2009:12:14:14.655] fnt bck/srv1 0/2/5007 212 -- 4/1/0/1/0 0/0 0 5005",
  );
});

Deno.test("%lc counts the lines of its format", () => {
  const ctx = context({ place: "log" });
  const format = compileLogFormat(wordOf("%lc"), ctx)!;
  assert.deepEqual([format(stream()), format(stream()), format(stream())], ["0", "1", "2"]);
});

Deno.test("%ft marks a TLS connection with a tilde", () => {
  const tls = { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", resumed: false };
  const session = { ...stream().session, tls };
  assert.equal(line("%ft %sslv %sslc", { session }), "fe~ TLSv1.3 TLS_AES_128_GCM_SHA256");
});

Deno.test("control characters of an expression's value are escaped in logs (manual 8.6)", () => {
  assert.equal(line("%[str(a%0d%0ab%09c),url_dec]"), "a#0D#0Ab\tc");
});

Deno.test("the request line is logged as it came, whatever rules have made of it, and 1024 bytes of it", () => {
  const head = request([`GET /${"x".repeat(2000)} HTTP/1.1`, "Host: h"]);
  head.setTarget("/other");
  head.setMethod("POST");
  assert.equal(line("%r", { request: head }), `GET /${"x".repeat(1019)}`);
});

Deno.test("text of a configuration becomes the bytes of its UTF-8 form", () => {
  assert.equal(line("é"), "\xc3\xa9");
});

Deno.test("every variable makes some text or none, and never throws, on an empty stream", () => {
  for (const row of ALIAS_ROWS) {
    for (const flags of ["", "{+Q}", "{+X}", "{+E}", "{+Q,+E,+X}"]) {
      assert.equal(typeof line(`%${flags}${row.name}`, bad), "string");
    }
  }
});

const MISTAKES: readonly [format: string, expected: string[], mode?: "tcp"][] = [
  ["%zz", ["alert 1+3: no such format variable '%zz'"]],
  ["a %tt b", ["alert 3+3: no such format variable '%tt' [nearest: %Tt]"]],
  ["100%", ["alert 4+1: '%' needs a format variable, '[', '{' or a second '%'"]],
  ["a % b", ["alert 3+1: '%' needs a format variable, '[', '{' or a second '%'"]],
  ["%{+Qr", ["alert 1+5: '%{' is not closed by '}'"]],
  ["%{+Z}r", ["alert 3+2: '+Z' is no format flag"]],
  ["%{Q}r", ["alert 3+1: 'Q' is no format flag"]],
  ["%[src", ["alert 1+5: ']' is missing behind 'src'"]],
  ["%[src)]", ["alert 6+1: ']' is missing behind 'src'"]],
  ["%[str(a]", ["alert 6+3: missing ')' after the arguments of 'str'"]],
  ["%[scr]", ["alert 3+3: unknown fetch method 'scr' [nearest: src]"]],
  ["%[src,lowr]", ["alert 7+4: unknown converter 'lowr' [nearest: lower]"]],
  ["%[req.hdr(a)]", [
    "alert 3+7: 'req.hdr' needs the request headers, not available in 'log' of a frontend",
  ]],
  ["%r", ["alert 1+2: format variable '%r' exists in mode http only"], "tcp"],
  ["%zz %yy", [
    "alert 1+3: no such format variable '%zz'",
    "alert 5+3: no such format variable '%yy'",
  ]],
];

for (const [format, expected, mode] of MISTAKES) {
  Deno.test(`the mistake in the format '${format}' is told with its place`, () => {
    const ctx = context({ place: "log", mode: mode ?? "http" });
    assert.equal(compileLogFormat(wordOf(format), ctx), undefined);
    assert.deepEqual(told(ctx), expected);
  });
}
