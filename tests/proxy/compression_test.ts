/** Compression in a running proxy: which answers, how they are framed, and what servers are asked. */
import assert from "node:assert/strict";
import zlib from "node:zlib";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { type Rig, type RigOptions, rigTest } from "../support/proxy_rig.ts";
import { type Case, get, message, testCases } from "./support.ts";

const TEXT = "hello hello hello hello hello hello\n".repeat(20);
const ON = "compression algo gzip deflate\ncompression type text/ application/json";

interface Answer {
  readonly head: string;
  readonly body: Uint8Array;
}

/** An answer taken apart, its chunks put together. */
function parse(text: string): Answer {
  const at = text.indexOf("\r\n\r\n");
  assert.ok(at > 0, JSON.stringify(text));
  const head = text.slice(0, at + 2);
  let rest = text.slice(at + 4);
  if (!/\r\ntransfer-encoding: chunked\r\n/i.test(head)) return { head, body: bytesOfLatin1(rest) };
  let body = "";
  for (;;) {
    const [line] = rest.split("\r\n", 1);
    const size = parseInt(line, 16);
    assert.ok(size >= 0, line);
    rest = rest.slice(line.length + 2);
    if (size === 0) break;
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
  assert.equal(rest, "\r\n");
  return { head, body: bytesOfLatin1(body) };
}

const page = (...fields: string[]) =>
  message("HTTP/1.1 200 OK", [...fields, `Content-Length: ${TEXT.length}`]) + TEXT;

async function exchange(rig: Rig, answer: string, request: string): Promise<Answer> {
  const client = await rig.client();
  client.send(request);
  (await rig.server()).send(answer);
  await rig.pass(1);
  return parse(await client.take());
}

const accepts = (accepted: string, ...more: string[]) =>
  get("/", `Accept-Encoding: ${accepted}`, ...more);

Deno.test("compression: the parser of this test reads chunks", () => {
  const text = message("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"]) +
    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  assert.equal(new TextDecoder().decode(parse(text).body), "abcde");
});

/** What stays as the server sent it. */
const UNTOUCHED: readonly (readonly [why: string, fields: string[], more?: {
  request?: string;
  status?: string;
}])[] = [
  ["a client that takes nothing", ["Content-Type: text/html"], { request: get() }],
  ["a client of HTTP/1.0", ["Content-Type: text/html"], {
    request: accepts("gzip").replace("HTTP/1.1", "HTTP/1.0"),
  }],
  ["a type that is not listed", ["Content-Type: image/png"]],
  ["no type where types are listed", []],
  ["what is encoded already", ["Content-Type: text/html", "Content-Encoding: br"]],
  ["no-transform", ["Content-Type: text/html", "Cache-Control: max-age=1, no-transform"]],
  ["a part", ["Content-Type: text/html", "Content-Range: bytes 0-9/20"], {
    status: "206 Partial Content",
  }],
  ["an error", ["Content-Type: text/html"], { status: "404 Not Found" }],
  ["an ETag that is none", ["Content-Type: text/html", "ETag: abc"]],
  ["a server of HTTP/1.0", ["Content-Type: text/html"], { status: "1.0" }],
];

for (const [why, fields, { request = accepts("gzip"), status = "200 OK" } = {}] of UNTOUCHED) {
  rigTest(
    `compression: ${why} stays as it is`,
    { backend: `server s1 127.0.0.1:8001\n${ON}` },
    async (rig) => {
      const old = status === "1.0";
      const line = old ? "HTTP/1.0 200 OK" : `HTTP/1.1 ${status}`;
      const answer = message(line, [...fields, `Content-Length: ${TEXT.length}`]) + TEXT;
      const { head, body } = await exchange(rig, answer, request);
      assert.doesNotMatch(head, /content-encoding: (?!br)/i);
      assert.match(head, /content-length/i);
      assert.equal(new TextDecoder().decode(body), TEXT);
    },
  );
}

