/** The examples of docs/protection.md, each run as it stands there. */
import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { docExamples } from "../support/doc_examples.ts";
import { freePort } from "../support/ports.ts";
import { FRONTEND, type Rig, S1, S2 } from "../support/proxy_rig.ts";
import { get, message, ok, post } from "./support.ts";

/** of the server that has the keys */
const PORT = freePort();

const examples = docExamples("protection.md");
const testExample = examples.test;

/** Sends a request on a connection of its own, lets a server answer, and gives what the client heard. */
async function ask(
  rig: Rig,
  request: string,
  { source = "127.0.0.1", answer = ok() } = {},
): Promise<string> {
  const served = rig.origin(S1).accepted;
  const client = await rig.client(FRONTEND, true, source);
  client.send(request.replace("Host: x", "Host: x\r\nConnection: close"));
  await rig.pass(0);
  if (rig.origin(S1).accepted > served) {
    const server = await rig.server();
    server.send(answer.replace("\r\n", "\r\nConnection: close\r\n"));
    server.finish();
    await rig.pass(0);
  }
  const text = await client.take();
  client.close();
  await rig.pass(0);
  return text;
}

const status = async (...args: Parameters<typeof ask>) => Number((await ask(...args)).slice(9, 12));

testExample("Stick tables in one minute", "the 21st request in 10 s gets 429", async (rig) => {
  for (let i = 0; i < 20; i++) assert.equal(await status(rig, get()), 200);
  assert.equal(await status(rig, get()), 429);
  assert.equal(await status(rig, get(), { source: "127.0.0.2" }), 200);
  await rig.pass(20_001);
  assert.equal(await status(rig, get()), 200);
});

testExample("By address", "the answer says when to come back", async (rig) => {
  for (let i = 0; i < 20; i++) assert.equal(await status(rig, get()), 200);
  const answer = await ask(rig, get());
  assert.match(answer, /^HTTP\/1\.1 429 /);
  assert.match(answer, /\r\nretry-after: 10\r\n/i);
  assert.match(answer, /\r\n\r\nSlow down\.\n$/);
  assert.equal(await status(rig, get(), { source: "127.0.0.2" }), 200);
});

testExample("By token", "a key has its budget, from wherever it comes", async (rig) => {
  assert.equal(await status(rig, get()), 401);
  const keyed = get("/", "X-Api-Key: one");
  for (let i = 0; i < 100; i++) {
    assert.equal(await status(rig, keyed, { source: `127.0.0.${1 + i % 5}` }), 200);
  }
  assert.equal(await status(rig, keyed, { source: "127.0.0.9" }), 429);
  assert.equal(await status(rig, get("/", "X-Api-Key: two")), 200);
});

testExample("By path", "only the path that is expensive is limited", async (rig) => {
  for (let i = 0; i < 5; i++) assert.equal(await status(rig, get("/search?q=1")), 200);
  assert.equal(await status(rig, get("/search?q=2")), 429);
  assert.equal(await status(rig, get("/search/more")), 200);
  assert.equal(await status(rig, get("/")), 200);
  assert.equal(await status(rig, get("/search"), { source: "127.0.0.2" }), 200);
});

testExample("Guessing passwords", "who fails too often waits, others do not", async (rig) => {
  const login = message("POST /login HTTP/1.1", ["Host: x", "Content-Length: 0"]);
  const wrong = message("HTTP/1.1 401 Unauthorized", ["Content-Length: 0"]);
  for (let i = 0; i < 4; i++) assert.equal(await status(rig, login, { answer: wrong }), 401);
  assert.equal(await status(rig, login), 200, "one that is right is not counted");
  assert.equal(await status(rig, login, { answer: wrong }), 401);
  const client = await rig.client();
  client.send(login);
  await rig.pass(9999);
  assert.equal(await client.take(), "");
  await rig.pass(1);
  assert.match(await client.take(), /^HTTP\/1\.1 429 /);
  assert.equal(await status(rig, login, { source: "127.0.0.2" }), 200);
  assert.equal(await status(rig, get()), 200, "other paths are open");
});

