import assert from "node:assert/strict";
import fc from "fast-check";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { Environment } from "../../lib/config/environment.ts";
import { readYaml } from "../../lib/config/read_yaml.ts";
import { outline, spansOutside } from "./document_text.ts";

function read(text: string, env: Record<string, string> = {}) {
  const diagnostics = new Diagnostics();
  const document = readYaml(text, "x.yaml", env, diagnostics);
  return { document, diagnostics, said: diagnostics.list.map(({ message }) => message) };
}

/** The statements of `backend b` with this body. */
function body(text: string, env: Record<string, string> = {}): string[] {
  const indented = text.split("\n").map((line) => `    ${line}`).join("\n");
  const { document, said } = read(`backends:\n  b:\n${indented}\n`, env);
  assert.deepEqual(said, [], text);
  return outline(document)[0].slice(1).map((line) => line.replaceAll("|", " "));
}

Deno.test("each shape gives the statements that the manual writes", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["mode: http", ["mode http"]],
    ["maxconn: 2000", ["maxconn 2000"]],
    ["rate: 010", ["rate 010"]],
    ["mode: {}", ["mode"]],
    ["disabled: true", ["disabled"]],
    ["disabled: false", []],
    ["timeout: { connect: 5s, http-request: 1000 }", [
      "timeout connect 5s",
      "timeout http-request 1000",
    ]],
    ['option: { httpchk: "GET /health", httplog: true, checkcache: false }', [
      "option httpchk GET /health",
      "option httplog",
      "no option checkcache",
    ]],
    ["option: [httplog, forwardfor except 127.0.0.0/8]", [
      "option httplog",
      "option forwardfor except 127.0.0.0/8",
    ]],
    ["option: httplog", ["option httplog"]],
    ["no option httplog: true", ["no option httplog"]],
    ["stats: { enable: true, uri: /s, auth: [a:b, c:d], admin: { if: LOCAL } }", [
      "stats enable",
      "stats uri /s",
      "stats auth a:b",
      "stats auth c:d",
      "stats admin if LOCAL",
    ]],
    ["stats: { socket: { address: /run/s, mode: 600, level: admin } }", [
      "stats socket /run/s mode 600 level admin",
    ]],
    ['acl: { static: ["path_end -i .jpg", "path_beg -i /static/"], x: src 10.0.0.0/8 }', [
      "acl static path_end -i .jpg",
      "acl static path_beg -i /static/",
      "acl x src 10.0.0.0/8",
    ]],
    ['bind: ["*:80", {ssl: true, crt: x.pem, alpn: [h2, http/1.1], address: "*:443"}]', [
      "bind *:80",
      "bind *:443 ssl crt x.pem alpn h2,http/1.1",
    ]],
    ['bind: { address: ["*:80", "*:81"], crt: [a.pem, b.pem] }', [
      "bind *:80,*:81 crt a.pem crt b.pem",
    ]],
    ["bind: :80", ["bind :80"]],
    [
      'servers: { web1: { check: true, address: "10.0.0.10:80", inter: 3s, backup: false }, ' +
      'web2: "10.0.0.20:80 check" }',
      ["server web1 10.0.0.10:80 check inter 3s", "server web2 10.0.0.20:80 check"],
    ],
    ["servers: [web1 10.0.0.10:80 check]", ["server web1 10.0.0.10:80 check"]],
    ["server: { name: s, address: a, weight: 3 }", ["server s a weight 3"]],
    ["default-server: { inter: 5s, check: true }", ["default-server inter 5s check"]],
    ["use_backend: [{ if: static, backend: images }, 'api if { path_beg /api }']", [
      "use_backend images if static",
      "use_backend api if { path_beg /api }",
    ]],
    ["http-request: ['redirect scheme https unless { ssl_fc }']", [
      "http-request redirect scheme https unless { ssl_fc }",
    ]],
    ["http-request:\n  - { unless: '{ ssl_fc }', redirect: scheme https }", [
      "http-request redirect scheme https unless { ssl_fc }",
    ]],
    ["http-request: |\n  # first\n  deny if x\n\n  allow", [
      "http-request deny if x",
      "http-request allow",
    ]],
    ["cookie: { insert: true, name: SRV, domain: [.a.b, .c.d] }", [
      "cookie SRV insert domain .a.b domain .c.d",
    ]],
    ["stick-table: { type: ip, size: 1m, store: [gpc0, conn_rate(30s)] }", [
      "stick-table type ip size 1m store gpc0,conn_rate(30s)",
    ]],
    ["compression: { algo: gzip, type: [text/html, text/css] }", [
      "compression algo gzip",
      "compression type text/html text/css",
    ]],
    ["errorfile: { 503: /e/503.http, 504: '\"/a b\"' }", [
      "errorfile 503 /e/503.http",
      "errorfile 504 /a b",
    ]],
    ["log: [global, { facility: local0, level: info, address: 127.0.0.1, len: 4096 }]", [
      "log global",
      "log 127.0.0.1 len 4096 local0 info",
    ]],
    [
      "- default-server inter 3s\n- { balance: source, servers: { a: x } }\n- default-server check",
      [
        "default-server inter 3s",
        "balance source",
        "server a x",
        "default-server check",
      ],
    ],
    ["|\n  balance source # not a comment in YAML words\n  mode tcp", [
      "balance source # not a comment in YAML words",
      "mode tcp",
    ]],
  ];
  for (const [text, expected] of cases) {
    const got = text.startsWith("|") ? bodyBlock(text) : body(text);
    assert.deepEqual(got, expected, text);
  }
});

