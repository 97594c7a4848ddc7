/** Fetches whose value depends on the moment, the machine or the chosen server. */
import assert from "node:assert/strict";
import { compileExpression } from "../../lib/expr/compile.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import type { Place } from "../../lib/expr/rows.ts";
import type { Value } from "../../lib/expr/sample.ts";
import { ACCEPT_DATE, context, response, stream, type StreamParts, told } from "./support.ts";

const wordOf = (text: string) => ({
  text,
  span: { file: "", line: 1, column: 1, length: text.length },
});

function value(
  expression: string,
  parts: StreamParts = {},
  more: Partial<CompileContext> & { place?: Place } = {},
): Value | undefined {
  const ctx = context({ place: "log", ...more });
  const compiled = compileExpression(wordOf(expression), ctx);
  assert.deepEqual(told(ctx), []);
  return compiled!.eval(stream(parts));
}

const backend = { name: "app", id: 7, mode: "http" as const, currentConnections: 5 };
const server = {
  name: "web1",
  id: 4,
  currentConnections: 9,
  usable: false,
  address: { family: 4 as const, host: "10.0.0.1", port: 80 },
};

Deno.test("accept_date and request_date give their instants in any unit", () => {
  const at = { requestDate: ACCEPT_DATE + 1250 };
  assert.equal(value("accept_date"), Math.floor(ACCEPT_DATE / 1000));
  assert.equal(value("accept_date(ms)"), ACCEPT_DATE);
  assert.equal(value("request_date(s)", at), Math.floor((ACCEPT_DATE + 1250) / 1000));
  assert.equal(value("request_date(us)", at), (ACCEPT_DATE + 1250) * 1000);
});

Deno.test("date gives seconds, milliseconds or microseconds, plus an offset in that unit", () => {
  const now = ACCEPT_DATE + 1000;
  assert.equal(value("date"), Math.floor(now / 1000));
  assert.equal(value("date(3600)"), Math.floor(now / 1000) + 3600);
  assert.equal(value("date(-5,ms)"), now - 5);
  assert.equal(value("date(0,us)"), now * 1000);
  assert.equal(value("date_us"), 655000);
});

Deno.test("rand gives integers below its range from the process's own randomness", () => {
  assert.equal(value("rand(10)"), 5);
  assert.equal(value("rand"), 2 ** 31);
  const process = { ...stream().process, random: () => 1 - Number.EPSILON };
  assert.equal(value("rand(10)", { process }), 9);
});

Deno.test("uuid has version 4 and the variant of RFC 9562", () => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (const x of [0, 0.25, 0.5, 1 - Number.EPSILON]) {
    const process = { ...stream().process, random: () => x };
    assert.match(String(value("uuid(4)", { process })), form);
  }
});

Deno.test("hostname and stopping are the process's", () => {
  assert.equal(value("hostname"), "box");
  const process = { ...stream().process, stopping: true };
  assert.equal(value("stopping", { process }), true);
});

Deno.test("names and numbers of frontend, backend and server", () => {
  const parts = { backend, server };
  assert.equal(value("fe_id"), 2);
  assert.equal(value("fe_name"), "fe");
  assert.equal(value("be_id", parts), 7);
  assert.equal(value("be_name", parts), "app");
  assert.equal(value("be_name"), "fe");
  assert.equal(value("srv_id", parts), 4);
  assert.equal(value("srv_name", parts), "web1");
  assert.equal(value("srv_name"), undefined);
  assert.equal(value("so_id"), 1);
  assert.equal(value("so_name"), "front door");
});

Deno.test("connections of this and of named proxies and servers", () => {
  const findProxy = (name: string, side: string) =>
    name === "app" && side === "backend" ? backend : undefined;
  const findServer = (proxy: string, name: string) =>
    proxy === "app" && name === "web1" ? server : undefined;
  const more = { findProxy, findServer };
  assert.equal(value("fe_conn"), 3);
  assert.equal(value("be_conn", { backend }), 5);
  assert.equal(value("be_conn(app)", {}, more), 5);
  assert.equal(value("be_conn(other)", {}, more), undefined);
  assert.equal(value("srv_conn(app/web1)", {}, more), 9);
  assert.equal(value("srv_conn(web1)", { backend }, more), 9);
  assert.equal(value("srv_conn(web1)", {}, more), undefined);
  assert.equal(value("srv_is_up(app/web1)", {}, more), false);
});

