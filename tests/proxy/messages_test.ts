/** Bodies, interim answers, answers without a body, HTTP/1.0, fields of one connection. */
import assert from "node:assert/strict";
import { errorPage } from "../../lib/http1/reply.ts";
import { type Case, get, line, message, ok, page, post, testCases } from "./support.ts";

const CHUNKED = "Transfer-Encoding: chunked";
const TRAILED = "5;ext=1\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n";
const page400 = new TextDecoder().decode(errorPage(400));
const BIG = "0123456789abcdef".repeat(20000);

const CASES: readonly Case[] = [
  {
    name: "a chunked request passes as it came, extensions and trailers included",
    async play(rig) {
      const client = await rig.client();
      const request = message("POST / HTTP/1.1", ["Host: x", CHUNKED]) + TRAILED;
      client.send(request);
      const server = await rig.server();
      await server.gets(request);
      server.send(ok());
      await client.gets(ok());
      client.send(request);
      await server.gets(request);
    },
  },
  {
    name: "a chunked answer passes as it came, extensions and trailers included",
    async play(rig) {
      const client = await rig.client();
      const answer = message("HTTP/1.1 200 OK", [CHUNKED]) + TRAILED;
      client.send(get());
      const server = await rig.server();
      server.send(answer);
      await client.gets(answer);
      await rig.logged(line("0/0/0/0/0", 200, answer.length, "--"));
      client.send(get());
      await server.gets(get() + get());
      assert.equal(rig.origin().accepted, 1);
    },
  },
  {
    name: "chunked both ways, a byte at a time",
    async play(rig) {
      const client = await rig.client();
      const request = message("POST / HTTP/1.1", ["Host: x", CHUNKED]) + TRAILED;
      for (const byte of request) {
        client.send(byte);
        await rig.pass(1);
      }
      const server = await rig.server();
      await server.gets(request);
      const answer = message("HTTP/1.1 200 OK", [CHUNKED]) + TRAILED;
      for (const byte of answer) {
        server.send(byte);
        await rig.pass(1);
      }
      await client.gets(answer);
      client.send(get());
      await server.gets(get());
    },
  },
  {
    name: "bodies much larger than all buffers pass both ways, with bounded memory",
    options: { capacity: 5000 },
    async play(rig) {
      const client = await rig.client();
      client.send(post(BIG.length, BIG));
      const server = await rig.server();
      assert.equal(await server.take(), post(BIG.length, BIG));
      server.send(ok(BIG));
      assert.equal(await client.take(), ok(BIG));
      client.send(get());
      await server.gets(get());
    },
  },
  {
    name: "a client that does not read holds its server up, and nothing is lost",
    options: { capacity: 5000 },
    async play(rig) {
      const client = await rig.client(undefined, false);
      client.send(get());
      const server = await rig.server();
      server.send(ok(BIG));
      await rig.pass(1);
      const { full, bulk, wait } = rig.process.state.buffers;
      assert.ok(full.stats.lent + bulk.stats.lent + wait.stats.lent <= 4);
      client.resume();
      assert.equal(await client.take(), ok(BIG));
    },
  },
  {
    name: "a server that does not read holds its client up, and nothing is lost",
    options: { capacity: 5000 },
    async play(rig) {
      rig.origin().reading = false;
      const client = await rig.client();
      client.send(post(BIG.length, BIG));
      const server = await rig.server();
      await rig.pass(8000);
      server.resume();
      assert.equal(await server.take(), post(BIG.length, BIG));
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "Expect: 100-continue and its answer pass, then the body",
    async play(rig) {
      const client = await rig.client();
      client.send(post(4, "", "Expect: 100-continue"));
      const server = await rig.server();
      await server.gets(post(4, "", "Expect: 100-continue"));
      server.send("HTTP/1.1 100 Continue\r\n\r\n");
      await client.gets("HTTP/1.1 100 Continue\r\n\r\n");
      client.send("body");
      await server.gets("body");
      server.send(ok());
      await client.gets(ok());
      await rig.logged(line("0/0/0/0/0", 200, 25 + ok().length, "--", "POST / HTTP/1.1"));
    },
  },
  {
    name: "Expect: 100-continue that is refused: the client may leave the body out",
    async play(rig) {
      const client = await rig.client();
      client.send(post(4, "", "Expect: 100-continue"));
      const server = await rig.server();
      await server.take();
      server.send(message("HTTP/1.1 417 No", ["Content-Length: 0", "Connection: close"]));
      assert.match(await client.take(), /^HTTP\/1.1 417 No\r\n/);
      client.close();
    },
  },
  {
    name: "several interim answers pass, in pieces and at once with the last",
    async play(rig) {
      const client = await rig.client();
      const hints = message("HTTP/1.1 103 Early Hints", ["Link: </a.css>; rel=preload"]);
      client.send(get());
      const server = await rig.server();
      server.send(hints.slice(0, 30));
      await client.gets("");
      server.send(hints.slice(30));
      await client.gets(hints);
      server.send(hints + hints + ok());
      await client.gets(hints + hints + ok());
      client.send(get("/2"));
      await server.gets(get() + get("/2"));
    },
  },
  {
    name: "a client of HTTP/1.0 gets no interim answer",
    async play(rig) {
      const client = await rig.client();
      client.send(message("GET / HTTP/1.0", ["Host: x"]));
      const server = await rig.server();
      server.send("HTTP/1.1 100 Continue\r\n\r\n" + ok());
      await client.getsEnd(
        message("HTTP/1.1 200 OK", ["Content-Length: 2", "Connection: close"]) + "hi",
      );
    },
  },
  ...["HEAD / HTTP/1.1|200 OK", "GET / HTTP/1.1|304 Not Modified"].map((pair): Case => {
    const [request, status] = pair.split("|");
    return {
      name: `the answer to ${
        request.slice(0, 4).trim()
      } with ${status} has no body whatever it says`,
      async play(rig) {
        const client = await rig.client();
        client.send(message(request, ["Host: x"]));
        const server = await rig.server();
        const answer = message(`HTTP/1.1 ${status}`, ["Content-Length: 1000"]);
        server.send(answer);
        await client.gets(answer);
        client.send(get("/2"));
        await server.gets(message(request, ["Host: x"]) + get("/2"));
        server.send(ok());
        await client.gets(ok());
      },
    };
  }),
  {
    name: "204 has no body: what the server sends behind it goes to nobody",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(message("HTTP/1.1 204 No Content", []) + "body");
      await client.gets(message("HTTP/1.1 204 No Content", []));
      client.send(get("/2"));
      await (await rig.server()).gets(get("/2"));
    },
  },
  {
    name: "an answer without a length ends with the connection, and the client is told",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send(message("HTTP/1.1 200 OK", []) + "until ");
      await client.gets(message("HTTP/1.1 200 OK", ["Connection: close"]) + "until ");
      server.send("the end");
      server.finish();
      await client.getsEnd("the end");
      await rig.logged(line("0/0/0/0/0", 200, 19 + "Connection: close\r\n".length + 13, "--"));
    },
  },
  {
    name: "a server of HTTP/1.0 that keeps its connection is used again, another is not",
    async play(rig) {
      const client = await rig.client();
      client.send(get("/1"));
      const server = await rig.server();
      server.send(message("HTTP/1.0 200 OK", ["Connection: keep-alive", "Content-Length: 0"]));
      await client.gets(
        message("HTTP/1.0 200 OK", ["Content-Length: 0", "Connection: keep-alive"]),
      );
      client.send(get("/2"));
      await server.gets(get("/1") + get("/2"));
      server.send(message("HTTP/1.0 200 OK", ["Content-Length: 0"]));
      await client.gets(
        message("HTTP/1.0 200 OK", ["Content-Length: 0", "Connection: keep-alive"]),
      );
      await server.getsEnd();
    },
  },
  {
    name: "a client of HTTP/1.0 that asks for keep-alive gets it",
    async play(rig) {
      const client = await rig.client();
      client.send(message("GET / HTTP/1.0", ["Connection: keep-alive", "Host: x"]));
      const server = await rig.server();
      await server.take();
      server.send(ok());
      await client.gets(
        message("HTTP/1.1 200 OK", ["Content-Length: 2", "Connection: keep-alive"]) + "hi",
      );
      client.send(message("GET /2 HTTP/1.0", []));
      assert.match(await server.take(), /^GET \/2 HTTP\/1.0\r\n/);
      server.send(ok());
      await client.getsEnd(
        message("HTTP/1.1 200 OK", ["Content-Length: 2", "Connection: close"]) + "hi",
      );
    },
  },
  {
    name: "fields that Connection names concern one connection only, on both ways",
    async play(rig) {
      const client = await rig.client();
      client.send(get(
        "/",
        "X-Zero: 0",
        "Connection: X-One, keep-alive, Host, Content-Length",
        "X-One: 1",
        "Keep-Alive: timeout=3",
        "Proxy-Connection: keep-alive",
        "x-TWO: 2",
      ));
      const server = await rig.server();
      await server.gets(get("/", "X-Zero: 0", "x-TWO: 2"));
      server.send(ok("hi", "X-a: 1", "Connection: X-R", "x-r: 1", "KEEP-ALIVE: max=1", "X-B: 2"));
      await client.gets(ok("hi", "X-a: 1", "X-B: 2"));
    },
  },
  {
    name: "fields keep their order, case, white space and repetition",
    async play(rig) {
      const fields = ["Host: x", "b:  1 ", "A:2", "b: 3", "Cookie: a=1", "cookie: b=2", "X-Empty:"];
      const client = await rig.client();
      client.send(message("GET /%41?x#y HTTP/1.1".replace("#y", ""), fields));
      const server = await rig.server();
      await server.gets(message("GET /%41?x HTTP/1.1", fields));
      const answer = message("HTTP/1.1 299 Odd  reason", ["Content-Length: 0", "z: 1", "Z:  2"]);
      server.send(answer);
      await client.gets(answer);
    },
  },
  {
    name: "option http-server-close closes the server's side after each answer",
    options: { defaults: "option http-server-close" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets(get("/", "Connection: close"));
      server.send(ok());
      await client.gets(ok());
      await server.getsEnd();
      client.send(get());
      await (await rig.server()).gets(get("/", "Connection: close"));
    },
  },
  {
    name: "option httpclose closes both sides after the first answer",
    options: { defaults: "option httpclose" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await server.gets(get("/", "Connection: close"));
      server.send(ok());
      await client.getsEnd(
        message("HTTP/1.1 200 OK", ["Content-Length: 2", "Connection: close"]) + "hi",
      );
      await server.getsEnd();
    },
  },
  {
    name: "what is not a head: 400, the connection is closed without loss of the answer",
    async play(rig) {
      const client = await rig.client();
      client.send("nonsense\r\n\r\n");
      client.send("x".repeat(5000));
      await client.getsEnd(page400);
      client.send("x".repeat(5000));
      await rig.pass(1100);
      await client.getsEnd("", "fin");
      await rig.logged(
        'fe fe/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"',
      );
    },
  },
  ...[
    { name: "complete", request: get("/", "X: " + "a".repeat(17000)) },
    { name: "incomplete", request: "GET / HTTP/1.1\r\nX: " + "a".repeat(17000) },
  ].map(({ name, request }): Case => ({
    name: `a request head larger than a buffer, ${name}: 400, PR`,
    async play(rig) {
      const client = await rig.client();
      client.send(request);
      await client.getsEnd(page400);
      await rig.logged(
        'fe fe/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"',
      );
    },
  })),
  {
    name: "an answer's head larger than a buffer: 502, PH, and the client's connection stays",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      server.send("HTTP/1.1 200 OK\r\nX: " + "a".repeat(17000) + "\r\n\r\n");
      await client.gets(page(502));
      await rig.logged(line("0/0/0/-1/0", 502, page(502).length, "PH"));
      assert.notEqual(server.state, "open");
      client.send(get("/2"));
      await (await rig.server()).gets(get("/2"));
    },
  },
  {
    name: "a request that rules make larger than a buffer: 500 at once, PR, no server is asked",
    options: { frontend: `http-request set-header X-Added ${"b".repeat(2000)}` },
    async play(rig) {
      const client = await rig.client();
      client.send(get("/", "X: " + "a".repeat(15000)));
      await client.gets(page(500));
      await rig.logged(line("0/0/0/-1/0", 500, page(500).length, "PR"));
    },
  },
  {
    name: "an answer that rules make larger than a buffer: 500 at once, PH",
    options: { frontend: `http-response set-header X-Added ${"b".repeat(2000)}` },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await rig.pass(16);
      server.send(ok("hi", "X: " + "a".repeat(15000)));
      await client.gets(page(500));
      await rig.logged(line("0/0/0/-1/16", 500, page(500).length, "PH"));
      assert.notEqual(server.state, "open");
    },
  },
  {
    name: "a bad chunk with the head of a request: 400, PR",
    async play(rig) {
      const client = await rig.client();
      client.send(message("POST / HTTP/1.1", ["Host: x", CHUNKED]) + "zz\r\n");
      await client.getsEnd(page400);
      await rig.logged(
        'fe fe/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"',
      );
      assert.equal(rig.origin().accepted, 0);
    },
  },
  {
    name: "a bad chunk later in a request: 400, PH, and the server's connection is closed",
    async play(rig) {
      const client = await rig.client();
      client.send(message("POST / HTTP/1.1", ["Host: x", CHUNKED]) + "2\r\nab\r\n");
      const server = await rig.server();
      await server.take();
      await rig.pass(16);
      client.send("zz\r\n");
      await client.getsEnd(page(400, true));
      await server.getsEnd();
      await rig.logged(line("0/0/0/-1/16", 400, page(400, true).length, "PH", "POST / HTTP/1.1"));
    },
  },
  {
    name: "a bad chunk with the head of an answer: 502, PH",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      await rig.pass(16);
      server.send(message("HTTP/1.1 200 OK", [CHUNKED]) + "zz\r\n");
      await client.gets(page(502));
      await rig.logged(line("0/0/0/-1/16", 502, page(502).length, "PH"));
    },
  },
  {
    name: "a bad chunk later in an answer: it is cut off, SD",
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const server = await rig.server();
      const begin = message("HTTP/1.1 200 OK", [CHUNKED]) + "2\r\nab\r\n";
      server.send(begin);
      await client.gets(begin);
      server.send("zz\r\n");
      await client.getsEnd();
      await rig.logged(line("0/0/0/0/0", 200, begin.length, "SD"));
    },
  },
];

testCases("messages", CASES);
