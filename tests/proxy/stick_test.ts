/** Sticky counters and `stick` rules in a running proxy. */
import assert from "node:assert/strict";
import { type Rig, S1, S2 } from "../support/proxy_rig.ts";
import { get, message, ok, post, testCases } from "./support.ts";

const TRACKING = `stick-table type ip size 10 expire 1m store conn_cnt,conn_cur,sess_cnt,` +
  `http_req_cnt,http_err_cnt,http_fail_cnt,bytes_in_cnt,bytes_out_cnt\n`;

/** What the table of `name` holds, of its only entry. */
function values(rig: Rig, name = "fe"): Record<string, number> {
  const table = rig.process.generation.tables.get(name)!;
  const wall = rig.clock.wall();
  const entry = table.next(0, wall);
  const found: Record<string, number> = {};
  for (const column of table.layout.columns) {
    found[column.type.name] = table.get(entry, column, wall);
  }
  table.release(entry);
  return found;
}

const one = async (rig: Rig, answer: string, request = get()) => {
  const client = await rig.client();
  client.send(request);
  (await rig.server()).send(answer);
  await client.gets(answer);
  return client;
};

testCases("sticky counters", [
  {
    name: "a connection counts while it is there, each request and the bytes of both ways",
    options: { frontend: `${TRACKING} tcp-request connection track-sc0 src` },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(ok());
      await client.gets(ok());
      await server.take();
      client.send(get("/2"));
      await server.gets(get("/2"));
      server.send(ok());
      await client.gets(ok());
      assert.deepEqual(values(rig), {
        conn_cnt: 1,
        conn_cur: 1,
        sess_cnt: 1,
        http_req_cnt: 2,
        http_err_cnt: 0,
        http_fail_cnt: 0,
        bytes_in_cnt: get().length + get("/2").length,
        bytes_out_cnt: 2 * ok().length,
      });
      client.close();
      await rig.pass(10);
      assert.equal(values(rig).conn_cur, 0);
    },
  },
  {
    name: "a stream that is tracked by a rule on the request counts as a connection of its own",
    options: { frontend: `${TRACKING} http-request track-sc0 src` },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      assert.equal(values(rig).conn_cur, 1);
      server.send(ok());
      await client.gets(ok());
      await server.take();
      client.send(get());
      await server.gets(get());
      server.send(ok());
      await client.gets(ok());
      const { conn_cnt, conn_cur, sess_cnt, http_req_cnt } = values(rig);
      assert.deepEqual([conn_cnt, conn_cur, sess_cnt, http_req_cnt], [2, 0, 0, 2]);
    },
  },
  {
    name: "refused and invalid requests and answers of 4xx are errors of the client",
    options: {
      frontend: `${TRACKING} tcp-request connection track-sc0 src
        http-request deny if { path /deny }
        http-request return status 404 if { path /own }`,
    },
    async play(rig) {
      await one(rig, message("HTTP/1.1 404 Not Found", ["Content-Length: 0"]));
      assert.equal(values(rig).http_err_cnt, 1);
      for (const path of ["/deny", "/own"]) {
        const client = await rig.client();
        client.send(get(path));
        await rig.pass(1);
      }
      assert.equal(values(rig).http_err_cnt, 2, "the proxy's own 404 is none");
      (await rig.client()).send("GET\r\n\r\n");
      await rig.pass(1);
      assert.equal(values(rig).http_err_cnt, 3);
      assert.equal(values(rig).http_fail_cnt, 0);
    },
  },
  {
    name: "invalid answers and 5xx but 501 and 505 are failures of the server",
    options: {
      frontend: `${TRACKING} tcp-request connection track-sc0 src`,
      defaults: "timeout server 50ms",
    },
    async play(rig) {
      for (const status of [500, 501, 503, 505]) {
        await one(rig, message(`HTTP/1.1 ${status} X`, ["Content-Length: 0"]));
      }
      assert.equal(values(rig).http_fail_cnt, 2);
      const client = await rig.client();
      client.send(post(1, "x"));
      (await rig.server()).send("nonsense\r\n\r\n");
      await rig.pass(1);
      assert.equal(values(rig).http_fail_cnt, 3);
      (await rig.client()).send(post(1, "x"));
      await rig.server();
      await rig.pass(100);
      assert.equal(values(rig).http_fail_cnt, 4);
      assert.equal(values(rig).http_err_cnt, 0);
    },
  },
  {
    name: "a connection that a rule rejects is counted as a connection and is no session",
    options: {
      frontend: `${TRACKING} tcp-request connection track-sc0 src
        tcp-request connection reject if { sc_conn_cnt(0) gt 1 }`,
    },
    async play(rig) {
      await rig.client();
      const second = await rig.client();
      await second.getsEnd("");
      const { conn_cnt, conn_cur, sess_cnt } = values(rig);
      assert.deepEqual([conn_cnt, conn_cur, sess_cnt], [2, 1, 1]);
    },
  },
  {
    name: "connections of mode tcp are tracked by content rules too",
    options: { mode: "tcp", frontend: `${TRACKING} tcp-request content track-sc0 src` },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      client.send("ping");
      await server.gets("ping");
      server.send("pong!");
      await client.gets("pong!");
      assert.equal(values(rig).conn_cur, 1);
      client.close();
      server.close();
      await rig.pass(10);
      const { conn_cur, bytes_in_cnt, bytes_out_cnt } = values(rig);
      assert.deepEqual([conn_cur, bytes_in_cnt, bytes_out_cnt], [0, 4, 5]);
    },
  },
  {
    name: "a table stays over a reload as long as its declaration does",
    options: { frontend: `${TRACKING} http-request track-sc0 src` },
    async play(rig) {
      await one(rig, ok());
      const same = `${TRACKING} http-request track-sc0 src\nhttp-request set-header a b`;
      assert.deepEqual(await rig.reload({ frontend: same }), []);
      assert.equal(values(rig).http_req_cnt, 1);
      const other = "stick-table type ip size 20 store http_req_cnt\nhttp-request track-sc0 src";
      assert.deepEqual(await rig.reload({ frontend: other }), []);
      assert.equal(rig.process.generation.tables.get("fe")!.used(rig.clock.wall()), 0);
    },
  },
]);