Deno.test("a proxy's name is checked at load when the names are known", () => {
  const ctx = context({ hasProxy: (name) => name === "app", proxyNames: ["app"] });
  assert.equal(compileExpression(wordOf("be_conn(apq)"), ctx), undefined);
  assert.deepEqual(told(ctx), [
    "alert 9+3: 'apq' is no backend [nearest: app]",
  ]);
});

Deno.test("addresses and ports of the client's connection; a Unix socket has none", () => {
  assert.equal(value("src"), 0xc0000207);
  assert.equal(value("src_port"), 40000);
  assert.equal(value("fc_src"), 0xc0000207);
  assert.equal(value("dst"), 0xc6336401);
  assert.equal(value("dst_port"), 80);
  assert.equal(value("src_is_local"), false);
  const unix = { family: "unix" as const, host: "/run/x", port: 0 };
  const session = { ...stream().session, remote: unix, local: unix };
  for (const name of ["src", "src_port", "dst", "dst_port"]) {
    assert.equal(value(name, { session }), undefined);
  }
  assert.equal(value("src_is_local", { session }), true);
});

Deno.test("TLS of the client's connection", () => {
  const tls = {
    version: "TLSv1.3",
    cipher: "TLS_AES_128_GCM_SHA256",
    alpn: "h2",
    sni: "a.example",
    resumed: false,
  };
  const session = { ...stream().session, tls };
  assert.equal(value("ssl_fc", { session }), true);
  assert.equal(value("ssl_fc_sni", { session }), "a.example");
  assert.equal(value("ssl_fc_alpn", { session }), "h2");
  assert.equal(value("ssl_fc_cipher", { session }), "TLS_AES_128_GCM_SHA256");
  assert.equal(value("ssl_fc_protocol", { session }), "TLSv1.3");
});

Deno.test("the response's status, version, headers and captures", () => {
  const parts: StreamParts = {
    response: response(["HTTP/1.0 404 Not Found", "A: 1, 2", "A: 3", "Date: Tue, 1"]),
    capturedResponseHeaders: ["seen"],
  };
  const at = { place: "http-response" as const };
  assert.equal(value("status", parts), 404);
  assert.equal(value("status", { status: 503 }), 503);
  assert.equal(value("status"), undefined);
  assert.equal(value("res.ver", parts), "1.0");
  assert.equal(value("res.hdr(a,2)", parts, at), "2");
  assert.equal(value("shdr(a)", parts, at), "3");
  assert.equal(value("hdr(a)", parts, at), "3");
  assert.equal(value("res.fhdr(date)", parts, at), "Tue, 1");
  assert.equal(value("res.hdr_cnt(a)", parts, at), 3);
  assert.equal(value("res.fhdr_cnt(a)", parts, at), 2);
  assert.equal(value("res.hdr_val(a,1)", parts, at), 1);
  assert.equal(value("res.hdr_names", parts, at), "a,a,date");
  assert.equal(value("capture.res.hdr(0)", parts), "seen");
  assert.equal(value("capture.res.hdr(1)", parts), undefined);
  assert.equal(value("capture.req.hdr(0)", { capturedRequestHeaders: ["asked"] }), "asked");
});

Deno.test("of Set-Cookie only the first pair is a cookie", () => {
  const parts = {
    response: response(["HTTP/1.1 200 OK", "Set-Cookie: a=1; path=/; b=2", "Set-Cookie: c=3"]),
  };
  const at = { place: "http-response" as const };
  assert.equal(value("res.cook(a)", parts, at), "1");
  assert.equal(value("res.cook(path)", parts, at), undefined);
  assert.equal(value("res.cook(b)", parts, at), undefined);
  assert.equal(value("res.cook(c)", parts, at), "3");
  assert.equal(value("res.cook_cnt", parts, at), 2);
});

