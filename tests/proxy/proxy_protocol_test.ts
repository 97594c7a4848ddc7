/** The PROXY protocol on both sides of the proxy (manual 5.1 `accept-proxy`, 5.2 `send-proxy`). */
import assert from "node:assert/strict";
import { latin1 } from "../../lib/http1/bytes.ts";
import { writeV2 } from "../../lib/net/proxy_protocol/write.ts";
import { tcpAddress } from "../../lib/net/address.ts";
import { PC } from "../../lib/state/traffic.ts";
import type { Rig } from "../support/proxy_rig.ts";
import { get, ok, testCases } from "./support.ts";

const LINE = "PROXY TCP4 10.1.2.3 10.9.9.9 40000 80\r\n";
const BIND = "bind 127.0.0.1:81 name in accept-proxy";
const ends = { source: tcpAddress("10.1.2.3", 40000), destination: tcpAddress("10.9.9.9", 80) };
const v2 = (...args: Parameters<typeof writeV2>) => {
  const bytes = writeV2(...args);
  return latin1(bytes, 0, bytes.length);
};
const tlv = (type: number, value: string) => ({ type, value: new TextEncoder().encode(value) });

/** NetScaler's header, 10.1.2.3:40000 to 10.9.9.9:80. */
const CIP = `CKIP\0\0\0\x28${"E".padEnd(9, "\0")}\x06\0\0\x0a\x01\x02\x03\x0a\x09\x09\x09` +
  "\x9c\x40\x00\x50".padEnd(20, "\0");

/** A connection that is closed for its header, and what is logged of it. */
function refused(sent: string, message: string) {
  return async (rig: Rig) => {
    const client = await rig.client("127.0.0.1:81");
    if (sent !== "") client.send(sent);
    await client.getsEnd();
    await rig.logged(`fe/in: ${message}`);
    // As in HAProxy: it was no request yet.
    assert.equal(rig.process.generation.frontends[0].counters.total(PC.ereq), 0);
    assert.equal(rig.origin().accepted, 0);
  };
}

