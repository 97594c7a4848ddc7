/** Content inspection in TCP mode (manual 4.2 `tcp-request content`, `tcp-response content`, 7.3.5). */
import assert from "node:assert/strict";
import { latin1 } from "../../lib/http1/bytes.ts";
import { PC } from "../../lib/state/traffic.ts";
import type { Rig } from "../support/proxy_rig.ts";
import { clientHello } from "../support/client_hello.ts";
import { get, ok, testCases } from "./support.ts";

const hello = (...args: Parameters<typeof clientHello>) => {
  const bytes = clientHello(...args);
  return latin1(bytes, 0, bytes.length);
};

const TWO = "backend b2\n server s2 127.0.0.1:8002\n";
const S2 = "127.0.0.1:8002";

/** A connection of RDP that asks for this cookie. */
const rdp = (cookie: string) => {
  const text = `\x03\0\0\x2b\x26\xe0\0\0\0\0\0Cookie: ${cookie}\r\n`;
  return text + "\x01\0\x08\0\x03\0\0\0";
};

const denied = (rig: Rig) => rig.process.generation.frontends[0].counters.total(PC.dreq);

testCases("tcp-request content", [
  {
    name: "the server name in TLS chooses the backend, and all bytes go on",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content accept if { req.ssl_hello_type 1 }
        use_backend b2 if { req.ssl_sni -i two.example }`,
      more: TWO,
    },
    async play(rig) {
      const other = hello({ sni: "TWO.example", alpn: ["h2"] });
      for (const [sent, at] of [[other, S2], [hello({ sni: "one.example" }), undefined]] as const) {
        const client = await rig.client();
        client.send(sent.slice(0, 40));
        await rig.pass(100);
        assert.equal(rig.origin(at).accepted, 0);
        client.send(sent.slice(40) + "more");
        const server = await rig.server(at);
        await server.gets(sent + "more");
        client.send("and more");
        await server.gets("and more");
        server.send("answer");
        await client.gets("answer");
        client.close();
        server.close();
        await rig.pass(1);
        if (at !== undefined) continue;
      }
    },
  },
  {
    name: "ALPN and the version of TLS choose as well",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content accept if { req.ssl_ver 3.1:3.4 } { req.ssl_hello_type 1 }
        tcp-request content reject
        use_backend b2 if { req.ssl_alpn acme-tls/1 }`,
      more: TWO,
    },
    async play(rig) {
      const client = await rig.client();
      const sent = hello({ sni: "a", alpn: ["http/1.1", "acme-tls/1"] });
      client.send(sent);
      await (await rig.server(S2)).gets(sent);
      const wrong = await rig.client();
      wrong.send("GET / HTTP/1.1\r\n\r\n");
      await wrong.getsEnd();
      assert.equal(denied(rig), 1);
    },
  },
  {
    name: "curves and tickets of TLS are seen, and what the server answers",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content reject unless { req.ssl_hello_type 1 }
        tcp-request content set-var(txn.ticket) req.ssl_st_ext
        tcp-request content set-var(txn.curves) req.ssl_ec_ext
        log-format "fe %[var(txn.ticket)] %[var(txn.curves)] %[var(txn.lv)]"`,
      backend: `tcp-response inspect-delay 5s
        tcp-response content accept if { res.ssl_hello_type 2 }
        tcp-response content set-var(txn.lv) res.payload_lv(0,1)
        tcp-response content accept if { var(txn.lv) -m found }
        tcp-response content reject
        server s1 127.0.0.1:8001`,
    },
    async play(rig) {
      const serverHello = "\x16\x03\x03\0\x04\x02\0\0\0";
      for (
        const [ticket, expected, answer, lv] of [
          [undefined, "0", serverHello, "-"],
          [0, "1", "\x03abcd", "abc"],
          [16, "2", serverHello, "-"],
        ] as const
      ) {
        const client = await rig.client();
        client.send(hello({ ticket }));
        const server = await rig.server();
        server.send(answer);
        await client.gets(answer);
        client.close();
        server.close();
        assert.equal(/fe (.*)$/.exec((await rig.takeLog())[0])![1], `${expected} 1 ${lv}`);
      }
    },
  },
  {
    name: "RDP: cookies are read by name, and counted",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content reject unless { req.rdp_cookie_cnt gt 0 }
        tcp-request content set-var(txn.any) req.rdp_cookie
        tcp-request content set-var(txn.none) req.rdp_cookie(other)
        tcp-request content set-var(txn.user) req.rdp_cookie(mstshash)
        log-format "fe %[var(txn.any)] %[var(txn.user)] %[var(txn.none)]"`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(rdp("mstshash=user1"));
      const server = await rig.server();
      await server.gets(rdp("mstshash=user1"));
      client.close();
      server.close();
      assert.equal(/fe (.*)$/.exec((await rig.takeLog())[0])![1], "user1 user1 -");
    },
  },
  {
    name: "a rule waits until enough has come, and no longer",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content accept if { req.len ge 5 }
        tcp-request content reject`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("1234");
      await rig.pass(4000);
      client.send("5");
      await (await rig.server()).gets("12345");
    },
  },
  {
    name: "when the delay is over the rules decide on what has come",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content accept if { req.len ge 5 }
        tcp-request content reject`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("1234");
      await rig.pass(4900);
      assert.equal(client.state, "open");
      await rig.pass(200);
      await client.getsEnd();
      await rig.logged("fe fe/<NOSRV> -1/-1/5008 0 PR 1/1/0/0/0 0/0");
    },
  },
  {
    name: "a client that finishes sending ends the wait",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content accept if { req.len ge 5 } WAIT_END
        use_backend b2 if { req.payload(0,2) -m str 12 }`,
      more: TWO,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("1234");
      client.finish();
      const server = await rig.server(S2);
      await server.getsEnd("1234");
      server.send("bye");
      server.finish();
      await client.getsEnd("bye");
    },
  },
  {
    name: "a full buffer ends the wait, and a client that never stops fills one buffer only",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 60s
        timeout client 90s
        tcp-request content accept if { req.len gt 1000000 }
        tcp-request content reject`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("x".repeat(200_000));
      await rig.pass(10);
      await client.getsEnd("", "reset");
      const { full, bulk } = rig.process.state.buffers;
      assert.deepEqual([full.stats.lent, bulk.stats.lent], [0, 0]);
    },
  },
  {
    name: "WAIT_END delays one verdict, and lets others act at once",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 2s
        acl goodguys dst_port 80
        acl badguys dst_port 81
        bind 127.0.0.1:81
        bind 127.0.0.1:82
        tcp-request content accept if goodguys
        tcp-request content reject if badguys WAIT_END
        tcp-request content reject`,
    },
    async play(rig) {
      await rig.client();
      await rig.server();
      const other = await rig.client("127.0.0.1:82");
      await other.getsEnd();
      const bad = await rig.client("127.0.0.1:81");
      await rig.pass(1900);
      assert.equal(bad.state, "open");
      await rig.pass(200);
      await bad.getsEnd();
    },
  },
  {
    name: "what cannot be told yet is neither true nor false when it is negated",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content reject if !HTTP
        tcp-request content reject unless { req.len gt 3 }`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("GET / HT");
      await rig.pass(1000);
      assert.equal(client.state, "open");
      client.send("TP/1.0\r\n\r\n");
      await (await rig.server()).gets("GET / HTTP/1.0\r\n\r\n");
      const wrong = await rig.client();
      wrong.send("\x01\x02");
      await wrong.getsEnd();
    },
  },
  {
    name: "an alternative that is true already does not wait for the other one",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content reject if { req.len gt 100 } or { req.payload(0,1) -m str x }`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("x");
      await client.getsEnd();
    },
  },
  {
    name: "without a delay the rules see what is there, and do not wait",
    options: {
      mode: "tcp",
      frontend: `tcp-request content reject if { req.len gt 0 }`,
    },
    async play(rig) {
      const client = await rig.client();
      await rig.server();
      assert.equal(client.state, "open");
    },
  },
  {
    name: "a silent client is given up after timeout client",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 60s
        timeout client 3s
        tcp-request content accept if { req.len gt 9 }`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("12345");
      await rig.pass(2900);
      client.send("6");
      await rig.pass(2900);
      assert.equal(client.state, "open");
      await rig.pass(200);
      await client.getsEnd();
      await rig.logged("fe fe/<NOSRV> -1/-1/5904 0 cR 1/1/0/0/0 0/0");
    },
  },
  {
    name: "a client that leaves while rules look is logged",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 60s
        tcp-request content accept if { req.len gt 9 }`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("12345");
      await rig.pass(10);
      client.reset();
      await rig.pass(10);
      await rig.logged("fe fe/<NOSRV> -1/-1/10 0 CR 1/1/0/0/0 0/0");
    },
  },
  {
    name: "rules of a backend look at the same bytes",
    options: {
      mode: "tcp",
      backend: `tcp-request inspect-delay 5s
        tcp-request content reject if { req.payload(0,4) -m str EVIL }
        server s1 127.0.0.1:8001`,
    },
    async play(rig) {
      const good = await rig.client();
      good.send("GOOD");
      await (await rig.server()).gets("GOOD");
      const bad = await rig.client();
      bad.send("EV");
      await rig.pass(100);
      bad.send("IL");
      await bad.getsEnd();
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "a length before a block is read, and MQTT from the payload",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content set-var(txn.lv) req.payload_lv(0,2)
        tcp-request content set-var(txn.id) req.payload(0,0),mqtt_field_value(connect,client_identifier)
        tcp-request content accept if { var(txn.lv) -m str abc }
        tcp-request content accept if { req.payload(0,0),mqtt_is_valid }
        tcp-request content reject if WAIT_END
        log-format "fe %[var(txn.lv)] %[var(txn.id)]"`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send("\0\x03ab");
      await rig.pass(100);
      client.send("cd");
      const server = await rig.server();
      await server.gets("\0\x03abcd");
      client.close();
      server.close();
      assert.match((await rig.takeLog())[0], /fe abc -$/);
      const mqtt = await rig.client();
      mqtt.send("\x10\x11\0\x04MQTT\x04\x02\0\x3c\0\x05id-77");
      const broker = await rig.server();
      mqtt.close();
      broker.close();
      assert.match((await rig.takeLog())[0], /id-77$/);
    },
  },
  {
    name: "RDP: the token of a cookie names the server, other cookies are hashed",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content accept if RDP_COOKIE`,
      backend: `balance rdp-cookie
        persist rdp-cookie
        server s1 127.0.0.1:8001
        server s2 127.0.0.1:8002`,
    },
    async play(rig) {
      // 127.0.0.1 and 8002, both little endian.
      const token = rdp(`msts=16777343.16927.0000`);
      for (let n = 0; n < 3; n++) {
        const client = await rig.client();
        client.send(token);
        await (await rig.server(S2)).gets(token);
      }
      const seen = new Set<string>();
      for (let n = 0; n < 12; n++) {
        const client = await rig.client();
        const user = rdp(`mstshash=user${n % 4}`);
        client.send(user.slice(0, 20));
        client.send(user.slice(20));
        await rig.pass(1);
        const [one, two] = [await rig.origin().all(), await rig.origin(S2).all()];
        assert.equal(one.length + two.length, 1);
        await [...one, ...two][0].gets(user);
        seen.add(`${n % 4} ${one.length === 1 ? "s1" : "s2"}`);
      }
      assert.equal(seen.size, 4, "each user has one server");
    },
  },
  {
    name: "HTTP fetches have values once a rule has found a request",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content accept if HTTP
        use_backend b2 if { hdr(host) -i two.example }`,
      more: TWO,
    },
    async play(rig) {
      const client = await rig.client();
      const text = "GET / HTTP/1.1\r\nHost: two.example\r\n\r\n";
      client.send(text);
      await (await rig.server(S2)).gets(text);
    },
  },
]);

