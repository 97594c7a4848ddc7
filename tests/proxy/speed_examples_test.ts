/** The examples of docs/speed.md, each run as it stands there. */
import assert from "node:assert/strict";
import { docExamples } from "../support/doc_examples.ts";
import { FRONTEND, type Rig, S1 } from "../support/proxy_rig.ts";
import { get, message, ok, post } from "./support.ts";

const examples = docExamples("speed.md");
const TEXT = "the same line again and again\n".repeat(100);

/** What a client hears of a request, and whether a server was asked. */
async function ask(rig: Rig, request: string, answer?: string, source = "127.0.0.1") {
  const before = rig.origin(S1).accepted;
  const client = await rig.client(FRONTEND, true, source);
  client.send(request.replace("Host: x", "Host: x\r\nConnection: close"));
  await rig.pass(0);
  const served = rig.origin(S1).accepted > before;
  let asked = "";
  if (served) {
    const server = await rig.server();
    asked = await server.take();
    server.send((answer ?? ok()).replace("\r\n", "\r\nConnection: close\r\n"));
    server.finish();
    await rig.pass(0);
  }
  const text = await client.take();
  client.close();
  await rig.pass(0);
  return { text, served, asked };
}

examples.test(
  "Compression",
  "what is text and large enough, for those who take it",
  async (rig) => {
    const page = ok(TEXT, "Content-Type: text/html");
    const gzip = get("/", "Accept-Encoding: gzip");
    const { text, asked } = await ask(rig, gzip, page);
    assert.match(text, /\r\nContent-Encoding: gzip\r\n/);
    assert.doesNotMatch(asked, /accept-encoding/i, "servers are not asked for it (offload)");
    assert.doesNotMatch((await ask(rig, get(), page)).text, /content-encoding/i);
    const image = ok(TEXT, "Content-Type: image/png");
    assert.doesNotMatch((await ask(rig, gzip, image)).text, /content-encoding/i);
    const small = ok("small", "Content-Type: text/html");
    assert.doesNotMatch((await ask(rig, gzip, small)).text, /content-encoding/i);
  },
);

examples.test("Requests", "large ones of text are compressed on their way", async (rig) => {
  const large = post(TEXT.length, TEXT, "Content-Type: application/json");
  assert.match((await ask(rig, large)).asked, /\r\nContent-Encoding: gzip\r\n/);
  const small = post(5, "small", "Content-Type: application/json");
  assert.doesNotMatch((await ask(rig, small)).asked, /content-encoding/i);
});

examples.test("The order of filters", "the limit counts what goes out", async (rig) => {
  const body = "x".repeat(4 * 2 ** 20);
  const client = await rig.client();
  client.send(get("/", "Accept-Encoding: gzip"));
  (await rig.server()).send(ok(body));
  await rig.pass(1000);
  // Four seconds' worth of content is much less than one of what goes out.
  assert.match(await client.take(), /\r\n0\r\n\r\n$/);
});

examples.test("Cache", "hits are marked, errors are covered, who may purges", async (rig) => {
  const page = ok("hello", "Cache-Control: max-age=30");
  const purge = message("PURGE /static/a HTTP/1.1", ["Host: x"]);
  const first = await ask(rig, get("/static/a"), page);
  assert.doesNotMatch(first.text, /x-cache/i);
  const hit = await ask(rig, get("/static/a"));
  assert.ok(!hit.served);
  assert.match(hit.text, /\r\nX-Cache: HIT\r\n/);
  await rig.pass(31_000);
  const broken = message("HTTP/1.1 500 No", ["Content-Length: 0"]);
  assert.match((await ask(rig, get("/static/a"), broken)).text, /^HTTP\/1\.1 200 [^]*hello$/);
  assert.match((await ask(rig, get("/static/a"), page)).text, /hello$/);
  const not = message("HTTP/1.1 405 Not That", ["Content-Length: 0"]);
  assert.ok((await ask(rig, purge, not)).served, "who may not purge asks the server");
  assert.match((await ask(rig, purge, undefined, "127.0.0.2")).text, /^HTTP\/1\.1 200 /);
  assert.ok((await ask(rig, get("/static/a"), page)).served);
}, (text) => text.replace("10.0.0.0/8", "127.0.0.2"));

examples.testAll();