const TWO = `server s1 ${S1}\nserver s2 ${S2}\n`;

/** Asks with a key in a header and answers which of the two servers got it. */
async function asks(rig: Rig, key: string, target = "/"): Promise<string> {
  const client = await rig.client();
  client.send(get(target, `Key: ${key}`, "Connection: close"));
  await rig.pass(1);
  const server = arrived(rig, S1) ? S1 : S2;
  const peer = await rig.server(server);
  peer.send(message("HTTP/1.1 200 OK", ["Content-Length: 2", "Connection: close"]) + "hi");
  await rig.pass(1);
  return server === S1 ? "s1" : "s2";
}

const taken = new WeakMap<Rig, Map<string, number>>();

/** True when a connection came to `address` that no request of this test has taken yet. */
function arrived(rig: Rig, address: string): boolean {
  let counts = taken.get(rig);
  if (counts === undefined) taken.set(rig, counts = new Map());
  const seen = counts.get(address) ?? 0;
  if (rig.origin(address).accepted <= seen) return false;
  counts.set(address, seen + 1);
  return true;
}

/** A whole ClientHello (1) or ServerHello (2) with this session: its length stands at 43. */
function helloOf(type: 1 | 2, session: string): string {
  const block = (size: number, bytes: string) =>
    Array.from(
      { length: size },
      (_, i) => String.fromCharCode((bytes.length >> 8 * (size - 1 - i)) & 255),
    ).join("") + bytes;
  const suites = type === 1 ? "\0\x02\x13\x01\x01\0" : "\x13\x01\0";
  const body = `\x03\x03${"r".repeat(32)}${block(1, session)}${suites}`;
  return `\x16\x03\x01${block(2, String.fromCharCode(type) + block(3, body))}`;
}