function bodyBlock(text: string): string[] {
  const { document } = read(`backends:\n  b: ${text.replaceAll("\n", "\n    ")}\n`);
  return outline(document)[0].slice(1).map((line) => line.replaceAll("|", " "));
}

Deno.test("sections: by name, in a list, by header line, with and without defaults to inherit", () => {
  const { document, said } = read(`
global: { daemon: true }
defaults: { mode: http }
defaults base from other: { timeout: { client: 1s } }
frontend: { one: { bind: ":80" } }
frontends:
  two: { from: base, bind: ":81" }
  three:
backend b from base:
  mode: tcp
listens:
  - { name: l, from: base, bind: ":82" }
caches: { c: { max-age: 5 } }
crt-store: { crt-base: /etc }
userlists:
  u: { users: { tiger: { password: x, groups: [a, b] } }, groups: { g: { users: [scott] } } }
resolvers: { r: { nameservers: { ns1: "10.0.0.1:53" }, hold: { valid: 10s } } }
peers: { p: { peers: { a: "127.0.0.1:1024" } } }
mailers: { m: { mailers: { a: "127.0.0.1:25" } } }
`);
  assert.deepEqual(said, []);
  assert.deepEqual(outline(document), [
    ["global", "daemon"],
    ["defaults", "mode|http"],
    ["defaults|base|from|other", "timeout|client|1s"],
    ["frontend|one", "bind|:80"],
    ["frontend|two|from|base", "bind|:81"],
    ["frontend|three"],
    ["backend|b|from|base", "mode|tcp"],
    ["listen|l|from|base", "bind|:82"],
    ["cache|c", "max-age|5"],
    ["crt-store", "crt-base|/etc"],
    ["userlist|u", "user|tiger|password|x|groups|a,b", "group|g|users|scott"],
    ["resolvers|r", "nameserver|ns1|10.0.0.1:53", "hold|valid|10s"],
    ["peers|p", "peer|a|127.0.0.1:1024"],
    ["mailers|m", "mailer|a|127.0.0.1:25"],
  ]);
});

Deno.test("defaults may be one, a map of named ones, or a list", () => {
  const heads = (text: string) => outline(read(text).document).map(([head]) => head);
  assert.deepEqual(heads("defaults: { timeout: { client: 1s }, option: { httplog: true } }"), [
    "defaults",
  ]);
  assert.deepEqual(heads("defaults: { a: { mode: http }, b: { from: a, mode: tcp } }"), [
    "defaults|a",
    "defaults|b|from|a",
  ]);
  assert.deepEqual(heads("defaults: [{ mode: http }, { name: a, mode: tcp }]"), [
    "defaults",
    "defaults|a",
  ]);
});

Deno.test("a list of maps keeps an order that one map cannot have", () => {
  const { document } = read(
    "- defaults: { mode: http }\n- defaults: { mode: tcp }\n- backend b: {}\n",
  );
  assert.deepEqual(outline(document), [["defaults", "mode|http"], ["defaults", "mode|tcp"], [
    "backend|b",
  ]]);
});

