/** How long variables live, seen from outside. */
import assert from "node:assert/strict";
import { type Case, get, ok, testCases } from "./support.ts";

const answer = (body: string) =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\ncontent-type: text/plain\r\n\r\n${body}`;

/** Each limit holds for the scope that it is named after; a value that is too large is not set. */
const LIMITS = [["global", "txn"], ["proc", "proc"], ["sess", "sess"], ["txn", "txn"], [
  "reqres",
  "req",
]].map(([level, scope]): Case => ({
  name: `tune.vars.${level}-max-size bounds variables of '${scope}'`,
  options: {
    global: `tune.vars.${level}-max-size 200`,
    frontend: `
  http-request set-var(${scope}.a) req.hdr(a)
  http-request return status 200 content-type text/plain lf-string "length %[var(${scope}.a),length]"
`,
  },
  async play(rig) {
    for (const [length, said] of [[50, "50"], [150, scope === "proc" ? "50" : ""]] as const) {
      const client = await rig.client();
      client.send(get("/", `A: ${"x".repeat(length)}`));
      await client.gets(answer(`length ${said}`));
    }
  },
}));

const CASES: readonly Case[] = [
  ...LIMITS,
  {
    name: "those of the session last as long as the client's connection",
    options: {
      frontend: `
  tcp-request connection set-var(sess.from) src
  tcp-request session set-var(sess.count) int(0)
  http-request set-var(sess.count) var(sess.count),add(1)
  http-request set-var(txn.count) var(txn.count,0),add(1)
  http-request return status 200 content-type text/plain lf-string "%[var(sess.from)] %[var(sess.count)] %[var(txn.count)]"
`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      await client.gets(answer("127.0.0.1 1 1"));
      client.send(get());
      await client.gets(answer("127.0.0.1 2 1"));
      const other = await rig.client();
      other.send(get());
      await other.gets(answer("127.0.0.1 1 1"));
    },
  },
  {
    name: "those of the process last until a reload, which sets them anew",
    options: {
      global: "set-var proc.hits int(10)",
      frontend: `
  http-request set-var(proc.hits) var(proc.hits),add(1)
  http-request return status 200 content-type text/plain lf-string "%[var(proc.hits)]"
`,
    },
    async play(rig) {
      const client = await rig.client();
      for (const hits of ["11", "12"]) {
        client.send(get());
        await client.gets(answer(hits));
      }
      assert.deepEqual(
        await rig.reload({
          global: "set-var proc.hits int(20)",
          frontend: `
  http-request return status 200 content-type text/plain lf-string "%[var(proc.hits)]"
`,
        }),
        [],
      );
      client.send(get());
      await client.gets(answer("20"));
    },
  },
  {
    name: "those of the request are gone in the response, those of the stream are in the log",
    options: {
      frontend: `
  log-format "[] %ft %[var(txn.t)] %[var(req.r)] %[var(res.r)]"
  http-request set-var(req.r) str(request)
  http-request set-var(res.r) str(too-early)
  http-request set-var(txn.t) var(req.r)
  http-response set-header early %[var(res.r)]
  http-response set-header request %[var(req.r)]
  http-response set-var(res.r) str(response)
  http-response set-var(req.r) str(too-late)
  http-after-response set-header after %[var(res.r)]/%[var(req.r)]/%[var(txn.t)]
`,
      backend: `
  http-request set-header from-frontend %[var(req.r)]
  server s1 127.0.0.1:8001
`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets("GET / HTTP/1.1\r\nHost: x\r\nfrom-frontend: request\r\n\r\n");
      server.send(ok());
      await client.gets(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nearly: \r\nrequest: \r\nafter: response//request\r\n\r\nhi",
      );
      await rig.logged("fe request - response");
    },
  },
  {
    name: "limits are of what lives: memory of ended streams and sessions is free again",
    options: {
      global: "tune.vars.global-max-size 200",
      frontend: `
  http-request set-var(sess.a) str(0123456789)
  http-request set-var(txn.a) str(0123456789)
  http-request set-var(txn.b) str(0123456789)
  http-request return status 200 content-type text/plain lf-string "%[var(sess.a)] %[var(txn.a)] %[var(txn.b)]"
`,
    },
    async play(rig) {
      for (let i = 0; i < 3; i++) {
        const client = await rig.client();
        for (let request = 0; request < 3; request++) {
          client.send(get());
          await client.gets(answer("0123456789 0123456789 "));
        }
        client.close();
        await rig.pass(1);
      }
      assert.equal(rig.process.state.variableLimits.used, 0);
    },
  },
];

testCases("variables", CASES);