testCases("accept-proxy", [
  {
    name: "rules, headers and logs see the addresses of the header",
    options: {
      frontend: `${BIND}
        option forwardfor
        http-request set-header X-To %[dst]:%[dst_port] if { src 10.0.0.0/8 } { fc_rcvd_proxy }
        log-format "fe %ci:%cp %fi:%fp %ST"`,
    },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      client.send(LINE + get());
      const server = await rig.server();
      await server.gets(get("/", "X-To: 10.9.9.9:80", "X-Forwarded-For: 10.1.2.3"));
      server.send(ok());
      await client.gets(ok());
      assert.match((await rig.takeLog())[0], /fe 10\.1\.2\.3:40000 10\.9\.9\.9:80 200$/);
    },
  },
  {
    name: "the header may come byte by byte, and in one piece with all that follows",
    options: { mode: "tcp", frontend: BIND },
    async play(rig) {
      const slow = await rig.client("127.0.0.1:81");
      for (const byte of LINE) {
        slow.send(byte);
        await rig.pass(1);
      }
      const first = await rig.server();
      slow.send("hello");
      await first.gets("hello");
      const quick = await rig.client("127.0.0.1:81");
      quick.send(v2(ends, [], true) + "x".repeat(20000));
      await (await rig.server()).gets("x".repeat(20000));
    },
  },
  {
    name: "LOCAL and UNKNOWN leave the connection's own addresses",
    options: { frontend: `${BIND}\n log-format "fe %ci %fp"` },
    async play(rig) {
      for (const header of [v2(undefined), "PROXY UNKNOWN\r\n", v2(undefined, [tlv(4, "abc")])]) {
        const client = await rig.client("127.0.0.1:81");
        client.send(header + get());
        (await rig.server()).send(ok());
        await client.gets(ok());
        assert.match((await rig.takeLog())[0], /fe 127\.0\.0\.1 81$/);
      }
    },
  },
  {
    name: "what its vectors tell is fetched",
    options: {
      frontend: `${BIND}
        http-request set-header X-A %[fc_pp_authority]
        http-request set-header X-U %[fc_pp_unique_id]
        http-request set-header X-T %[fc_pp_tlv(0xE0)]
        http-request set-header X-N %[fc_pp_tlv(AUTHORITY)]
        http-request deny if { fc_pp_tlv(0xE1) -m found }`,
    },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      client.send(v2(ends, [tlv(2, "a.example"), tlv(5, "id-1"), tlv(0xe0, "own")]) + get());
      await (await rig.server()).gets(
        get("/", "X-A: a.example", "X-U: id-1", "X-T: own", "X-N: a.example"),
      );
    },
  },
  {
    name: "a connection that begins in another way is closed, counted and logged",
    options: { frontend: BIND },
    play: refused(
      get(),
      "Received something which does not look like a PROXY protocol header",
    ),
  },
  {
    name: "a header that is not right is told from one that is none",
    options: { frontend: BIND },
    play: refused("PROXY TCP4 1 2 3 4\r\n", "Received an invalid PROXY protocol header"),
  },
  {
    name: "a protocol that there is not is told",
    options: { frontend: BIND },
    play: refused(
      "PROXY TCP5 1 2 3 4\r\n",
      "Received an unhandled protocol in the PROXY protocol header",
    ),
  },
  {
    name: "a client that says nothing is closed after timeout client",
    options: { frontend: BIND },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      await rig.pass(15900);
      assert.equal(client.state, "open");
      await rig.pass(200);
      await client.getsEnd();
      await rig.logged("fe/in: Timeout while waiting for PROXY protocol header");
    },
  },
  {
    name: "dripping bytes do not prolong the time for the header",
    options: { frontend: BIND },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      for (let second = 0; second < 17 && client.state === "open"; second++) {
        client.send(LINE[second]);
        await rig.pass(1000);
      }
      await client.getsEnd();
      await rig.logged("fe/in: Timeout while waiting for PROXY protocol header");
    },
  },
  {
    name:
      "a client that leaves in the middle is told from one that said nothing, which is not logged with dontlognull",
    options: { frontend: `${BIND}\n option dontlognull` },
    async play(rig) {
      const half = await rig.client("127.0.0.1:81");
      half.send("PROXY TCP4 ");
      half.finish();
      await half.getsEnd();
      await rig.logged("fe/in: Truncated PROXY protocol header received");
      const probe = await rig.client("127.0.0.1:81");
      probe.finish();
      await probe.getsEnd();
      await rig.logged();
    },
  },
  {
    name: "connection rules see the real address, session rules the header's",
    options: {
      frontend: `${BIND}
        tcp-request connection reject if { src 10.1.2.3 }
        tcp-request session reject if { src 10.1.2.3 } { dst_port 80 }`,
    },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      client.send(LINE + get());
      await client.getsEnd();
      const { counters } = rig.process.generation.frontends[0];
      assert.deepEqual([counters.total(PC.dcon), counters.total(PC.dses)], [0, 1]);
    },
  },
  {
    name: "expect-proxy asks only those for a header that the condition names",
    options: {
      frontend: `bind 127.0.0.1:82
        tcp-request connection expect-proxy layer4 if { dst_port 82 }
        log-format "fe %ci"`,
    },
    async play(rig) {
      const plain = await rig.client();
      plain.send(get());
      (await rig.server()).send(ok());
      await plain.gets(ok());
      assert.match((await rig.takeLog())[0], /fe 127\.0\.0\.1$/);
      const proxied = await rig.client("127.0.0.1:82");
      proxied.send(LINE + get());
      await proxied.gets("");
      (await rig.server()).send(ok());
      await proxied.gets(ok());
      assert.match((await rig.takeLog())[0], /fe 10\.1\.2\.3$/);
    },
  },
  {
    name: "NetScaler's header gives the addresses as well",
    options: {
      frontend: `bind 127.0.0.1:81 accept-netscaler-cip 0x434B4950
        log-format "fe %ci:%cp %fi:%fp"`,
    },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      client.send(CIP + get());
      (await rig.server()).send(ok());
      await client.gets(ok());
      assert.match((await rig.takeLog())[0], /fe 10\.1\.2\.3:40000 10\.9\.9\.9:80$/);
    },
  },
  {
    name: "expect-netscaler-cip asks those for its header that the condition names",
    options: {
      frontend: `bind 127.0.0.1:82
        tcp-request connection expect-netscaler-cip layer4 if { dst_port 82 }
        log-format "fe %ci"`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(ok());
      await client.gets(ok());
      assert.match((await rig.takeLog())[0], /fe 127\.0\.0\.1$/);
      // The bind line names no magic number: it is 0.
      const told = await rig.client("127.0.0.1:82");
      told.send(`\0\0\0\0${CIP.slice(4)}${get()}`);
      await told.gets("");
      const other = await rig.server();
      other.send(ok());
      await told.gets(ok());
      assert.match((await rig.takeLog())[0], /fe 10\.1\.2\.3$/);
    },
  },
  {
    name: "a stop ends connections whose header has not come",
    options: { frontend: BIND },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      client.send("PROXY ");
      await rig.pass(10);
      rig.process.acceptor.closeAll();
      await client.getsEnd();
      await rig.logged();
    },
  },
]);

