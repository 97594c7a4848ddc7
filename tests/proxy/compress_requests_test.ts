/** Compression of requests in a running proxy: which, how they are framed, and that they can be sent again. */
import assert from "node:assert/strict";
import zlib from "node:zlib";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { type Rig, rigTest, S1 } from "../support/proxy_rig.ts";
import { type Case, get, message, ok, post, testCases } from "./support.ts";

const TEXT = "hello hello hello hello hello hello\n".repeat(20);
const ON = "compression direction request\ncompression algo-req gzip";
const STRICT = `${ON}\ncompression type-req text/ application/json\ncompression minsize-req 100`;

/** Content of a body in chunks, as it came; undefined: it is not complete. */
function content(text: string): Uint8Array | undefined {
  let body = "";
  for (let rest = text.slice(text.indexOf("\r\n\r\n") + 4);;) {
    const match = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (match === null) return undefined;
    const size = parseInt(match[1], 16);
    rest = rest.slice(match[0].length);
    if (size === 0) return rest === "\r\n" ? bytesOfLatin1(body) : undefined;
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}

const unzipped = (text: string) => {
  const bytes = content(text);
  return bytes && new TextDecoder().decode(zlib.gunzipSync(bytes));
};

const whole = (...fields: string[]) => post(TEXT.length, TEXT, ...fields);

/** What the server gets of a request. */
async function forwarded(rig: Rig, request: string): Promise<string> {
  const client = await rig.client();
  client.send(request);
  const server = await rig.server();
  await rig.pass(1);
  return await server.take();
}

const CASES: readonly Case[] = [
  {
    name: "a body of known length goes out as chunks of gzip, and the connection lives on",
    options: { frontend: ON },
    async play(rig) {
      const client = await rig.client();
      client.send(whole("Content-Type: text/plain"));
      const server = await rig.server();
      for (let i = 0; i < 2; i++) {
        if (i > 0) client.send(whole());
        await rig.pass(1);
        const text = await server.take();
        assert.match(text, /\r\nContent-Encoding: gzip\r\n/);
        assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/);
        assert.doesNotMatch(text, /content-length/i);
        assert.equal(unzipped(text), TEXT);
        assert.ok(text.length < TEXT.length);
        // Answers are not concerned.
        server.send(ok(TEXT, "Content-Type: text/plain"));
        await client.gets(ok(TEXT, "Content-Type: text/plain"));
      }
    },
  },
  {
    name: "a body that comes in parts, and one that comes in chunks, go out as they come",
    options: { frontend: ON },
    async play(rig) {
      const client = await rig.client();
      client.send(post(TEXT.length, ""));
      const server = await rig.server();
      await rig.pass(1);
      let text = await server.take();
      for (let at = 0; at < TEXT.length; at += 100) {
        client.send(TEXT.slice(at, at + 100));
        await rig.pass(1);
        const more = await server.take();
        assert.ok(more.length > 0, "each part goes out at once");
        text += more;
      }
      assert.equal(unzipped(text), TEXT);
      server.send(ok());
      await client.gets(ok());
      const chunked = message("POST / HTTP/1.1", ["Host: x", "Transfer-Encoding: chunked"]);
      client.send(`${chunked}5\r\nhello\r\n`);
      await rig.pass(1);
      text = await server.take();
      assert.equal(text.match(/transfer-encoding/gi)?.length, 1);
      client.send("6\r\n world\r\n0\r\n\r\n");
      await rig.pass(1);
      text += await server.take();
      assert.equal(unzipped(text), "hello world");
      server.send(ok());
      await client.gets(ok());
    },
  },
  {
    name: "a request that is sent again is compressed again",
    options: {
      frontend: ON,
      backend: `retry-on empty-response\nserver s1 ${S1}`,
    },
    async play(rig) {
      const client = await rig.client();
      client.send(whole());
      for (let i = 0; i < 2; i++) {
        const server = await rig.server();
        await rig.pass(1);
        assert.equal(unzipped(await server.take()), TEXT);
        if (i === 0) server.close();
        else server.send(ok());
        await rig.pass(1100);
      }
      await client.gets(ok());
    },
  },
  {
    name: "the backend's algorithm and types come before the frontend's",
    options: {
      frontend: `${ON}\ncompression type-req image/`,
      backend: `compression algo-req deflate\ncompression type-req text/\nserver s1 ${S1}`,
    },
    async play(rig) {
      const text = await forwarded(rig, whole("Content-Type: text/plain"));
      assert.match(text, /\r\nContent-Encoding: deflate\r\n/);
      const bytes = content(text);
      assert.equal(new TextDecoder().decode(zlib.inflateSync(bytes!)), TEXT);
    },
  },
  {
    name: "direction both compresses requests and answers",
    options: {
      frontend: "compression direction both\ncompression algo gzip\ncompression algo-req gzip",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(whole("Accept-Encoding: gzip"));
      const server = await rig.server();
      await rig.pass(1);
      assert.equal(unzipped(await server.take()), TEXT);
      server.send(ok(TEXT));
      await rig.pass(1);
      const answer = await client.take();
      assert.match(answer, /\r\nContent-Encoding: gzip\r\n/);
      assert.equal(unzipped(answer), TEXT);
    },
  },
  {
    name: "a client that goes away in the middle takes the server's connection with it",
    options: { frontend: ON },
    async play(rig) {
      const client = await rig.client();
      client.send(post(TEXT.length, TEXT.slice(0, 50)));
      const server = await rig.server();
      await rig.pass(1);
      assert.equal(content(await server.take()), undefined);
      client.close();
      await rig.pass(1);
      assert.notEqual(server.state, "open");
    },
  },
  {
    name: "a limit before the encoder counts content, one behind it what goes out",
    options: {
      frontend: `${ON}
filter bwlim-in content default-limit 100 default-period 1s
filter compression
filter bwlim-in wire default-limit 100 default-period 1s
http-request set-bandwidth-limit content if { path /content }
http-request set-bandwidth-limit wire if { path /wire }`,
    },
    async play(rig) {
      const took: number[] = [];
      for (const path of ["/content", "/wire"]) {
        const client = await rig.client();
        client.send(post(TEXT.length, "", "Connection: close").replace("/ ", `${path} `));
        const server = await rig.server();
        await rig.pass(1);
        let text = await server.take();
        client.send(TEXT);
        let seconds = 0;
        while (unzipped(text) === undefined) {
          await rig.pass(1000);
          text += await server.take();
          assert.ok(++seconds < 30, text);
        }
        assert.equal(unzipped(text), TEXT);
        took.push(seconds);
        server.send(ok("", "Connection: close"));
        server.finish();
        await rig.pass(1);
        client.close();
      }
      assert.ok(took[0] >= 5 && took[1] <= 2, `${took}`);
    },
  },
];