Deno.test("numbers of the process, its proxies and their servers", () => {
  const one = {
    ...server,
    name: "a",
    usable: true,
    running: true,
    currentConnections: 3,
    maxconn: 10,
    maxqueue: 5,
    queued: 1,
    weight: 20,
    effectiveWeight: 88,
    initialWeight: 30,
    sessionRate: (wall: number) => wall === ACCEPT_DATE + 1000 ? 6 : 0,
  };
  const app = {
    ...backend,
    servers: [one, { ...one, name: "b", backup: true }, {
      ...one,
      name: "c",
      running: false,
      usable: false,
    }],
    usableServers: 1,
    queued: 3,
    sessionRate: () => 7,
    timeouts: { server: 5000, tunnel: 9000 },
  };
  const fe = {
    ...stream().frontend,
    sessionRate: () => 8,
    requestRate: () => 9,
    defaultBackendName: "app",
    timeouts: { client: 4000 },
  };
  const findProxy = (name: string) => name === "app" ? app : undefined;
  const findServer = (_: string, name: string) => app.servers.find((s) => s.name === name);
  const get = (expression: string, parts: StreamParts = {}) =>
    value(expression, { frontend: fe, ...parts }, { findProxy, findServer });
  assert.equal(get("avg_queue(app)"), 3);
  assert.equal(get("be_conn_free(app)"), 7);
  assert.equal(get("be_sess_rate(app)"), 7);
  // The backup counts for the places: it is up. The one that is down does not.
  assert.equal(get("connslots(app)"), 2 * (10 - 3 + 5 - 1));
  assert.equal(get("fe_sess_rate"), 8);
  assert.equal(get("fe_req_rate"), 9);
  assert.equal(get("nbsrv(app)"), 1);
  assert.equal(get("queue(app)"), 3);
  assert.equal(get("srv_conn_free(app/a)"), 7);
  assert.equal(get("srv_queue(app/a)"), 1);
  assert.equal(get("srv_sess_rate(app/a)"), 6);
  assert.equal(get("srv_uweight(app/a)"), 20);
  assert.equal(get("srv_weight(app/a)"), 6);
  assert.equal(get("srv_weight(app/c)"), 0);
  assert.equal(get("srv_iweight(app/a)"), 30);
  assert.equal(get("srv_is_up(app/c)"), false);
  assert.equal(get("fe_client_timeout"), 4000);
  assert.equal(get("fe_defbe"), "app");
  assert.equal(get("be_server_timeout", { backend: app }), 5000);
  assert.equal(get("be_tunnel_timeout", { backend: app }), 9000);
  assert.equal(get("cur_server_timeout", { backend: app }), 5000);
  assert.equal(get("cur_server_timeout", { backend: app, serverTimeout: 1 }), 1);
  assert.equal(get("cur_tunnel_timeout", { backend: app, tunnelTimeout: 2 }), 2);
});

Deno.test("what rules made of the addresses comes before the connection's own", () => {
  const ip = (host: string, port = 1) => ({ family: 4 as const, host, port });
  const { session } = stream();
  const moved = { ...session, source: ip("10.0.0.1", 11), destination: ip("10.0.0.2", 12) };
  assert.equal(value("src", { session: moved }), 0x0a000001);
  assert.equal(value("src_port", { session: moved }), 11);
  assert.equal(value("dst", { session: moved }), 0x0a000002);
  assert.equal(value("dst_port", { session: moved }), 12);
  assert.equal(value("src", { session: moved, source: ip("10.0.0.3") }), 0x0a000003);
  assert.equal(value("dst", { session: moved, destination: ip("10.0.0.4") }), 0x0a000004);
  assert.equal(value("fc_src", { session: moved }), 0xc0000207);
  assert.equal(value("fc_src_port", { session: moved }), 40000);
  assert.equal(value("fc_dst", { session: moved }), 0xc6336401);
  assert.equal(value("fc_dst_port", { session: moved }), 80);
  assert.equal(value("dst_is_local", { session: moved }), false);
});