testExample("Connections at the same time", "the eleventh of an address is closed", async (rig) => {
  const open = [];
  for (let i = 0; i < 10; i++) open.push(await rig.client());
  const more = await rig.client();
  await more.getsEnd("");
  const other = await rig.client(FRONTEND, true, "127.0.0.2");
  assert.equal(other.state, "open");
  open[0].close();
  await rig.pass(10);
  const next = await rig.client();
  assert.equal(next.state, "open");
});

testExample(
  "Slow clients",
  "a request must be complete in time, and needs no server till then",
  async (rig) => {
    const client = await rig.client();
    for (const part of ["GET / HTTP/1.1\r\n", "Host: x\r\n", "A: b\r\n", "C: d\r\n"]) {
      client.send(part);
      await rig.pass(1200);
    }
    assert.equal(await client.take(), "");
    await rig.pass(300);
    assert.match(await client.take(), /^HTTP\/1\.1 408 /);
    assert.equal(rig.origin(S1).accepted, 0);
    const slow = await rig.client();
    slow.send(post(9, ""));
    for (const part of ["abc", "def"]) {
      await rig.pass(1200);
      slow.send(part);
    }
    await rig.pass(2599);
    assert.equal(await slow.take(), "");
    await rig.pass(100);
    assert.match(await slow.take(), /^HTTP\/1\.1 408 /);
    assert.equal(rig.origin(S1).accepted, 0);
    const quick = await rig.client();
    quick.send(post(6, "abc"));
    await rig.pass(1200);
    quick.send("def");
    await (await rig.server()).gets(post(6, "abcdef"));
  },
);

testExample("Bandwidth", "an address takes no more, on however many connections", async (rig) => {
  const body = "x".repeat(1_000_000);
  const clients = [await rig.client(), await rig.client()];
  const other = await rig.client(FRONTEND, true, "127.0.0.2");
  for (const client of [...clients, other]) {
    client.send(get());
    (await rig.server()).send(ok(body));
  }
  await rig.pass(500);
  const taken = clients.map((client) => client.received);
  assert.ok(taken[0] + taken[1] <= 2 ** 20, `${taken}`);
  assert.equal(other.received, ok(body).length);
  await rig.pass(3000);
  for (const client of clients) assert.equal(client.received, ok(body).length);
});

const keys = await generateKeyPair("RS256");
const jwks = JSON.stringify({
  keys: [{ ...await exportJWK(keys.publicKey), kid: "k", alg: "RS256" }],
});

testExample(
  "Tokens of an identity provider",
  "who has none, or not enough, is told so",
  async (rig) => {
    const server = Deno.serve(
      { port: PORT, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(jwks, { headers: { "Content-Type": "application/json" } }),
    );
    /** What a client with this token hears: keys are fetched in real time. */
    const heard = async (token: string | undefined, method = "GET") => {
      const client = await rig.client();
      const field = token === undefined ? [] : [`Authorization: Bearer ${token}`];
      client.send(message(`${method} / HTTP/1.1`, ["Host: x", "X-User: forged", ...field]));
      const before = rig.origin(S1).accepted;
      for (let text = "";;) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        await rig.pass(0);
        if (rig.origin(S1).accepted > before) {
          const origin = await rig.server();
          const seen = await origin.take();
          origin.close();
          client.close();
          return seen;
        }
        text += await client.take();
        if (text.includes("\r\n\r\n")) return text;
      }
    };
    const exp = Math.floor(rig.clock.wall() / 1000) + 60;
    const sign = (claims: Record<string, unknown>) =>
      new SignJWT({ iss: "https://issuer.example", aud: "api", sub: "ann", exp, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: "k" }).sign(keys.privateKey);
    try {
      assert.match(await heard(undefined), /^HTTP\/1\.1 401 [^]*\r\nwww-authenticate: Bearer/i);
      const reader = await sign({ scope: "read" });
      assert.match(await heard(reader), /^GET \/ [^]*\r\nX-User: ann\r\n/);
      assert.doesNotMatch(await heard(reader), /forged/);
      assert.match(await heard(reader, "DELETE"), /^HTTP\/1\.1 403 /);
      assert.match(
        await heard(await sign({ scope: "read", roles: ["admin"] }), "DELETE"),
        /^DELETE /,
      );
      assert.match(await heard(await sign({ scope: "write" })), /^HTTP\/1\.1 403 /);
      assert.match(await heard(await sign({ scope: "read", exp: exp - 120 })), /^HTTP\/1\.1 401 /);
    } finally {
      await server.shutdown();
    }
  },
  (text) => text.replace("https://issuer.example/.well-known", `http://127.0.0.1:${PORT}`),
);