testCases("switch-mode http", [
  {
    name: "HTTP takes the frontend's rules of HTTP, everything else stays TCP",
    options: {
      mode: "tcp",
      frontend: `tcp-request inspect-delay 5s
        tcp-request content set-var(txn.seen) str(tcp)
        tcp-request content switch-mode http if HTTP
        http-request set-header X-Seen %[var(txn.seen)]
        http-request deny if { path /denied }
        use_backend web if HTTP`,
      more: "backend web\n mode http\n server s2 127.0.0.1:8002\n",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/one"));
      const web = await rig.server(S2);
      await web.gets(get("/one", "X-Seen: tcp"));
      web.send(ok());
      await client.gets(ok());
      client.send(get("/denied"));
      assert.match(await client.take(), /^HTTP\/1\.1 403 /);
      client.close();
      const raw = await rig.client();
      raw.send("SSH-2.0-x\r\n");
      await (await rig.server()).gets("SSH-2.0-x\r\n");
    },
  },
  {
    name:
      "a backend of HTTP behind a frontend of TCP takes its requests without the frontend's rules",
    options: {
      mode: "tcp",
      frontend: "use_backend web if { dst_port 81 }\n bind 127.0.0.1:81",
      more: `backend web
        mode http
        http-request set-header X-Back yes
        server s2 127.0.0.1:8002`,
    },
    async play(rig) {
      const client = await rig.client("127.0.0.1:81");
      for (const path of ["/1", "/2"]) {
        client.send(get(path));
        const web = path === "/1" ? await rig.server(S2) : undefined;
        if (web !== undefined) {
          await web.gets(get(path, "X-Back: yes"));
          web.send(ok());
          await client.gets(ok());
          web.close();
        } else {
          const again = await rig.server(S2);
          await again.gets(get(path, "X-Back: yes"));
          again.send(ok());
          await client.gets(ok());
        }
      }
    },
  },
]);