Deno.test("words know their places, inside quotes, lists, blocks and flow maps", () => {
  const text = `frontends:
  web:
    bind: ["*:80", { address: '*:443', ssl: true }]
    http-request: |
      deny if x
    log-format: "a\\tb"
`;
  const { document } = read(text);
  const places = document.sections[0].statements.map(({ words }) =>
    words.map(({ text, span }) => `${text}@${span.line}:${span.column}+${span.length}`).join(" ")
  );
  assert.deepEqual(places, [
    "bind@3:5+4 *:80@3:13+4",
    "bind@3:5+4 *:443@3:32+5 ssl@3:40+3",
    "http-request@4:5+12 deny@5:7+4 if@5:12+2 x@5:15+1",
    "log-format@6:5+10 a@6:17+6 b@6:17+6",
  ]);
  assert.deepEqual(spansOutside(document, text), []);
});

Deno.test("variables are expanded with and without quotes, setenv counts for what follows", () => {
  const text = `global:
  setenv: { PORT: 8080 }
frontends:
  web:
    bind: ":\${PORT}"
    description: '"\${WHO:-nobody} $PORT" $PORT'
`;
  assert.deepEqual(outline(read(text).document)[1], [
    "frontend|web",
    "bind|:8080",
    "description|nobody 8080|$PORT",
  ]);
  const env = new Environment();
  readYaml(text, "x.yaml", env, new Diagnostics());
  assert.equal(env.get("PORT"), "8080");
});

Deno.test("aliases and merge keys are followed, own keys win, order is kept", () => {
  const text = `backends:
  a: &a
    mode: http
    balance: source
  b:
    <<: *a
    balance: leastconn
  c: *a
`;
  const { document, said } = read(text);
  assert.deepEqual(said, []);
  assert.deepEqual(outline(document), [
    ["backend|a", "mode|http", "balance|source"],
    ["backend|b", "mode|http", "balance|leastconn"],
    ["backend|c", "mode|http", "balance|source"],
  ]);
});

Deno.test("aliases of aliases end at a limit, cycles end at once", () => {
  const lines = ["global:", "  log: &l [" + Array(500).fill("a").join(",") + "]"];
  for (let i = 0; i < 1500; i++) lines.push(`  k${i}: *l`);
  const { said, document } = read(lines.join("\n"));
  assert.deepEqual(said, ["more than 1000 aliases"]);
  assert.ok(document.sections[0].statements.length <= 501 * 1001);
  read("global: &a\n  x: *a\n  <<: *a\n");
  read("global: &a [*a, *a]\n");
});

Deno.test("absurd nesting is a message", () => {
  const { said } = read("[".repeat(50_000));
  assert.equal(said.length, 1);
});

Deno.test("comments stay with their statements", () => {
  const { document } = read(`# top
global: # head
  # one
  maxconn: 5 # after
  # two
  log: # three
    - a # four
    # five
    - b
# end
`);
  const [section] = document.sections;
  assert.deepEqual(section.commentsBefore, [" top"]);
  const comments = section.statements.map((one) => [one.commentsBefore, one.commentAfter]);
  assert.deepEqual(comments, [
    [[" head", " one"], " after"],
    [[" two", " three"], " four"],
    [[" five"], undefined],
  ]);
  assert.deepEqual(document.commentsAfter, [" end"]);
});

Deno.test("an empty file is an empty document", () => {
  for (const text of ["", "\n", "# only a comment\n", "---\n", "{}\n"]) {
    const { document, said } = read(text);
    assert.deepEqual(document.sections, [], text);
    assert.deepEqual(said, []);
  }
});

Deno.test("any text: no throw, every span within the file", () => {
  const piece = fc.constantFrom(
    ..."\n:-[]{},\"'#&*|>!%@ \t\\$",
    "\n  ",
    "\n    ",
    ": ",
    "- ",
    "global",
    "frontends",
    "web",
    "bind",
    "servers",
    "timeout",
    "&a ",
    "*a",
    "<<",
    "${A",
    "true",
    "\u{1f600}",
    "\r\n",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }).map((parts) => parts.join("")), (text) => {
      const { document, diagnostics } = read(text, { A: "1 2" });
      assert.deepEqual(spansOutside(document, text), []);
      for (const { span } of diagnostics.list) assert.ok(span !== undefined && span.column >= 1);
    }),
    { seed: 24, numRuns: 2500 },
  );
});
