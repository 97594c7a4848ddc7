/**
 * One table of cases for rules. tests/rules/cases_test.ts runs it on sluice, scripts/compare_expr.ts on the real
 * HAProxy, whose header names are compared in lower case.
 */

import { ACTION_CASES } from "./cases/actions.ts";
import { PATTERN_CASES } from "./cases/patterns.ts";
import type { RuleCase } from "./cases/types.ts";

export { PLAIN, type RuleCase } from "./cases/types.ts";

const FIELDS = ["host: h.example:81", "a: 1", "b: 2", "a: 3", "ab: x, y , z"];
const START = "GET /a/b?x=1 HTTP/1.1";

const hexOf = (text: string) => new TextEncoder().encode(text).toHex().toUpperCase();

const edit = (rule: string | readonly string[], sent: readonly string[]): RuleCase => ({
  rules: typeof rule === "string" ? [rule] : rule,
  sent,
  section: "4.2",
});
const target = (rule: string, line: string, request?: readonly string[]): RuleCase => ({
  ...edit(rule, [line, ...(request === undefined ? FIELDS : request.slice(1))]),
  request,
});
const reply = (
  rule: string | readonly string[],
  lines: readonly string[],
  request?: readonly string[],
): RuleCase => ({
  rules: typeof rule === "string" ? [rule] : rule,
  reply: lines,
  request,
  section: "4.2",
});
const moved = (rule: string, location: string, request?: readonly string[]) =>
  reply(rule, [
    "HTTP/1.1 302",
    "content-length: 0",
    `location: ${location}`,
    "cache-control: no-cache",
  ], request);
const page = (rule: string, status: number): RuleCase => ({
  rules: [rule],
  page: status,
  section: "4.2",
});

const RESPONSE = [
  "HTTP/1.1 200 OK",
  "Content-Length: 0",
  "Server: real",
  "Set-Cookie: a=1",
  "X-A: 1",
];
const RESPONSE_FIELDS = ["content-length: 0", "server: real", "set-cookie: a=1", "x-a: 1"];
const answered = (rules: readonly string[], returned: readonly string[]): RuleCase => ({
  rules,
  response: RESPONSE,
  returned,
  section: "4.2",
});

