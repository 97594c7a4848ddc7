/** `limit-body` in a running proxy: what is refused, and what is cut off where it becomes too large. */
import assert from "node:assert/strict";
import { get, message, ok, page, post, testCases } from "./support.ts";

const chunkedPost = message("POST / HTTP/1.1", ["Host: x", "Transfer-Encoding: chunked"]);
const chunkedAnswer = message("HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"]);
const TEN = "a\r\n0123456789\r\n";
const LAST = "0\r\n\r\n";

testCases("limit-body", [
  {
    name: "what says that it is larger is refused before a server hears of it",
    options: { frontend: "http-request limit-body 10" },
    async play(rig) {
      const client = await rig.client();
      client.send(post(11, ""));
      await rig.pass(0);
      assert.match(await client.take(), /^HTTP\/1\.1 413 [^]*connection: close/i);
      assert.equal(rig.origin().accepted, 0);
      assert.match((await rig.takeLog()).join(), / 413 .* PR-- /);
    },
  },
  {
    name: "what is as large as it may be passes, in any framing, and the connection lives on",
    options: { frontend: "http-request limit-body 10\nhttp-response limit-body 10" },
    async play(rig) {
      const client = await rig.client();
      client.send(post(10, "0123456789"));
      const server = await rig.server();
      await server.gets(post(10, "0123456789"));
      server.send(ok("0123456789"));
      await client.gets(ok("0123456789"));
      client.send(chunkedPost + TEN + LAST);
      await server.gets(chunkedPost + TEN + LAST);
      server.send(chunkedAnswer + TEN + LAST);
      await client.gets(chunkedAnswer + TEN + LAST);
    },
  },
  {
    name: "a request in chunks that is here as a whole is refused by its rule",
    options: { frontend: "http-request limit-body 10" },
    async play(rig) {
      const client = await rig.client();
      client.send(`${chunkedPost}${TEN}1\r\nx\r\n${LAST}`);
      await rig.pass(0);
      assert.match(await client.take(), /^HTTP\/1\.1 413 /);
      assert.equal(rig.origin().accepted, 0);
    },
  },
  {
    name: "a request in chunks gets 413 where it becomes larger, and its server no byte of that",
    options: { frontend: "http-request limit-body 15" },
    async play(rig) {
      const client = await rig.client();
      client.send(chunkedPost + TEN);
      const server = await rig.server();
      await server.gets(chunkedPost + TEN);
      client.send(TEN);
      await rig.pass(0);
      assert.equal(await server.take(), "");
      assert.notEqual(server.state, "open");
      assert.match(await client.take(), /^HTTP\/1\.1 413 /);
      assert.match((await rig.takeLog()).join(), / 413 .* PH-- /);
      assert.equal(rig.process.generation.backends.get("be")!.counters.toObject().dreq, 1);
    },
  },
  {
    name: "a request that becomes too large while its answer comes ends both",
    options: { frontend: "http-request limit-body 15" },
    async play(rig) {
      const client = await rig.client();
      client.send(chunkedPost + TEN);
      const server = await rig.server();
      await server.gets(chunkedPost + TEN);
      server.send(chunkedAnswer + TEN);
      await client.gets(chunkedAnswer + TEN);
      client.send(TEN);
      await rig.pass(0);
      assert.notEqual(server.state, "open");
      assert.notEqual(client.state, "open");
      assert.match((await rig.takeLog()).join(), / 200 .* PD-- /);
    },
  },
  {
    name: "an answer that is larger is 502, one that becomes larger is cut off",
    options: { frontend: "http-response limit-body 15" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(ok("0123456789abcdef"));
      await rig.pass(0);
      assert.match(await client.take(), /^HTTP\/1\.1 502 /);
      assert.match((await rig.takeLog()).join(), / 502 .* PH-- /);
      client.send(get());
      const server = await rig.server();
      server.send(chunkedAnswer + TEN);
      await client.gets(chunkedAnswer + TEN);
      server.send(TEN + LAST);
      await rig.pass(0);
      await client.getsEnd("");
      assert.notEqual(server.state, "open");
      assert.match((await rig.takeLog()).join(), / 200 .* PD-- /);
    },
  },
  {
    name: "an answer in chunks that is here as a whole is 502, HEAD has no body",
    options: { frontend: "http-response limit-body 15" },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      (await rig.server()).send(chunkedAnswer + TEN + TEN + LAST);
      await client.gets(page(502));
      await rig.takeLog();
      client.send(get().replace("GET", "HEAD"));
      const large = message("HTTP/1.1 200 OK", ["Content-Length: 1000"]);
      (await rig.server()).send(large);
      await client.gets(large);
    },
  },
  {
    name: "a size may be a sample, and what a cache has is measured, too",
    options: {
      more: "cache c\n total-max-size 1",
      frontend: "http-request set-var(txn.most) req.hdr(most)\nhttp-request cache-use c\n" +
        "http-response limit-body var(txn.most) if { var(txn.most) -m found }\n" +
        "http-response cache-store c",
    },
    async play(rig) {
      const client = await rig.client();
      client.send(get());
      const answer = ok("hello", "Cache-Control: max-age=60");
      (await rig.server()).send(answer);
      await client.gets(answer);
      client.send(get("/", "Most: 5"));
      await rig.pass(0);
      assert.match(await client.take(), /^HTTP\/1\.1 200 [^]*hello$/);
      client.send(get("/", "Most: 4"));
      await rig.pass(0);
      assert.match(await client.take(), /^HTTP\/1\.1 502 /);
      assert.equal(rig.origin().accepted, 1);
    },
  },
]);