testCases("compression of requests", CASES);

/** What goes to the server as the client sent it. */
const UNTOUCHED: readonly (readonly [why: string, request: string, lines?: string])[] = [
  ["a type that is not listed", whole("Content-Type: image/png")],
  ["no type where types are listed", whole()],
  ["a body below minsize-req", post(99, TEXT.slice(0, 99), "Content-Type: text/plain")],
  ["no body", get("/", "Content-Type: text/plain")],
  ["an empty body", post(0, "", "Content-Type: text/plain"), ON],
  ["what is encoded already", whole("Content-Type: text/plain", "Content-Encoding: br")],
  ["a part", whole("Content-Type: text/plain", "Content-Range: bytes 0-1/2")],
  ["a body with a digest", whole("Content-Type: text/plain", "Content-Digest: sha-256=:YQ==:")],
  ["no-transform", whole("Content-Type: text/plain", "Cache-Control: no-transform")],
  ["a client of HTTP/1.0", whole("Content-Type: text/plain").replace("HTTP/1.1", "HTTP/1.0")],
  ["direction response", whole(), "compression algo-req gzip\ncompression algo gzip"],
  ["direction request without an algorithm", whole(), "compression direction request"],
  ["identity", whole(), "compression direction request\ncompression algo-req identity"],
];

for (const [why, request, lines = STRICT] of UNTOUCHED) {
  rigTest(`compression of requests: ${why} stays as it is`, { frontend: lines }, async (rig) => {
    const text = await forwarded(rig, request);
    assert.equal(text.replace("HTTP/1.0", "HTTP/1.1"), request.replace("HTTP/1.0", "HTTP/1.1"));
  });
}

rigTest("compression of requests: maxcomprate lets them pass by", {
  global: "maxcomprate 1",
  frontend: ON,
}, async (rig) => {
  const body = "x".repeat(3000);
  const first = await forwarded(rig, post(body.length, body));
  assert.match(first, /Content-Encoding: gzip/);
  assert.equal(await forwarded(rig, post(body.length, body)), post(body.length, body));
});