export const RULE_CASES: readonly RuleCase[] = [
  ...PATTERN_CASES,
  ...ACTION_CASES,
  edit("http-request set-header a n", [START, FIELDS[0], "b: 2", FIELDS[4], "a: n"]),
  edit("http-request set-header New %[src]/%[path]", [START, ...FIELDS, "new: 127.0.0.1//a/b"]),
  edit("http-request set-header a %[req.hdr(a)]x", [START, FIELDS[0], "b: 2", FIELDS[4], "a: 3x"]),
  edit("http-request set-header new 'a  b'", [START, ...FIELDS, "new: a  b"]),
  edit("http-request set-header new %[req.hdr(none)]", [START, ...FIELDS, "new: "]),
  edit("http-request set-header new '%[str(\"a\\nb\")]'", [START, ...FIELDS, "new: a%0Ab"]),
  edit("http-request set-header new 100%%", [START, ...FIELDS, "new: 100%"]),
  edit("http-request set-header new %HM,%HU,%HV,%HP,%HPO,%HQ", [
    START,
    ...FIELDS,
    "new: GET,/a/b?x=1,HTTP/1.1,/a/b,/a/b,?x=1",
  ]),
  edit("http-request set-header new %{+Q}[path],%{+Q}r", [
    START,
    ...FIELDS,
    'new: /a/b,"GET /a/b?x=1 HTTP/1.1"',
  ]),
  edit("http-request set-header new '%{+E}[str(\"a]\\\\b\")]'", [
    START,
    ...FIELDS,
    "new: a\\]\\\\b",
  ]),
  edit("http-request set-header new %ci|%{+X}ci|%f|%ft|%b|%s|%H", [
    START,
    ...FIELDS,
    "new: 127.0.0.1|7F000001|fe|fe|fe|<NOSRV>|box",
  ]),
  edit("http-request set-header new %ID|%CC|%CS|%si|%bi|%hr|%rc|%bq|%sq|%ts|%tsc", [
    START,
    ...FIELDS,
    "new: ||||||0|0|0|--|----",
  ]),
  edit("http-request wait-for-handshake", [START, ...FIELDS]),
  {
    rules: ["http-response set-header all %[res.hdrs,hex] if { res.hdr_ip(x-ip) 192.0.2.0/24 }"],
    response: ["HTTP/1.1 200 OK", "X-Ip: 192.0.2.7", "Content-Length: 0"],
    returned: [
      "HTTP/1.1 200 OK",
      "x-ip: 192.0.2.7",
      "content-length: 0",
      `all: ${hexOf("x-ip: 192.0.2.7\r\ncontent-length: 0\r\n\r\n")}`,
    ],
    section: "7.3.6",
  },
  {
    rules: ["http-response set-header n %[res.hdrs_bin,hex]/%[res.hdr_ip(x-ip)]"],
    response: ["HTTP/1.1 200 OK", "X-Ip: 192.0.2.7", "Content-Length: 0"],
    returned: [
      "HTTP/1.1 200 OK",
      "x-ip: 192.0.2.7",
      "content-length: 0",
      `n: ${hexOf("\x04x-ip\x09192.0.2.7\x0econtent-length\x010\0\0")}/192.0.2.7`,
    ],
    section: "7.3.6",
  },
  edit("http-request add-header a n", [START, ...FIELDS, "a: n"]),
  edit("http-request del-header a", [START, FIELDS[0], "b: 2", FIELDS[4]]),
  edit("http-request del-header A", [START, FIELDS[0], "b: 2", FIELDS[4]]),
  edit("http-request del-header a -m beg", [START, FIELDS[0], "b: 2"]),
  edit("http-request del-header b -m end", [START, FIELDS[0], "a: 1", "a: 3"]),
  edit("http-request del-header b$ -m reg", [START, FIELDS[0], "a: 1", "a: 3"]),
  edit("http-request del-header o -m sub", [START, ...FIELDS.slice(1)]),
  edit("http-request del-header b -m str", [START, FIELDS[0], "a: 1", "a: 3", FIELDS[4]]),
  edit("http-request replace-header a (.) <\\\\1\\\\1>", [
    START,
    FIELDS[0],
    "a: <11>",
    "b: 2",
    "a: <33>",
    FIELDS[4],
  ]),
  edit("http-request replace-header ab y Q", [START, ...FIELDS.slice(0, 4), "ab: Q"]),
  edit("http-request replace-header ab y 'Q\\0%[path]'", [
    START,
    ...FIELDS.slice(0, 4),
    "ab: Qy/a/b",
  ]),
  edit("http-request replace-header ab (q) Q", [START, ...FIELDS]),
  edit("http-request replace-value ab ^(.)$ '<\\1>'", [
    START,
    ...FIELDS.slice(0, 4),
    "ab: <x>,<y>,<z>",
  ]),
  edit("http-request replace-value ab y Q", [START, ...FIELDS.slice(0, 4), "ab: x,Q, z"]),
  edit(
    [
      "http-request set-header one 1 if { path /a/b }",
      "http-request set-header two 2 if { path /no }",
      "http-request allow if METH_GET",
      "http-request set-header three 3",
    ],
    [START, ...FIELDS, "one: 1"],
  ),
  edit("http-request set-header one 1 unless METH_POST", [START, ...FIELDS, "one: 1"]),
  target("http-request set-path /n", "GET /n?x=1 HTTP/1.1"),
  target("http-request set-path %[path]/c", "GET /a/b/c?x=1 HTTP/1.1"),
  target("http-request set-pathq /n?z=2", "GET /n?z=2 HTTP/1.1"),
  target("http-request set-pathq /n", "GET /n HTTP/1.1"),
  target("http-request set-query a=b", "GET /a/b?a=b HTTP/1.1"),
  target("http-request set-query a=b", "GET /nq?a=b HTTP/1.1", ["GET /nq HTTP/1.1", "host: a"]),
  target("http-request set-uri /q/w", "GET /q/w HTTP/1.1"),
  target("http-request set-method POST", "POST /a/b?x=1 HTTP/1.1"),
  target("http-request replace-path (.*) '/pre\\1'", "GET /pre/a/b?x=1 HTTP/1.1"),
  target("http-request replace-path (.*)/b '\\1/z'", "GET /a/z?x=1 HTTP/1.1"),
  target("http-request replace-path nomatch /z", "GET /a/b?x=1 HTTP/1.1"),
  target("http-request replace-pathq (.*) '/p\\1'", "GET /p/a/b?x=1 HTTP/1.1"),
  target("http-request replace-uri ^/a/(.*) '/\\1'", "GET /b?x=1 HTTP/1.1"),
  {
    ...target("http-request set-path '%[str(/a%20b),url_dec]'", "GET /a%20b?x=1 HTTP/1.1"),
    differs: "HAProxy sends the space, and the server sees another target and a bad version",
  },
  {
    ...target("http-request set-query %[str()]", "GET /a/b HTTP/1.1"),
    differs: "HAProxy leaves the question mark when there was a query; both mean an empty query",
  },
  moved("http-request redirect location /new", "/new"),
  moved("redirect location /new", "/new"),
  moved("http-request redirect location 'http://x%[path]?%[query]'", "http://x/a/b?x=1"),
  moved("http-request redirect location '/a  b'", "/a  b"),
  moved("http-request redirect prefix https://n", "https://n/a/b?x=1"),
  moved("http-request redirect prefix https://n drop-query", "https://n/a/b"),
  moved("http-request redirect prefix https://n drop-query append-slash", "https://n/a/b/"),
  moved("http-request redirect prefix https://n append-slash", "https://n/a/b?x=1/"),
  moved("http-request redirect prefix / drop-query append-slash", "/a/b/"),
  moved("http-request redirect prefix /", "/a/b?x=1"),
  moved("http-request redirect prefix /m", "/m/a/b?x=1"),
  moved("http-request redirect prefix https://z", "https://z/r?e", [
    "GET http://q.q/r?e HTTP/1.1",
    "Host: q.q",
  ]),
  moved("http-request redirect prefix https://z", "https://z/", [
    "OPTIONS * HTTP/1.1",
    "Host: q.q",
  ]),
  moved("http-request redirect scheme https", "https://h.example:81/a/b?x=1"),
  moved("http-request redirect scheme https drop-query append-slash", "https://h.example:81/a/b/"),
  moved("http-request redirect scheme https", "https://q.q/", [
    "GET http://q.q HTTP/1.1",
    "Host: q.q",
  ]),
  moved("http-request redirect location %[req.hdr(none)]", ""),
  reply("http-request redirect location /x code 301", [
    "HTTP/1.1 301",
    "content-length: 0",
    "location: /x",
  ]),
  reply("http-request redirect location /x code 308", [
    "HTTP/1.1 308",
    "content-length: 0",
    "location: /x",
  ]),
  reply("http-request redirect location /x code 303", [
    "HTTP/1.1 303",
    "content-length: 0",
    "location: /x",
    "cache-control: no-cache",
  ]),
  reply("http-request redirect location /x code 307", [
    "HTTP/1.1 307",
    "content-length: 0",
    "location: /x",
    "cache-control: no-cache",
  ]),
  reply("http-request redirect location / set-cookie SEEN=1", [
    "HTTP/1.1 302",
    "content-length: 0",
    "location: /",
    "cache-control: no-cache",
    "set-cookie: SEEN=1; path=/;",
  ]),
  reply("http-request redirect location / clear-cookie USERID=", [
    "HTTP/1.1 302",
    "content-length: 0",
    "location: /",
    "cache-control: no-cache",
    "set-cookie: USERID=; path=/; Max-Age=0;",
  ]),
  edit("http-request redirect location %[req.hdr(none)] ignore-empty", [START, ...FIELDS]),
  reply("http-request return", ["HTTP/1.1 200", "content-length: 0"]),
  reply("http-request return status 404", ["HTTP/1.1 404", "content-length: 0"]),
  reply("http-request return status 204", ["HTTP/1.1 204"]),
  reply("http-request return status 301 hdr location /z", [
    "HTTP/1.1 301",
    "location: /z",
    "content-length: 0",
  ]),
  reply("http-request return status 200 hdr a b hdr c %[path]", [
    "HTTP/1.1 200",
    "a: b",
    "c: /a/b",
    "content-length: 0",
  ]),
  reply("http-request return status 418 content-type a/b string x", [
    "HTTP/1.1 418",
    "content-length: 1",
    "content-type: a/b",
    "",
    "x",
  ]),
  reply("http-request return content-type text/plain string %[src]", [
    "HTTP/1.1 200",
    "content-length: 6",
    "content-type: text/plain",
    "",
    "%[src]",
  ]),
  reply('http-request return content-type text/plain lf-string "a %[path]\\\\n b  c "', [
    "HTTP/1.1 200",
    "content-length: 14",
    "content-type: text/plain",
    "",
    "a /a/b\\n b  c ",
  ]),
  page("http-request deny", 403),
  page("http-request deny deny_status 429", 429),
  page("http-request deny status 404 if METH_GET", 404),
  page("http-request tarpit", 500),
  page("http-response deny", 502),
  reply("http-request deny status 200 content-type text/plain string hello hdr x-a %[src]", [
    "HTTP/1.1 200",
    "x-a: 127.0.0.1",
    "content-length: 5",
    "content-type: text/plain",
    "",
    "hello",
  ]),
  answered(["http-response set-header server s"], [
    "HTTP/1.1 200 OK",
    "content-length: 0",
    "set-cookie: a=1",
    "x-a: 1",
    "server: s",
  ]),
  answered(["http-response add-header x-a 2"], [
    "HTTP/1.1 200 OK",
    ...RESPONSE_FIELDS,
    "x-a: 2",
  ]),
  answered(["http-response del-header server", "http-response del-header X- -m beg"], [
    "HTTP/1.1 200 OK",
    "content-length: 0",
    "set-cookie: a=1",
  ]),
  answered(["http-response set-status 404"], ["HTTP/1.1 404 Not Found", ...RESPONSE_FIELDS]),
  answered(["http-response set-status 404 reason 'Not here'"], [
    "HTTP/1.1 404 Not here",
    ...RESPONSE_FIELDS,
  ]),
  answered(["http-after-response set-status 503"], [
    "HTTP/1.1 503 Service Unavailable",
    ...RESPONSE_FIELDS,
  ]),
  answered(["http-response set-header new %[status]-%[hdr(server)]-%[res.hdr(x-a)]-%[res.ver]"], [
    "HTTP/1.1 200 OK",
    ...RESPONSE_FIELDS,
    "new: 200-real-1-1.1",
  ]),
  answered(["http-response set-header new %[res.cook(a)]-%[res.cook_cnt]-%[scook_val(a)]"], [
    "HTTP/1.1 200 OK",
    ...RESPONSE_FIELDS,
    "new: 1-1-1",
  ]),
  answered(["http-response set-header new 1 if { status 200:299 } { res.hdr(server) real }"], [
    "HTTP/1.1 200 OK",
    ...RESPONSE_FIELDS,
    "new: 1",
  ]),
  answered(["http-response set-header new 1 if { shdr_beg(server) re } { scook(a) 1 }"], [
    "HTTP/1.1 200 OK",
    ...RESPONSE_FIELDS,
    "new: 1",
  ]),
  answered(["http-response set-header new 1 if METH_GET"], [
    "HTTP/1.1 200 OK",
    ...RESPONSE_FIELDS,
    "new: 1",
  ]),
  answered(["http-response set-header new %[src]-%[method]-%[be_name]-%[srv_name]-%[fe_name]"], [
    "HTTP/1.1 200 OK",
    ...RESPONSE_FIELDS,
    "new: 127.0.0.1-GET-be-s1-fe",
  ]),
  answered(["http-response replace-header set-cookie (.*) '\\1; Secure'"], [
    "HTTP/1.1 200 OK",
    "content-length: 0",
    "server: real",
    "set-cookie: a=1; Secure",
    "x-a: 1",
  ]),
  answered(["http-response set-header new %{+Q}[res.hdr(server)]|%ST|%rc|%b|%s"], [
    "HTTP/1.1 200 OK",
    ...RESPONSE_FIELDS,
    "new: real|200|0|be|s1",
  ]),
  {
    rules: ["http-response redirect location %[res.hdr(server)]"],
    response: RESPONSE,
    reply: ["HTTP/1.1 302", "content-length: 0", "location: real", "cache-control: no-cache"],
    section: "4.2",
  },
];