const CASES: readonly Case[] = [
  {
    name: "gzip: in chunks, with Vary and a weak ETag, and the connection lives on",
    options: { frontend: ON },
    async play(rig) {
      const client = await rig.client();
      client.send(accepts("gzip"));
      const server = await rig.server();
      for (let i = 0; i < 2; i++) {
        if (i > 0) client.send(accepts("gzip"));
        await server.gets(accepts("gzip"));
        const fields = ["Content-Type: text/html; charset=utf-8", 'ETag: "v1"', "Vary: Origin"];
        server.send(page(...fields));
        await rig.pass(1);
        const { head, body } = parse(await client.take());
        assert.match(head, /\r\nContent-Encoding: gzip\r\n/);
        assert.match(head, /\r\nETag: W\/"v1"\r\n/);
        assert.match(head, /\r\nVary: Origin\r\n/);
        assert.match(head, /\r\nVary: Accept-Encoding\r\n/);
        assert.doesNotMatch(head, /content-length/i);
        assert.ok(body.length < TEXT.length / 4);
        assert.equal(new TextDecoder().decode(zlib.gunzipSync(body)), TEXT);
      }
      const { counters } = rig.process.generation.frontends[0];
      assert.equal(counters.toObject().comp_rsp, 2);
      assert.equal(counters.toObject().comp_in, 2 * TEXT.length);
    },
  },
  {
    name: "Vary is there for those who get it uncompressed too",
    options: { frontend: ON },
    async play(rig) {
      const { head } = await exchange(rig, page("Content-Type: text/html"), get());
      assert.match(head, /\r\nVary: Accept-Encoding\r\n/);
      assert.match(head, /content-length/i);
    },
  },
  {
    name: "deflate is zlib's format, br works for those who ask for it",
    options: { frontend: "compression algo br deflate" },
    async play(rig) {
      const one = await exchange(rig, page(), accepts("deflate, gzip"));
      assert.match(one.head, /Content-Encoding: deflate/);
      assert.equal(new TextDecoder().decode(zlib.inflateSync(one.body)), TEXT);
      const client = await rig.client();
      client.send(accepts("br"));
      (await rig.server()).send(page("Connection: close"));
      // Brotli works on a thread of its own.
      let text = "";
      while (!text.includes("\r\n0\r\n\r\n")) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        text += await client.take();
      }
      const two = parse(text);
      assert.match(two.head, /Content-Encoding: br/);
      assert.equal(new TextDecoder().decode(zlib.brotliDecompressSync(two.body)), TEXT);
    },
  },
  {
    name: "a chunked answer and one that ends with its connection are framed anew",
    options: { frontend: ON },
    async play(rig) {
      const chunked = message("HTTP/1.1 200 OK", [
        "Content-Type: text/plain",
        "Transfer-Encoding: chunked",
      ]) + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
      const one = await exchange(rig, chunked, accepts("gzip"));
      assert.equal(one.head.match(/transfer-encoding/gi)?.length, 1);
      assert.equal(new TextDecoder().decode(zlib.gunzipSync(one.body)), "hello world");
      const client = await rig.client();
      client.send(accepts("gzip"));
      const server = await rig.server();
      server.send(message("HTTP/1.1 200 OK", ["Content-Type: text/plain"]) + "to the end");
      server.finish();
      await rig.pass(1);
      const two = parse(await client.take());
      assert.equal(new TextDecoder().decode(zlib.gunzipSync(two.body)), "to the end");
    },
  },
  {
    name: "events go out as they come",
    options: { frontend: ON },
    async play(rig) {
      const client = await rig.client();
      client.send(accepts("gzip"));
      const server = await rig.server();
      server.send(message("HTTP/1.1 200 OK", [
        "Content-Type: text/event-stream",
        "Transfer-Encoding: chunked",
      ]));
      await rig.pass(1);
      await client.take();
      const seen: Uint8Array[] = [];
      for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
        server.send(`${event.length.toString(16)}\r\n${event}\r\n`);
        await rig.pass(1);
        const chunk = await client.take();
        const size = parseInt(chunk, 16);
        seen.push(bytesOfLatin1(chunk.slice(chunk.indexOf("\r\n") + 2).slice(0, size)));
        const all = new Uint8Array(seen.flatMap((bytes) => [...bytes]));
        const read = zlib.gunzipSync(all, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
        assert.ok(new TextDecoder().decode(read).endsWith(event));
      }
    },
  },
  {
    name: "offload: the server is not asked for compressed answers, the client gets them",
    options: { frontend: "compression offload", backend: `server s1 127.0.0.1:8001\n${ON}` },
    async play(rig) {
      const client = await rig.client();
      client.send(accepts("gzip"));
      const server = await rig.server();
      await server.gets(get());
      server.send(page("Content-Type: text/html"));
      await rig.pass(1);
      assert.match(parse(await client.take()).head, /Content-Encoding: gzip/);
    },
  },
  {
    name: "a server that breaks off in the middle breaks the answer off",
    options: { frontend: ON },
    async play(rig) {
      const client = await rig.client();
      client.send(accepts("gzip"));
      const server = await rig.server();
      server.send(message("HTTP/1.1 200 OK", ["Content-Type: text/a", "Content-Length: 99"]) + "x");
      await rig.pass(1);
      server.close();
      await rig.pass(1);
      const text = await client.take();
      assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
      assert.notEqual(client.state, "open");
    },
  },
  {
    name: "what is no body is answered with 502 while nothing was sent",
    options: { frontend: ON },
    async play(rig) {
      const bad = message("HTTP/1.1 200 OK", [
        "Content-Type: text/a",
        "Transfer-Encoding: chunked",
      ]) + "zz\r\n";
      const { head } = await exchange(rig, bad, accepts("gzip"));
      assert.match(head, /^HTTP\/1\.1 502 /);
    },
  },
  {
    name: "answers smaller than minsize-res stay, and HEAD has the head of what is not compressed",
    options: { frontend: `${ON}\ncompression minsize-res 1k` },
    async play(rig) {
      const { head } = await exchange(rig, page("Content-Type: text/html"), accepts("gzip"));
      assert.match(head, /Content-Length: 720/);
      const client = await rig.client();
      client.send(accepts("gzip").replace("GET", "HEAD"));
      (await rig.server()).send(message("HTTP/1.1 200 OK", [
        "Content-Type: text/html",
        "Content-Length: 5000",
      ]));
      await rig.pass(1);
      assert.match(await client.take(), /Content-Length: 5000/);
    },
  },
  {
    name: "without types every type is compressed, and the log can say it",
    options: {
      frontend: "compression algo gzip\nlog-format '%[res.comp] %[res.comp_algo]'",
    } as RigOptions,
    async play(rig) {
      const { head } = await exchange(rig, page(), accepts("gzip"));
      assert.match(head, /Content-Encoding: gzip/);
      assert.match((await rig.takeLog()).join(), /1 gzip/);
    },
  },
];

testCases("compression", CASES);