testCases("send-proxy", [
  {
    name: "a connection begins with the client's address, version 1",
    options: { mode: "tcp", server: "send-proxy" },
    async play(rig) {
      const client = await rig.client();
      client.send("hello");
      const { port } = client.conn.local;
      await (await rig.server()).gets(`PROXY TCP4 127.0.0.1 127.0.0.1 ${port} 80\r\nhello`);
    },
  },
  {
    name:
      "it is sent before a client has said anything, for protocols in which servers speak first",
    options: { mode: "tcp", server: "send-proxy" },
    async play(rig) {
      const client = await rig.client();
      const { port } = client.conn.local;
      await (await rig.server()).gets(`PROXY TCP4 127.0.0.1 127.0.0.1 ${port} 80\r\n`);
    },
  },
  {
    name: "what a header told is told on, with vectors of formats and a checksum",
    options: {
      mode: "tcp",
      frontend: BIND,
      server: "send-proxy-v2 proxy-v2-options crc32c set-proxy-v2-tlv-fmt(0xE0) %[fe_name]/%[src]",
    },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      client.send(`${LINE}hello`);
      const server = await rig.server();
      await server.gets(`${v2(ends, [tlv(0xe0, "fe/10.1.2.3")], true)}hello`);
    },
  },
  {
    name: "the frontend's unique id goes with it",
    options: {
      mode: "tcp",
      frontend: `${BIND}\n unique-id-format id-%ci`,
      server: "send-proxy-v2 proxy-v2-options unique-id",
    },
    async play(rig) {
      (await rig.client("127.0.0.1:81")).send(LINE);
      await (await rig.server()).gets(v2(ends, [tlv(5, "id-10.1.2.3")]));
    },
  },
  {
    name: "send-proxy-v2-ssl tells that there is no TLS",
    options: { mode: "tcp", server: "send-proxy-v2-ssl" },
    async play(rig) {
      await rig.client();
      const text = await (await rig.server()).take();
      assert.equal(text.slice(-8), "\x20\0\x05\0\xff\xff\xff\xff");
    },
  },
  {
    name: "a connection of HTTP serves its own client only, whatever http-reuse says",
    options: { backend: "http-reuse always\n server s1 127.0.0.1:8001 send-proxy" },
    async play(rig) {
      const one = await rig.client();
      one.send(get("/1"));
      const first = await rig.server();
      const line = (peer: typeof one) =>
        `PROXY TCP4 127.0.0.1 127.0.0.1 ${peer.conn.local.port} 80\r\n`;
      await first.gets(line(one) + get("/1"));
      first.send(ok());
      await one.gets(ok());
      one.send(get("/2"));
      await first.gets(get("/2"));
      first.send(ok());
      await one.gets(ok());
      const other = await rig.client();
      other.send(get("/3"));
      await (await rig.server()).gets(line(other) + get("/3"));
    },
  },
  {
    name: "checks begin with it: version 1 with their own addresses, version 2 as LOCAL",
    options: {
      mode: "tcp",
      backend: `server s1 127.0.0.1:8001 send-proxy check inter 1s
        server s2 127.0.0.1:8002 send-proxy-v2 proxy-v2-options crc32c check inter 1s`,
    },
    async play(rig) {
      await rig.pass(1100);
      const text = await (await rig.server()).take();
      assert.match(text, /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ 8001\r\n$/);
      assert.equal(await (await rig.server("127.0.0.1:8002")).take(), v2(undefined, [], true));
    },
  },
  {
    name: "checks of another port begin with it only when check-send-proxy says so",
    options: {
      mode: "tcp",
      backend: `server s1 127.0.0.1:9 port 8001 send-proxy check inter 1s
        server s2 127.0.0.1:9 port 8002 send-proxy check-send-proxy check inter 1s`,
    },
    async play(rig) {
      await rig.pass(1100);
      assert.equal(await (await rig.server()).take(), "");
      assert.match(await (await rig.server("127.0.0.1:8002")).take(), /^PROXY TCP4 .* 8002\r\n$/);
    },
  },
]);
