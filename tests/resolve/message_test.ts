import assert from "node:assert/strict";
import {
  type AnswerStatus,
  isHostName,
  type Question,
  readAnswer,
  writeQuestion,
} from "../../lib/resolve/message.ts";
import { Random } from "../support/random.ts";
import { a, aaaa, answerTo, cname, rcode, srv } from "./support.ts";

const question: Question = { id: 7, name: "app.test", type: "A" };
const asked = { ...question };

Deno.test("a question asks for recursion and says how long an answer may be (RFC 6891)", () => {
  const bytes = writeQuestion(question, 4096);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  assert.equal(
    hex,
    "00 07 01 00 00 01 00 00 00 00 00 01 " +
      "03 61 70 70 04 74 65 73 74 00 00 01 00 01 " +
      "00 00 29 10 00 00 00 00 00 00 00",
  );
});

Deno.test("the addresses of a name and of what it is an alias of are its own, others are not", () => {
  const answer = readAnswer(
    answerTo(asked, [
      a("other.test", "10.6.6.6"),
      cname("APP.test", "x.cdn.test"),
      cname("x.cdn.test", "y.cdn.test"),
      a("y.cdn.test", "10.0.0.1"),
      a("y.CDN.test", "10.0.0.2"),
      a("y.cdn.test", "10.0.0.1"),
      a("x.cdn.test", "10.6.6.7"),
      aaaa("y.cdn.test", "::1"),
    ]),
    question,
  );
  assert.equal(answer.status, "valid");
  assert.deepEqual(answer.addresses, ["10.0.0.1", "10.0.0.2"]);
  assert.equal(answer.alias, true);
});

Deno.test("SRV records come with their targets' addresses", () => {
  const name = "_http._tcp.app.test";
  const answer = readAnswer(
    answerTo({ id: 7, name, type: "SRV" }, [
      srv(name, "One.test", 8080, 512, 3),
      srv("_x._tcp.app.test", "two.test", 1),
      srv(name, "bad name\n.test", 1),
    ], {
      additionals: [a("one.test", "10.0.0.1"), aaaa("one.test", "::1"), a("two.test", "10.0.0.2")],
    }),
    { id: 7, name, type: "SRV" },
  );
  assert.deepEqual(answer.services, [{ target: "One.test", port: 8080, weight: 512, priority: 3 }]);
  assert.deepEqual(answer.additional.get("one.test"), ["10.0.0.1", "::1"]);
});

const verdicts: readonly [what: string, bytes: Uint8Array, status: AnswerStatus][] = [
  ["no answers", answerTo(asked), "empty"],
  ["NXDOMAIN", answerTo(asked, [], rcode(3)), "nx"],
  ["REFUSED", answerTo(asked, [], rcode(5)), "refused"],
  ["SERVFAIL", answerTo(asked, [], rcode(2)), "other"],
  [
    "a truncated answer",
    answerTo(asked, [a("app.test", "10.0.0.1")], { flags: 1 << 9 }),
    "truncated",
  ],
  ["another id", answerTo({ ...asked, id: 8 }, [a("app.test", "10.0.0.1")]), "foreign"],
  ["another name", answerTo({ ...asked, name: "app.tset" }, [a("app.test", "1.1.1.1")]), "foreign"],
  ["another type", answerTo({ ...asked, type: "AAAA" }, [a("app.test", "1.1.1.1")]), "foreign"],
  ["a question", new Uint8Array(writeQuestion(question, 512)), "invalid"],
  ["no question", answerTo(asked, [], { questions: [] }), "invalid"],
  [
    "two questions",
    answerTo(asked, [], { questions: [{ type: "A", name: "app.test" }, { type: "A", name: "b" }] }),
    "invalid",
  ],
  ["nothing", new Uint8Array(0), "foreign"],
  ["half a header", answerTo(asked).subarray(0, 11), "foreign"],
];

for (const [what, bytes, status] of verdicts) {
  Deno.test(`${what} is ${status}`, () => {
    assert.equal(readAnswer(bytes, question).status, status);
  });
}

/** A header that says so many records, and what follows it. */
function forged(counts: readonly number[], tail: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(12 + tail.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, question.id);
  view.setUint16(2, 0x8180);
  counts.forEach((count, i) => view.setUint16(4 + 2 * i, count));
  bytes.set(tail, 12);
  return bytes;
}

const NAME = [3, 97, 112, 112, 4, 116, 101, 115, 116, 0, 0, 1, 0, 1];

Deno.test("names that point to themselves, forwards or in a circle are invalid", () => {
  for (
    const tail of [
      [0xc0, 12, 0, 1, 0, 1],
      [0xc0, 30, 0, 1, 0, 1],
      [3, 97, 112, 112, 0xc0, 12, 0, 1, 0, 1],
      [...NAME, 0xc0, 26, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4],
      [...NAME, 0xc0, 28, 0xc0, 26, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4],
    ]
  ) {
    const answers = tail.length > NAME.length ? 1 : 0;
    const { status } = readAnswer(forged([1, answers, 0, 0], tail), question);
    assert.equal(status, "invalid", tail.join(" "));
  }
});

Deno.test("counts that cannot be true cost nothing", () => {
  const began = performance.now();
  for (let n = 0; n < 1000; n++) {
    const bytes = forged([1, 65535, 65535, 65535], NAME);
    assert.equal(readAnswer(bytes, question).status, "invalid");
    assert.equal(readAnswer(forged([65535, 0, 0, 0], NAME), question).status, "invalid");
  }
  assert.ok(performance.now() - began < 1000);
});

Deno.test("whatever bytes come, there is an answer and no exception", () => {
  const rng = new Random(4711);
  const good = answerTo(asked, [
    cname("app.test", "b.test"),
    a("b.test", "10.0.0.1"),
    aaaa("b.test", "::1"),
    srv("b.test", "c.test", 1),
  ], { additionals: [{ type: "TXT", name: "b.test", data: "x" }] });
  for (let n = 0; n < 20_000; n++) {
    const bytes = good.slice(0, n % 3 === 0 ? rng.below(good.length + 1) : good.length);
    for (let k = rng.below(6); k > 0 && bytes.length > 0; k--) {
      bytes[rng.below(bytes.length)] = rng.below(256);
    }
    if (bytes.length > 1 && n % 2 === 0) bytes.set([0, 7]);
    const answer = readAnswer(bytes, question);
    for (const address of answer.addresses) assert.match(address, /^[0-9.]+$/);
  }
});

Deno.test("host names have labels of letters, digits, hyphens and underscores", () => {
  for (const good of ["a", "a.b", "_http._tcp.x", "A-b.c3", "x".repeat(63) + ".y"]) {
    assert.ok(isHostName(good), good);
  }
  for (
    const bad of ["", ".", "a..b", "a b", "a\n", "-a", "x".repeat(64), "é", "a.b.", "a".repeat(254)]
  ) {
    assert.ok(!isHostName(bad), bad);
  }
});
