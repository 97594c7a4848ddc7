import assert from "node:assert/strict";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { ENV_VARIABLES } from "../../lib/config/env_variables.ts";
import { environmentSource, readEnv } from "../../lib/config/read_env.ts";
import { writeCfg } from "../../lib/config/write_cfg.ts";

function read(env: Record<string, string | undefined>, others?: string[]) {
  const diagnostics = new Diagnostics();
  const document = readEnv(env, diagnostics, others);
  const said = diagnostics.list.map(({ message }) => message);
  return {
    document,
    said,
    lines: document && writeCfg(document).split("\n").map((one) => one.trim()),
  };
}

Deno.test("bind and servers alone make a balancer with checks and timeouts", () => {
  const { document, said } = read({
    SLUICE_BIND: ":8080",
    SLUICE_SERVERS: "web1=10.0.0.10:80,web2=10.0.0.20:80",
  });
  assert.deepEqual(said, []);
  assert.equal(
    writeCfg(document!),
    `defaults
    mode http
    timeout client 1m
    timeout server 1m
    timeout connect 5s

listen sluice
    bind :8080
    server web1 10.0.0.10:80 check
    server web2 10.0.0.20:80 check
    balance roundrobin
`,
  );
});

Deno.test("every variable becomes the statements that its row promises", () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ["SLUICE_BIND", ':80, :81 ssl crt x alpn "h2,http/1.1"', [
      "bind :80",
      'bind :81 ssl crt x alpn "h2,http/1.1"',
    ]],
    ["SLUICE_SERVERS", "a:1, b=c:2 backup weight 3,d:4 no-check", [
      "server s1 a:1 check",
      "server b c:2 backup weight 3 check",
      "server s3 d:4 no-check",
    ]],
    ["SLUICE_SERVERS", "[::1]:80,x=[::2]:80", [
      "server s1 [::1]:80 check",
      "server x [::2]:80 check",
    ]],
    ["SLUICE_MODE", "tcp", ["mode tcp"]],
    ["SLUICE_BALANCE", "url_param id", ["balance url_param id"]],
    ["SLUICE_CHECK", "no", ["server s1 x:1"]],
    ["SLUICE_HTTPCHK", "HEAD /up", ["option httpchk HEAD /up"]],
    ["SLUICE_COOKIE", "SRV", ["cookie SRV insert indirect nocache"]],
    ["SLUICE_COOKIE", "SRV rewrite", ["cookie SRV rewrite"]],
    ["SLUICE_TLS_CERT", "/a b.pem".replace(" ", "\\ "), ['bind :8080 ssl crt "/a b.pem"']],
    ["SLUICE_STATS", ":9000", ["bind :9000", "stats enable", "stats uri /", "listen stats"]],
    ["SLUICE_MAXCONN", "100", ["global", "maxconn 100"]],
    ["SLUICE_THREADS", "2", ["nbthread 2"]],
    ["SLUICE_TIMEOUT_CLIENT", "3s", ["timeout client 3s", "timeout server 1m"]],
    ["SLUICE_TIMEOUT_SERVER", "3s", ["timeout server 3s"]],
    ["SLUICE_TIMEOUT_CONNECT", "3s", ["timeout connect 3s"]],
    ["SLUICE_RETRIES", "5", ["retries 5"]],
    ["SLUICE_LOG", "stdout format raw local0,127.0.0.1 local1", [
      "log stdout format raw local0",
      "log 127.0.0.1 local1",
      "log global",
      "option httplog",
    ]],
    ["SLUICE_OPTIONS", "forwardfor except 127.0.0.0/8,redispatch", [
      "option forwardfor except 127.0.0.0/8",
      "option redispatch",
    ]],
    ["SLUICE_LINES", "retries 2;http-request deny if { path /a }\n", [
      "retries 2",
      "http-request deny if { path /a }",
    ]],
  ];
  for (const [name, value, expected] of cases) {
    const { lines, said } = read({ SLUICE_SERVERS: "x:1", [name]: value });
    assert.deepEqual(said, [], name);
    for (const line of expected) {
      assert.ok(lines!.includes(line), `${name}: ${line} in\n${lines!.join("\n")}`);
    }
  }
  const tested = new Set(cases.map(([name]) => name));
  assert.deepEqual(ENV_VARIABLES.map(({ name }) => name).filter((name) => !tested.has(name)), []);
});

Deno.test("logs of mode tcp are tcplog", () => {
  const { lines } = read({
    SLUICE_SERVERS: "x:1",
    SLUICE_MODE: "tcp",
    SLUICE_LOG: "stderr local0",
  });
  assert.ok(lines!.includes("option tcplog") && !lines!.includes("option httplog"));
});

Deno.test("the certificate leaves alone addresses that say ssl themselves", () => {
  const { lines } = read({
    SLUICE_SERVERS: "x:1",
    SLUICE_BIND: ":1,:2 ssl crt b",
    SLUICE_TLS_CERT: "a",
  });
  assert.deepEqual(lines!.filter((line) => line.startsWith("bind")), [
    "bind :1 ssl crt a",
    "bind :2 ssl crt b",
  ]);
});

Deno.test("nothing of ours in the environment is no configuration", () => {
  assert.equal(read({ HOME: "/", PATH: "x", SLUICE_SERVERS: undefined }).document, undefined);
  assert.equal(read({ SLUICE_TRANSPORT: "deno" }, ["SLUICE_TRANSPORT"]).document, undefined);
});

Deno.test("servers must be given, and unknown names are refused with the nearest one", () => {
  assert.deepEqual(read({ SLUICE_BIND: ":80" }).said, [
    "SLUICE_SERVERS is not set: there is nothing to balance",
  ]);
  const diagnostics = new Diagnostics();
  readEnv({ SLUICE_SERVERS: "x:1", SLUICE_BALANCER: "first" }, diagnostics);
  assert.equal(diagnostics.list[0].nearest, "SLUICE_BALANCE");
});

Deno.test("nothing in a value is expanded, quotes and escapes count", () => {
  const { document } = read({ SLUICE_SERVERS: "x:1", SLUICE_HTTPCHK: 'GET "/a $HOME \\"x\\""' });
  const texts = document!.sections[1].statements.map(({ words }) => words.map(({ text }) => text));
  assert.ok(texts.some((words) => words.at(-1) === '/a $HOME "x"'));
});

Deno.test("places point into the text that diagnostics show", () => {
  const env = { SLUICE_SERVERS: "a=x:1, b=y:2", SLUICE_BIND: ":80" };
  const source = environmentSource(env).split("\n");
  const statements = readEnv(env, new Diagnostics())!.sections.flatMap((section) =>
    section.statements
  );
  const server = statements.filter(({ words }) => words[0].text === "server")[1];
  const { line, column, length } = server.words[2].span;
  assert.equal(source[line - 1].slice(column - 1, column - 1 + length), "y:2");
});