Deno.test("the server's connection has ends once it is made", () => {
  const serverLocal = { family: 4 as const, host: "127.0.0.1", port: 1234 };
  const serverRemote = { family: 4 as const, host: "10.0.0.1", port: 8080 };
  const parts = { backend, server, serverLocal, serverRemote, connectedAt: 5 };
  assert.equal(value("bc_src", parts), 0x7f000001);
  assert.equal(value("bc_src_port", parts), 1234);
  assert.equal(value("bc_dst", parts), 0x0a000001);
  assert.equal(value("bc_dst_port", parts), 8080);
  assert.equal(value("bc_http_major", parts), 1);
  assert.equal(value("bc_glitches", parts), 0);
  assert.equal(value("bc_glitches", { ...parts, serverGlitches: 3 }), 3);
  for (const name of ["bc_src", "bc_dst", "bc_dst_port", "bc_http_major", "bc_glitches"]) {
    assert.equal(value(name, { backend, server }), undefined);
  }
});

Deno.test("a stream's identifier is made once, when it is first asked for", () => {
  let made = 0;
  const frontend = { ...stream().frontend, makeUniqueId: () => `id-${++made}` };
  const on = stream({ frontend });
  const ctx = context({ place: "log" });
  const id = compileExpression(wordOf("unique-id"), ctx)!;
  assert.deepEqual([id.eval(on), id.eval(on), made], ["id-1", "id-1", 1]);
  assert.equal(value("unique-id"), undefined);
});

Deno.test("how the stream went, and the timers of its log line", () => {
  const parts: StreamParts = {
    backend,
    server,
    status: 502,
    retries: 2,
    redispatched: true,
    termination: "PHVN",
    response: response(["HTTP/1.1 404 Not Found"]),
    acceptAt: 0,
    requestStartAt: 1,
    requestAt: 3,
    queuedAt: 7,
    connectedAt: 15,
    responseAt: 31,
    endedAt: 63,
  };
  assert.equal(value("txn.status", parts), 502);
  assert.equal(value("server_status", parts), 404);
  assert.equal(value("server_status", { status: 503 }), undefined);
  assert.equal(value("txn.conn_retries", parts), 2);
  assert.equal(value("txn.redispatched", parts), true);
  assert.equal(value("txn.sess_term_state", parts), "PH");
  const timers = {
    "req.timer.idle": 1,
    "req.timer.hdr": 2,
    "req.timer.tq": 3,
    "req.timer.queue": 4,
    "bc.timer.connect": 8,
    "res.timer.hdr": 16,
    "res.timer.data": 32,
    "fc.timer.handshake": 0,
    "fc.timer.total": 63,
    "txn.timer.total": 62,
    "txn.timer.user": 62,
  };
  for (const [name, ms] of Object.entries(timers)) assert.equal(value(name, parts), ms);
  assert.equal(value("res.timer.hdr", {}), undefined);
  assert.equal(value("last_rule_line", { lastRule: { file: "a.cfg", line: 3 } }), 3);
  assert.equal(value("last_rule_file", { lastRule: { file: "a.cfg", line: 3 } }), "a.cfg");
  assert.equal(value("capture.res.ver", parts), "HTTP/1.1");
});

const PLACES: readonly [string, Place, "frontend" | "backend", boolean][] = [
  ["src", "tcp-request connection", "frontend", true],
  ["ssl_fc", "tcp-request connection", "frontend", false],
  ["ssl_fc", "tcp-request session", "frontend", true],
  ["path", "tcp-request session", "frontend", false],
  ["path", "http-request", "frontend", true],
  ["path", "use_backend", "frontend", true],
  ["path", "http-response", "frontend", false],
  ["path", "log", "frontend", false],
  ["method", "http-response", "frontend", true],
  ["method", "log", "frontend", true],
  ["be_name", "http-request", "frontend", false],
  ["be_name", "http-request", "backend", true],
  ["be_name", "http-response", "frontend", true],
  ["srv_name", "http-request", "backend", false],
  ["srv_name", "http-response", "backend", true],
  ["status", "http-request", "backend", false],
  ["status", "http-after-response", "frontend", true],
  ["status", "log", "frontend", true],
  ["res.hdr(a)", "log", "frontend", false],
];

for (const [expression, place, side, good] of PLACES) {
  Deno.test(`${expression} is ${good ? "" : "not "}available in '${place}' of a ${side}`, () => {
    const ctx = context({ place, side });
    assert.equal(compileExpression(wordOf(expression), ctx) !== undefined, good);
    assert.equal(ctx.diagnostics.failed, !good);
  });
}
