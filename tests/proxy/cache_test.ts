/** A cache in a running proxy. */
import assert from "node:assert/strict";
import type { MemoryPeer } from "../support/memory_peer.ts";
import { type Rig, S1 } from "../support/proxy_rig.ts";
import { INVALIDATION_CASES } from "../cache/cases.ts";
import { get, message, ok, testCases } from "./support.ts";

const SECTION = (more = "") => `cache c\n total-max-size 1\n max-object-size 65536\n${more}\n`;
const FRONTEND = "http-request cache-use c\nhttp-response cache-store c";
const FRESH = "Cache-Control: max-age=60";

const TABLE = "backend t\n stick-table type ip size 10 store http_req_cnt\n";
const with_ = (more = "", frontend = FRONTEND) => ({ more: SECTION(more) + TABLE, frontend });

/** A request on a connection of its own: what the client heard, and whether a server was asked. */
async function ask(
  rig: Rig,
  request: string,
  answer?: string,
): Promise<{ readonly text: string; readonly served: boolean }> {
  const before = rig.origin(S1).accepted;
  const client = await rig.client();
  client.send(request.replace("Host: x", "Host: x\r\nConnection: close"));
  await rig.pass(0);
  const served = rig.origin(S1).accepted > before;
  if (served) {
    const server = await rig.server();
    if (answer === undefined) server.close();
    else {
      server.send(answer.replace("\r\n", "\r\nConnection: close\r\n"));
      server.finish();
    }
    await rig.pass(0);
  }
  const text = await client.take();
  client.close();
  await rig.pass(0);
  return { text, served };
}

const page = (body: string, ...fields: string[]) => ok(body, FRESH, ...fields);