testExample("Trying what happens", "so many percent wait, or hear an error", async (rig) => {
  const client = await rig.client();
  client.send(get("/", "X-Chaos: slow"));
  await rig.pass(1999);
  assert.equal(rig.origin(S1).accepted, 0);
  await rig.pass(1);
  (await rig.server()).send(ok());
  await client.gets(ok());
  assert.equal(await status(rig, get("/", "X-Chaos: bad")), 503);
  assert.equal(await status(rig, get()), 200);
  // The rig's random number is a half.
}, (text) => text.replace(/percent 10?\b/g, "percent 51"));

testExample("Canary", "a share by weight, testers by cookie or field", async (rig) => {
  /** Which of the two servers was asked. */
  const where = async (...fields: string[]) => {
    const before = rig.origin(S2).accepted;
    const client = await rig.client();
    client.send(get("/", "Connection: close", ...fields));
    await rig.pass(0);
    const canary = rig.origin(S2).accepted > before;
    const server = await rig.server(canary ? S2 : S1);
    server.send(ok("", "Connection: close"));
    server.finish();
    await rig.pass(0);
    client.close();
    await rig.pass(0);
    return canary;
  };
  assert.equal(await where("Cookie: canary=yes"), true);
  assert.equal(await where("X-Canary: yes"), true);
  assert.equal(await where("Cookie: canary=no"), false);
  let canaries = 0;
  for (let i = 0; i < 100; i++) if (await where()) canaries++;
  assert.equal(canaries, 5);
});

testExample("Mirroring", "both get it, and one of the answers is thrown away", async (rig) => {
  const client = await rig.client();
  client.send(get("/x"));
  const server = await rig.server();
  await server.gets(get("/x"));
  const copy = await rig.server(S2);
  assert.match(await copy.take(), /^GET \/x HTTP\/1\.1\r\n/);
  copy.send(ok("thrown away"));
  server.send(ok("seen"));
  await client.gets(ok("seen"));
});

testExample("Large bodies", "413 for requests, 502 for answers above the limit", async (rig) => {
  const post = (path: string, field: string) =>
    message(`POST ${path} HTTP/1.1`, ["Host: x", field]);
  assert.equal(await status(rig, post("/", `Content-Length: ${2 ** 20 + 1}`)), 413);
  assert.equal(await status(rig, post("/upload/", `Content-Length: ${100 * 2 ** 20 + 1}`)), 413);
  assert.equal(await status(rig, post("/", "Content-Length: 0")), 200);
  const large = message("HTTP/1.1 200 OK", [`Content-Length: ${50 * 2 ** 20 + 1}`]);
  assert.equal(await status(rig, get(), { answer: large }), 502);
  // In chunks, which do not say it.
  const client = await rig.client();
  client.send(post("/", "Transfer-Encoding: chunked"));
  const server = await rig.server();
  await rig.pass(0);
  const piece = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  let seen = 0;
  for (let i = 0; i <= 16; i++) {
    client.send(piece);
    await rig.pass(0);
    seen += (await server.take()).length;
  }
  assert.ok(seen >= 2 ** 20 && seen < 2 ** 20 + 1000, `${seen}`);
  assert.notEqual(server.state, "open");
  assert.match(await client.take(), /^HTTP\/1\.1 413 /);
});

testExample("Silence", "who looks for holes three times hears nothing more", async (rig) => {
  for (let i = 0; i < 3; i++) assert.equal(await status(rig, get("/wp-login.php")), 200);
  const before = rig.origin(S1).accepted;
  assert.equal(await ask(rig, get("/")), "");
  assert.equal(rig.origin(S1).accepted, before);
  assert.equal(await status(rig, get("/"), { source: "127.0.0.2" }), 200);
});

examples.testAll();
