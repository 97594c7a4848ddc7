/** What rules see of bodies, and the waits for them: wait-for-body, option http-buffer-request, pause. */
import assert from "node:assert/strict";
import { type Case, get, message, ok, page, post, testCases } from "./support.ts";

const SHOW = "http-request return status 200 content-type text/plain " +
  'lf-string "[%[req.body]|%[req.body_len]|%[req.body_size]]"';
const WAIT = `http-request wait-for-body time 300ms\n${SHOW}`;
const AT_LEAST = `http-request wait-for-body time 300ms at-least 5\n${SHOW}`;
const BUFFER = `option http-buffer-request\ntimeout http-request 700ms\n${SHOW}`;
const CHUNKED = "Transfer-Encoding: chunked";
const BIG = "0123456789abcdef".repeat(20000);
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** The answer of `SHOW`. */
function shown(text: string, close = false): string {
  const fields = [`content-length: ${text.length}`, "content-type: text/plain"];
  return message("HTTP/1.1 200 OK", close ? [...fields, "Connection: close"] : fields) + text;
}

const chunked = (body: string) => message("POST / HTTP/1.1", ["Host: x", CHUNKED]) + body;

const CASES: readonly Case[] = [
  {
    name: "without a wait, rules see what came with the head",
    options: { frontend: SHOW },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "0123456789"));
      await client.gets(shown("[0123456789|10|10]"));
      client.send(post(10, "01234"));
      await client.getsEnd(shown("[01234|5|10]", true));
    },
  },
  {
    name: "wait-for-body waits for the rest, and the timer of the request includes it",
    options: { frontend: WAIT },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "01234"));
      await rig.pass(100);
      await client.gets("");
      client.send("56789");
      await client.gets(shown("[0123456789|10|10]"));
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe fe\/<NOSRV> 100\/-1\/-1\/-1\/100 200 .* LR-- /);
      client.send(get());
      await client.gets(shown("[|0|0]"));
    },
  },
  {
    name: "a body that does not come in time is answered with 408, cR",
    options: { frontend: WAIT },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "01234"));
      await rig.pass(400);
      await client.getsEnd(page(408, true));
      const [logged] = await rig.takeLog();
      assert.match(logged, /^fe fe\/<NOSRV> -1\/-1\/-1\/-1\/3[0-9]+ 408 .* cR-- /);
    },
  },
  {
    name: "a client that goes away meanwhile is CR",
    options: { frontend: WAIT },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "01234"));
      await rig.pass(1);
      client.finish();
      await client.getsEnd(page(400, true));
      const [logged] = await rig.takeLog();
      assert.match(logged, / 400 .* CR-- /);
    },
  },
  {
    name: "at-least ends the wait before the body is whole",
    options: { frontend: AT_LEAST },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "012"));
      await rig.pass(10);
      await client.gets("");
      client.send("345");
      await client.getsEnd(shown("[012345|6|10]", true));
    },
  },
  {
    name: "chunks are seen without their framing, wherever they are cut",
    options: { frontend: WAIT },
    async play(rig) {
      const client = await rig.client();
      for (const byte of chunked("5\r\n01234\r\n3;x=y\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")) {
        client.send(byte);
        await rig.pass(1);
      }
      await client.gets(shown("[01234abc|8|8]"));
    },
  },
  {
    name: "broken chunks are answered with 400, PR",
    options: { frontend: WAIT },
    async play(rig) {
      const client = await rig.client();
      client.send(chunked("5\r\n01234\r\n"));
      await rig.pass(1);
      client.send("zz\r\n");
      await client.getsEnd(page(400, true));
      assert.match((await rig.takeLog())[0], / 400 .* PR-- /);
    },
  },
  {
    name: "a client that waits for 100 gets it from the proxy, and the server is not asked again",
    options: { frontend: "http-request wait-for-body time 300ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(post(4, "", "Expect: 100-continue"));
      await client.gets(CONTINUE);
      assert.equal(rig.origin().accepted, 0);
      client.send("body");
      const server = await rig.server();
      await server.gets(post(4, "body"));
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "a body that was waited for is forwarded whole, edited head or not",
    options: {
      frontend: "http-request wait-for-body time 1s\nhttp-request set-header A %[req.body_len] " +
        "if { method PUT }",
      global: "tune.bufsize 16384",
    },
    async play(rig) {
      const client = await rig.client();
      const body = "0123456789".repeat(500);
      let first!: Awaited<ReturnType<typeof rig.server>>;
      for (const method of ["POST", "PUT"]) {
        const fields = ["Host: x", "Content-Length: 5000"];
        client.send(message(`${method} / HTTP/1.1`, fields) + body.slice(0, 10));
        await rig.pass(5);
        client.send(body.slice(10, 3000));
        await rig.pass(5);
        client.send(body.slice(3000));
        if (method === "POST") first = await rig.server();
        const sent = method === "PUT" ? [...fields, "A: 5000"] : fields;
        await first.gets(message(`${method} / HTTP/1.1`, sent) + body);
        first.send(ok());
        await client.gets(ok());
      }
    },
  },
  {
    name: "a body larger than a buffer ends the wait when the buffer is full, and passes whole",
    options: { frontend: "http-request wait-for-body time 1s", capacity: 100000 },
    async play(rig) {
      const client = await rig.client();
      client.send(post(BIG.length, BIG.slice(0, 9000)));
      await rig.pass(5);
      assert.equal(rig.origin().accepted, 0);
      client.send(BIG.slice(9000));
      const server = await rig.server();
      assert.equal(await server.take(), post(BIG.length, BIG));
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "option http-buffer-request waits before any rule, at most timeout http-request",
    options: { frontend: BUFFER },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "01234"));
      await rig.pass(500);
      client.send("56789");
      await client.gets(shown("[0123456789|10|10]"));
      await rig.takeLog();
      client.send(post(10, "01234"));
      await rig.pass(800);
      await client.getsEnd(page(408, true));
      assert.match((await rig.takeLog())[0], / 408 .* cR-- /);
    },
  },
  {
    name: "option http-buffer-request of a backend waits before that backend's rules",
    options: {
      backend: "server s1 127.0.0.1:8001\noption http-buffer-request\n" +
        "http-request set-header Len %[req.body_len]",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "01234"));
      await rig.pass(50);
      assert.equal(rig.origin().accepted, 0);
      client.send("56789");
      const server = await rig.server();
      await server.gets(post(10, "", "Len: 10") + "0123456789");
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "req.body_param finds parameters of a form",
    options: {
      frontend: "http-request wait-for-body time 1s\n" +
        "http-request deny deny_status 403 if { req.body_param(name) -m beg evil }\n" +
        "http-request deny deny_status 429 if { req.body_param -m str x%20y }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(post(20, "a=1&name=evilone&b=2"));
      await client.gets(page(403));
      client.send(post(11, "a=1&b=x%20y"));
      await client.gets(page(429));
    },
  },
  {
    name: "http-response wait-for-body sees the server's body, and it passes whole",
    options: {
      backend: "server s1 127.0.0.1:8001\nhttp-response wait-for-body time 500ms\n" +
        "http-response set-header Seen %[res.body_len]/%[res.body_size] if { res.body -m sub xyz }",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets(get());
      server.send(message("HTTP/1.1 200 OK", ["Content-Length: 9"]) + "abc");
      await rig.pass(100);
      await client.gets("");
      server.send("defxyz");
      const seen = message("HTTP/1.1 200 OK", ["Content-Length: 9", "Seen: 9/9"]);
      await client.gets(seen + "abcdefxyz");
      client.send(get());
      await server.gets(get());
      server.send(message("HTTP/1.1 200 OK", ["Content-Length: 5000"]) + BIG.slice(0, 1000));
      await rig.pass(100);
      server.send(BIG.slice(1000, 5000));
      const plain = message("HTTP/1.1 200 OK", ["Content-Length: 5000"]);
      await client.gets(plain + BIG.slice(0, 5000));
      client.send(get());
      await server.gets(get());
      server.send(message("HTTP/1.1 200 OK", [CHUNKED]) + "3\r\nabc\r\n");
      await rig.pass(100);
      server.send("3\r\nxyz\r\n0\r\n\r\n");
      await client.gets(
        message("HTTP/1.1 200 OK", [CHUNKED, "Seen: 6/6"]) + "3\r\nabc\r\n3\r\nxyz\r\n0\r\n\r\n",
      );
    },
  },
  {
    name: "a response's body that does not come in time is 504, sH; larger ones pass",
    options: {
      backend: "server s1 127.0.0.1:8001\nhttp-response wait-for-body time 500ms",
      capacity: 100000,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(ok(BIG));
      assert.equal(await client.take(), ok(BIG));
      await rig.takeLog();
      client.send(get());
      await server.take();
      server.send(message("HTTP/1.1 200 OK", ["Content-Length: 9"]) + "abc");
      await rig.pass(600);
      await client.gets(page(504));
      assert.match((await rig.takeLog())[0], / 504 .* sH-- /);
    },
  },
  {
    name: "a response that ends with its connection is whole; one that is cut is 502, SH",
    options: { backend: "server s1 127.0.0.1:8001\nhttp-response wait-for-body time 500ms" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(message("HTTP/1.0 200 OK", []) + "abc");
      await rig.pass(1);
      server.finish();
      await client.getsEnd(message("HTTP/1.0 200 OK", ["Connection: close"]) + "abc");
      await rig.takeLog();
      const second = await rig.client();
      second.send(get());
      const other = await rig.server();
      other.send(message("HTTP/1.1 200 OK", ["Content-Length: 9"]) + "abc");
      await rig.pass(1);
      other.finish();
      await second.gets(page(502));
      assert.match((await rig.takeLog())[0], / 502 .* SH-- /);
    },
  },
  {
    name: "pause lets its time pass, and the next rules run",
    options: {
      frontend: "http-request pause 250\nhttp-request pause int(50),add(50) if { path /more }\n" +
        "http-request set-header A b",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      await rig.pass(249);
      assert.equal(rig.origin().accepted, 0);
      await rig.pass(20);
      const server = await rig.server();
      await server.gets(get("/", "A: b"));
      server.send(ok());
      await client.gets(ok());
      client.send(get("/more"));
      await rig.pass(340);
      await server.gets("");
      await rig.pass(50);
      await server.gets(get("/more", "A: b"));
      server.send(ok());
      await client.gets(ok());
    },
  },
];

testCases("bodies", CASES);
