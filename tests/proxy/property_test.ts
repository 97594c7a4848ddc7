/**
 * Whatever valid requests are pipelined, however their bytes and those of the answers are cut into pieces and
 * whenever these come: each side gets exactly what the other one sent, byte for byte, in order.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { MemoryPeer } from "../support/memory_peer.ts";
import { Rig, type RigOptions } from "../support/proxy_rig.ts";

interface Exchange {
  readonly request: string;
  /** bytes of the head */
  readonly head: number;
  readonly answer: string;
  /** the server answers as soon as it has the head */
  readonly early: boolean;
}

interface Plan {
  readonly exchanges: readonly Exchange[];
  readonly options: RigOptions;
  /** what happens next: which side sends how many bytes, or how many ms pass */
  readonly steps: readonly {
    readonly who: "client" | "server" | "clock";
    readonly amount: number;
  }[];
}

const NAME = fc.stringMatching(/^X-[A-Za-z0-9!#$%&'*+.^_`|~-]{0,12}$/);
const VALUE = fc.stringMatching(/^(?:[!-~\u00a1-\u00ff](?:[ -~\u00a1-\u00ff]{0,30}[!-~])?)?$/);
const SPACE = fc.constantFrom("", " ", "  ", "\t");
const FIELDS = fc.array(
  fc.tuple(NAME, SPACE, VALUE, SPACE).map(([n, a, v, b]) => `${n}:${a}${v}${b}\r\n`),
  { maxLength: 6 },
).map((lines) => lines.join(""));
const CONTENT = fc.oneof(
  fc.string({ unit: "binary-ascii", maxLength: 200 }),
  fc.integer({ min: 0, max: 40000 }).map((n) => "0123456789".repeat(n / 10 + 1).slice(0, n)),
);

/** Framing fields and the body on the wire. */
const BODY = fc.oneof(
  CONTENT.map((text) => ({ fields: `Content-Length: ${text.length}\r\n`, wire: text })),
  fc.record({
    chunks: fc.array(CONTENT.filter((text) => text.length > 0), { maxLength: 4 }),
    extension: fc.constantFrom("", ";a=1", ' ; b="x"'),
    trailers: FIELDS,
  }).map(({ chunks, extension, trailers }) => ({
    fields: "Transfer-Encoding: chunked\r\n",
    wire: chunks.map((c) => `${c.length.toString(16)}${extension}\r\n${c}\r\n`).join("") +
      `0\r\n${trailers}\r\n`,
  })),
);
const NO_BODY = fc.constant({ fields: "", wire: "" });

const REQUEST = fc.record({
  method: fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"),
  target: fc.stringMatching(/^\/[!$-;=@-Z_a-z~%]{0,40}$/),
  before: FIELDS,
  after: FIELDS,
  body: fc.oneof(NO_BODY, BODY),
});

const ANSWER = fc.record({
  interim: fc.array(fc.tuple(fc.constantFrom("100 Continue", "103 Early Hints"), FIELDS), {
    maxLength: 2,
  }),
  status: fc.constantFrom("200 OK", "201 ", "404 Not here", "500 Oops", "204 None", "304 Same"),
  fields: FIELDS,
  body: BODY,
});

const EXCHANGE = fc.record({ request: REQUEST, answer: ANSWER, early: fc.boolean() }).map(
  ({ request: r, answer: a, early }): Exchange => {
    const head = `${r.method} ${r.target} HTTP/1.1\r\n${r.before}Host: x\r\n${r.body.fields}` +
      `${r.after}\r\n`;
    const bodiless = r.method === "HEAD" || /^[23]04/.test(a.status);
    // RFC 9110 sections 8.6 and 6.1 of RFC 9112: 204 has neither field.
    const framing = a.status.startsWith("204") ? "" : a.body.fields;
    const interim = a.interim.map(([status, fields]) => `HTTP/1.1 ${status}\r\n${fields}\r\n`);
    return {
      request: head + r.body.wire,
      head: head.length,
      answer: `${interim.join("")}HTTP/1.1 ${a.status}\r\n${framing}${a.fields}\r\n` +
        (bodiless ? "" : a.body.wire),
      early,
    };
  },
);

const PLAN: fc.Arbitrary<Plan> = fc.record({
  exchanges: fc.array(EXCHANGE, { minLength: 1, maxLength: 5 }),
  options: fc.record({
    capacity: fc.constantFrom(64, 100, 2048, 20000, 1 << 20),
    immediate: fc.boolean(),
    defaults: fc.constantFrom(
      "http-reuse never",
      "http-reuse safe",
      "http-reuse always",
      "option abortonclose",
    ),
  }),
  steps: fc.array(
    fc.record({
      who: fc.constantFrom("client", "server", "clock"),
      amount: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30000 })),
    }),
    { maxLength: 60 },
  ),
});

Deno.test("any valid pipelined exchanges pass byte for byte, however they are cut", async () => {
  await fc.assert(fc.asyncProperty(PLAN, run), { seed: 20240607, numRuns: 400 });
});

async function run({ exchanges, options, steps }: Plan): Promise<void> {
  const rig = new Rig(options);
  await rig.start();
  const client = await rig.client();
  const wanted = {
    server: exchanges.map(({ request }) => request).join(""),
    client: exchanges.map(({ answer }) => answer).join(""),
  };
  const left = { client: wanted.server, server: "" };
  const got = { client: "", server: "" };
  let server: MemoryPeer | undefined;
  let answered = 0;
  /** bytes of the requests before the one that is to be answered next */
  let before = 0;
  const look = async () => {
    if (server === undefined && rig.origin().accepted > 0) server = await rig.server();
    got.client += await client.take();
    if (server !== undefined) got.server += await server.take();
    assert.ok(wanted.server.startsWith(got.server), "what the server gets");
    assert.ok(wanted.client.startsWith(got.client), "what the client gets");
    const next = exchanges[answered];
    if (next === undefined) return;
    const enough = before + (next.early ? next.head : next.request.length);
    if (got.server.length < enough) return;
    before += next.request.length;
    answered++;
    left.server += next.answer;
  };
  const send = (who: "client" | "server", amount: number) => {
    const text = left[who];
    if (text === "") return;
    left[who] = text.slice(amount);
    (who === "client" ? client : server!).send(text.slice(0, amount));
  };
  for (const { who, amount } of steps) {
    if (who === "clock") await rig.pass(amount % 100);
    else send(who, amount);
    await look();
  }
  for (let n = 0; n < 2 * exchanges.length + 2; n++) {
    send("client", Infinity);
    send("server", Infinity);
    await look();
  }
  assert.equal(got.server, wanted.server);
  assert.equal(got.client, wanted.client);
  assert.equal(client.state, "open");
  assert.equal(rig.origin().accepted, 1, "server connections");
  const logged = await rig.takeLog();
  assert.equal(logged.length, exchanges.length);
  for (const text of logged) assert.match(text, / - - ---- 1\/1\/0\/0\/0 0\/0 "/);
  await rig.stop();
}