testCases("cache", [
  {
    name: "the second request is answered without the server, with its age",
    options: with_(),
    async play(rig) {
      const first = await ask(rig, get("/a"), page("hello", "Content-Type: text/plain"));
      assert.ok(first.served);
      assert.doesNotMatch(first.text, /\r\nAge:/);
      await rig.pass(7000);
      const second = await ask(rig, get("/a"));
      assert.ok(!second.served);
      assert.match(second.text, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(second.text, /\r\nContent-Type: text\/plain\r\n/);
      assert.match(second.text, /\r\nAge: 7\r\n/);
      assert.match(second.text, /\r\nContent-Length: 5\r\n/);
      assert.match(second.text, /\r\n\r\nhello$/);
      assert.ok((await ask(rig, get("/b"), ok())).served, "another address");
      assert.ok((await ask(rig, get("/a").replace("Host: x", "Host: x\r\nA: b"))).served === false);
      await rig.pass(53_000);
      assert.ok((await ask(rig, get("/a"), ok())).served, "it is too old");
    },
  },
  {
    name: "HEAD and conditional requests are answered from it",
    options: with_(),
    async play(rig) {
      await ask(rig, get("/"), page("hello", 'ETag: "v1"'));
      const head = await ask(rig, get("/").replace("GET", "HEAD"));
      assert.ok(!head.served);
      assert.match(head.text, /Content-Length: 5\r\n[^]*\r\n\r\n$/);
      const known = await ask(rig, get("/", 'If-None-Match: "v1"'));
      assert.match(known.text, /^HTTP\/1\.1 304 Not Modified\r\n/);
      assert.match(known.text, /\r\nETag: "v1"\r\n/);
      assert.match(known.text, /\r\n\r\n$/);
      assert.match((await ask(rig, get("/", 'If-None-Match: "v0"'))).text, /^HTTP\/1\.1 200 /);
    },
  },
  {
    name: "a chunked answer is kept as the content that it is",
    options: with_(),
    async play(rig) {
      const chunked = message("HTTP/1.1 200 OK", [FRESH, "Transfer-Encoding: chunked"]) +
        "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
      assert.match((await ask(rig, get(), chunked)).text, /4\r\ndefg\r\n0\r\n\r\n$/);
      const { text, served } = await ask(rig, get());
      assert.ok(!served);
      assert.match(text, /\r\nContent-Length: 7\r\n[^]*\r\n\r\nabcdefg$/);
      assert.doesNotMatch(text, /chunked/i);
    },
  },
  {
    name: "an answer that is cut off, or larger than an object may be, is not kept",
    options: with_("max-object-size 100"),
    async play(rig) {
      await ask(rig, get("/cut"), message("HTTP/1.1 200 OK", [FRESH, "Content-Length: 9"]) + "abc");
      assert.ok((await ask(rig, get("/cut"), ok())).served);
      const large = message("HTTP/1.1 200 OK", [FRESH, "Transfer-Encoding: chunked"]) +
        `c8\r\n${"x".repeat(200)}\r\n0\r\n\r\n`;
      assert.match((await ask(rig, get("/large"), large)).text, /x{200}/);
      assert.ok((await ask(rig, get("/large"), ok())).served);
      const { memory } = rig.process.generation.caches.get("c")!;
      assert.equal(memory.freeBlocks, memory.blocks);
    },
  },
  {
    name: "answers that vary are kept apart, when process-vary says so",
    options: with_("process-vary on\nmax-secondary-entries 2"),
    async play(rig) {
      const lang = (language: string) => get("/", `Accept-Language: ${language}`);
      for (const language of ["de", "en"]) {
        await ask(rig, lang(language), page(language, "Vary: Accept-Language"));
      }
      for (const language of ["de", "en"]) {
        const { text, served } = await ask(rig, lang(language));
        assert.ok(!served);
        assert.match(text, new RegExp(`\r\n\r\n${language}$`));
      }
      assert.ok((await ask(rig, lang("fr"), page("fr", "Vary: Accept-Language"))).served);
      assert.ok((await ask(rig, lang("fr"), ok())).served, "there are two already");
    },
  },
  {
    name: "a method that changes things drops what is kept, unless it fails",
    options: with_(),
    async play(rig) {
      const unsafe = (method: string) =>
        message(`${method} /a HTTP/1.1`, ["Host: x", "Content-Length: 0"]);
      await ask(rig, get("/a"), page("a"));
      await ask(rig, get("/list"), page("list"));
      await ask(rig, unsafe("PUT"), message("HTTP/1.1 403 Forbidden", ["Content-Length: 0"]));
      assert.ok(!(await ask(rig, get("/a"))).served);
      await ask(
        rig,
        unsafe("DELETE"),
        message("HTTP/1.1 200 OK", ["Content-Length: 0", "Content-Location: /list"]),
      );
      assert.ok((await ask(rig, get("/a"), page("b"))).served);
      assert.ok((await ask(rig, get("/list"), ok())).served);
    },
  },
  {
    name: "only-if-cached gets 504 when there is nothing",
    options: with_(),
    async play(rig) {
      const { text, served } = await ask(rig, get("/", "Cache-Control: only-if-cached"));
      assert.ok(!served);
      assert.match(text, /^HTTP\/1\.1 504 /);
    },
  },
  {
    name: "the log says <CACHE>, and rules see where an answer came from",
    options: {
      more: SECTION(),
      frontend:
        `${FRONTEND}\nhttp-after-response set-header X "%[res.cache_hit] %[res.cache_name]"`,
    },
    async play(rig) {
      assert.match((await ask(rig, get(), page("a"))).text, /\r\nX: 0 \r\n/);
      await rig.takeLog();
      assert.match((await ask(rig, get())).text, /\r\nX: 1 c\r\n/);
      assert.match((await rig.takeLog()).join(), /^fe fe\/<CACHE> .* 200 \d+ - - ---- /);
    },
  },
  {
    name: "headers that rules set before cache-store are kept, those behind it are not",
    options: {
      more: SECTION(),
      frontend: "http-request cache-use c",
      backend: `server s1 ${S1}\nhttp-response set-header A before\nhttp-response cache-store c\n` +
        "http-response set-header B behind",
    },
    async play(rig) {
      const first = await ask(rig, get(), page("a"));
      assert.match(first.text, /\r\nA: before\r\n/);
      assert.match(first.text, /\r\nB: behind\r\n/);
      const second = await ask(rig, get());
      assert.match(second.text, /\r\nA: before\r\n/);
      assert.doesNotMatch(second.text, /\r\nB: /);
    },
  },
  {
    name: "stale-if-error: an old object stands in for a server that fails, for so long",
    options: with_(
      "stale-if-error 30s",
      `${FRONTEND}\nhttp-response set-header X-Cache HIT if { res.cache_hit }`,
    ),
    async play(rig) {
      await ask(rig, get(), page("old"));
      await rig.pass(61_000);
      for (const answer of [undefined, message("HTTP/1.1 503 X", ["Content-Length: 0"])]) {
        const { text, served } = await ask(rig, get(), answer);
        assert.ok(served);
        assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nX-Cache: HIT\r\n[^]*\r\n\r\nold$/);
      }
      await rig.pass(30_000);
      assert.match((await ask(rig, get(), undefined)).text, /^HTTP\/1\.1 50[23] /);
    },
  },
  {
    name:
      "stale-while-revalidate: an old object is given at once while it is fetched anew, for so long",
    options: with_("stale-while-revalidate 30s", `http-request track-sc0 src table t\n${FRONTEND}`),
    async play(rig) {
      await ask(rig, get("/a"), page("old", 'ETag: "1"'));
      await rig.pass(61_000);
      let client = await rig.client();
      client.send(get("/a", "X-Mine: 1"));
      await rig.pass(1);
      assert.match(await client.take(), /^HTTP\/1\.1 200 OK\r\n[^]*Age: 61\r\n[^]*\r\n\r\nold$/);
      // The request that fetches it is one of the proxy's own, by the rules that see answers.
      const server = await rig.server();
      const asked = await server.take();
      assert.match(asked, /^GET \/a HTTP\/1\.1\r\nHost: x\r\nX-Mine: 1\r\n/);
      // Another client meanwhile gets the old one as well, and nobody else asks.
      client.send(get("/a"));
      await rig.pass(1);
      assert.match(await client.take(), /\r\n\r\nold$/);
      const { accepted } = rig.origin(S1);
      server.send(page("new"));
      await rig.pass(1);
      const second = await ask(rig, get("/a"));
      assert.ok(!second.served);
      assert.match(second.text, /\r\n\r\nnew$/);
      assert.equal(rig.origin(S1).accepted, accepted);
      // Conditions of clients are not passed on, and a server that fails leaves the old object where it is.
      await rig.pass(61_000);
      client = await rig.client();
      client.send(get("/a", 'If-None-Match: "x"'));
      await rig.pass(1);
      assert.match(await client.take(), /\r\n\r\nnew$/);
      const again = rig.origin(S1).accepted > accepted ? await rig.server() : server;
      assert.doesNotMatch(await again.take(), /If-None-Match/);
      again.send(message("HTTP/1.1 503 X", ["Content-Length: 0"]));
      await rig.pass(1);
      client.send(get("/a"));
      await rig.pass(1);
      assert.match(await client.take(), /\r\n\r\nnew$/);
      // It was each client's request that counted, not the proxy's own ones.
      const table = rig.process.generation.tables.get("t")!;
      const entry = table.lookup(0x7f000001, rig.clock.wall());
      assert.equal(table.get(entry, table.column("http_req_cnt")!, rig.clock.wall()), 6);
      await rig.pass(31_000);
    },
  },
  {
    name: "coalesce: one request asks the server however many clients wait",
    options: with_("coalesce 5s"),
    async play(rig) {
      const clients: MemoryPeer[] = [];
      for (let i = 0; i < 5; i++) {
        const client = await rig.client();
        client.send(get());
        clients.push(client);
        await rig.pass(1);
      }
      assert.equal(rig.origin(S1).accepted, 1);
      (await rig.server()).send(page("shared"));
      await rig.pass(1);
      for (const client of clients) assert.match(await client.take(), /\r\n\r\nshared$/);
      assert.equal(rig.origin(S1).accepted, 1);
    },
  },
  {
    name: "coalesce: who waited for an answer that is not kept asks for itself",
    options: with_("coalesce 5s"),
    async play(rig) {
      const one = await rig.client();
      one.send(get());
      const two = await rig.client();
      two.send(get());
      await rig.pass(1);
      assert.equal(rig.origin(S1).accepted, 1);
      (await rig.server()).send(ok("mine", "Cache-Control: private"));
      await rig.pass(1);
      assert.match(await one.take(), /mine$/);
      assert.equal(rig.origin(S1).accepted, 2);
      // And who has waited for too long.
      const three = await rig.client();
      three.send(get());
      await rig.pass(5001);
      assert.equal(rig.origin(S1).accepted, 3);
    },
  },
  {
    name: "ranges: a part of an object, and one that it does not have",
    options: with_("ranges on"),
    async play(rig) {
      await ask(rig, get(), page("0123456789", 'ETag: "a"'));
      const part = await ask(rig, get("/", "Range: bytes=2-4"));
      assert.match(part.text, /^HTTP\/1\.1 206 Partial Content\r\n/);
      assert.match(part.text, /\r\nContent-Range: bytes 2-4\/10\r\n/);
      assert.match(part.text, /\r\n\r\n234$/);
      const none = await ask(rig, get("/", "Range: bytes=50-"));
      assert.match(none.text, /^HTTP\/1\.1 416 [^]*Content-Range: bytes \*\/10\r\n/);
    },
  },
  {
    name: "cache-purge drops an object for those who may",
    options: {
      more: SECTION(),
      frontend: `http-request cache-purge c if { method PURGE } { src 127.0.0.0/8 }\n${FRONTEND}`,
    },
    async play(rig) {
      const purge = message("PURGE / HTTP/1.1", ["Host: x"]);
      assert.match((await ask(rig, purge)).text, /^HTTP\/1\.1 404 /);
      await ask(rig, get(), page("a"));
      assert.match((await ask(rig, purge)).text, /^HTTP\/1\.1 200 /);
      assert.ok((await ask(rig, get(), ok())).served);
    },
  },
  {
    name: "what is kept is compressed for those who take it",
    options: {
      more: SECTION(),
      frontend: `${FRONTEND}\ncompression algo gzip`,
    },
    async play(rig) {
      await ask(rig, get(), page("x".repeat(500), 'ETag: "v"'));
      const plain = await ask(rig, get());
      assert.match(plain.text, /\r\n\r\nx{500}$/);
      const { text, served } = await ask(rig, get("/", "Accept-Encoding: gzip"));
      assert.ok(!served);
      assert.match(text, /\r\nContent-Encoding: gzip\r\n/);
      assert.match(text, /\r\nETag: W\/"v"\r\n/);
      assert.ok(text.length < 300);
    },
  },
  {
    name: "the cache lives on over a reload",
    options: with_(),
    async play(rig) {
      await ask(rig, get(), page("a"));
      assert.deepEqual(await rig.reload({ ...with_("max-age 30"), defaults: "retries 2" }), []);
      assert.ok(!(await ask(rig, get())).served);
    },
  },
]);

testCases(
  "cache, RFC 9111 section 4.4",
  INVALIDATION_CASES.map(([why, method, status, fields, dropped]) => ({
    name: `${why}: ${dropped.length === 0 ? "nothing" : dropped.join(" and ")} is dropped`,
    options: with_(),
    async play(rig) {
      for (const path of ["/a", "/b"]) await ask(rig, get(path), page(path));
      const request = message(`${method} /a HTTP/1.1`, ["Host: x", "Content-Length: 0"]);
      const answer = message(`HTTP/1.1 ${status} X`, [...fields, "Content-Length: 0"]);
      // What is safe may be answered from the cache.
      await ask(rig, request, answer);
      for (const path of ["/a", "/b"]) {
        const { served } = await ask(rig, get(path), page(path));
        assert.equal(served, dropped.includes(path), path);
      }
    },
  })),
);