testCases("tcp-response content", [
  {
    name:
      "what a server says first is looked at before the client sees it, while the client may speak",
    options: {
      mode: "tcp",
      backend: `tcp-response inspect-delay 5s
        tcp-response content accept if { res.len ge 3 } { res.payload(0,3) -m str 220 }
        tcp-response content reject
        server s1 127.0.0.1:8001`,
    },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      client.send("early");
      await server.gets("early");
      server.send("22");
      await rig.pass(100);
      await client.gets("");
      server.send("0 hello");
      await client.gets("220 hello");
      client.send("HELO");
      await server.gets("HELO");
      server.send("250");
      await client.gets("250");
    },
  },
  {
    name: "a server that says something else is cut off",
    options: {
      mode: "tcp",
      backend: `tcp-response inspect-delay 5s
        tcp-response content reject if { res.payload(0,3) -m str 554 }
        server s1 127.0.0.1:8001`,
    },
    async play(rig) {
      const client = await rig.client();
      (await rig.server()).send("554 go away");
      await client.getsEnd();
      await rig.logged("fe be/s1 0/0/0 0 PD 1/1/0/0/0 0/0");
      assert.equal(rig.process.generation.backends.get("be")!.counters.total(PC.dresp), 1);
    },
  },
  {
    name: "close ends the connection behind what has come",
    options: {
      mode: "tcp",
      backend: `tcp-response inspect-delay 5s
        tcp-response content close if { res.len gt 2 }
        server s1 127.0.0.1:8001`,
    },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      server.send("bye");
      await client.getsEnd("bye");
      await server.getsEnd();
    },
  },
  {
    name: "a server that says nothing is let through when the delay is over",
    options: {
      mode: "tcp",
      backend: `tcp-response inspect-delay 2s
        tcp-response content reject if { res.len gt 5 }
        server s1 127.0.0.1:8001`,
    },
    async play(rig) {
      const client = await rig.client();
      const server = await rig.server();
      await rig.pass(2100);
      server.send("0123456789");
      await client.gets("0123456789");
    },
  },
]);