testCases("stick rules", [
  {
    name: "stick on: the next request of the key goes to the same server",
    options: {
      backend: `stick-table type string size 10 expire 1m\nstick on hdr(key)\n${TWO}`,
    },
    async play(rig) {
      const a = await asks(rig, "a");
      const b = await asks(rig, "b");
      assert.notEqual(a, b);
      for (let i = 0; i < 3; i++) assert.equal(await asks(rig, "a"), a);
      assert.equal(await asks(rig, "b"), b);
      const { server_id } = values(rig, "be");
      assert.equal(`s${server_id}`, a);
    },
  },
  {
    name: "stick match in another table finds what stick store-request wrote there",
    options: {
      more: "backend t\n stick-table type string size 10\n",
      backend: `stick match hdr(key) table t if { path /use }
        stick store-request hdr(key) table t if { path /store }\n${TWO}`,
    },
    async play(rig) {
      const stored = await asks(rig, "k", "/store");
      for (let i = 0; i < 3; i++) assert.equal(await asks(rig, "k", "/use"), stored);
      const others = [await asks(rig, "k", "/x"), await asks(rig, "k", "/x")];
      assert.notEqual(others[0], others[1]);
    },
  },
  {
    name: "stick store-response writes by a sample of the answer",
    options: {
      backend: `stick-table type string size 10
        stick store-response hdr(content-length)
        stick match hdr(key)\n${TWO}`,
    },
    async play(rig) {
      const stored = await asks(rig, "none");
      const next = await asks(rig, "2");
      assert.equal(next, stored, "the answer's Content-Length was 2");
    },
  },
  {
    name: "the session of TLS sticks as in the manual's example: payload_lv looks at either side",
    options: {
      mode: "tcp",
      backend: `balance roundrobin
        stick-table type binary len 32 size 30k expire 30m
        acl clienthello req_ssl_hello_type 1
        acl serverhello rep_ssl_hello_type 2
        tcp-request inspect-delay 5s
        tcp-request content accept if clienthello
        tcp-response content accept if serverhello
        stick on payload_lv(43,1) if clienthello { payload(5,1) -m bin 01 }
        stick store-response payload_lv(43,1) if serverhello { payload(5,1) -m bin 02 }\n${TWO}`,
    },
    async play(rig) {
      /** A client with the session `asked`, to which a server gives the session `given`: which server it was. */
      const session = async (asked: string, given: string) => {
        const before = rig.origin(S2).accepted;
        const client = await rig.client();
        client.send(helloOf(1, asked));
        await rig.pass(0);
        const at = rig.origin(S2).accepted > before ? S2 : S1;
        const server = await rig.server(at);
        await server.gets(helloOf(1, asked));
        server.send(helloOf(2, given));
        await client.gets(helloOf(2, given));
        client.close();
        server.close();
        await rig.pass(0);
        return at;
      };
      const first = await session("", "one");
      assert.notEqual(await session("", "two"), first);
      for (let i = 0; i < 2; i++) assert.equal(await session("one", "one"), first);
      assert.notEqual(await session("two", "two"), first);
    },
  },
  {
    name: "a server that is non-stick is never written",
    options: {
      backend: `stick-table type string size 10\nstick on hdr(key)\n
        server s1 ${S1} non-stick\nserver s2 ${S2} non-stick\n`,
    },
    async play(rig) {
      assert.notEqual(await asks(rig, "a"), await asks(rig, "a"));
    },
  },
  {
    name: "a server that is down is left, and the table then leads to another one",
    options: {
      backend: `stick-table type string size 10\nstick on hdr(key)\n${TWO}`,
    },
    async play(rig) {
      const first = await asks(rig, "a");
      const { generation } = rig.process;
      const status = generation.statuses.get("be")!;
      status.setMaint(generation.backends.get("be")!.pool.server(first)!);
      const second = await asks(rig, "a");
      assert.notEqual(second, first);
      status.setReady(generation.backends.get("be")!.pool.server(first)!);
      assert.equal(await asks(rig, "a"), second);
    },
  },
]);
