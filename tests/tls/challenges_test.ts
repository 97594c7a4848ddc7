import assert from "node:assert/strict";
import { AcmeChallenges, CHALLENGE_BYTES } from "../../lib/tls/challenges.ts";
import { FakeClock } from "../support/fake_clock.ts";

const challenge = (domain: string) => ({ domain, token: `t-${domain}`, answer: `a-${domain}` });

Deno.test("what the first thread sets, the others answer, until it is taken back", () => {
  const block = new SharedArrayBuffer(CHALLENGE_BYTES);
  const [first, other] = [0, 1].map(() => new AcmeChallenges(block, new FakeClock()));
  assert.equal(other.answer("t-a.example"), undefined);
  first.set([challenge("a.example"), challenge("b.example")]);
  assert.equal(other.answer("t-b.example"), "a-b.example");
  assert.equal(other.answer("t-c.example"), undefined);
  first.set([]);
  assert.equal(other.answer("t-b.example"), undefined);
});

Deno.test("a reader that comes while the block is written keeps what it had", () => {
  const block = new SharedArrayBuffer(CHALLENGE_BYTES);
  const [first, other] = [0, 1].map(() => new AcmeChallenges(block, new FakeClock()));
  first.set([challenge("a.example")]);
  assert.equal(other.list.length, 1);
  const version = new Int32Array(block, 0, 1);
  Atomics.add(version, 0, 1);
  new Uint8Array(block).fill(255, 8, 100);
  assert.equal(other.answer("t-a.example"), "a-a.example");
});

Deno.test("more than the block holds is refused", () => {
  const challenges = new AcmeChallenges(new SharedArrayBuffer(CHALLENGE_BYTES), new FakeClock());
  const many = Array.from({ length: 5000 }, (_, i) => challenge(`${i}.example`));
  assert.throws(() => challenges.set(many), RangeError);
});
