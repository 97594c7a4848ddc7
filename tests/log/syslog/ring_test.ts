import assert from "node:assert/strict";
import { Ring, ringBytes } from "../../../lib/log/syslog/ring.ts";
import { Random } from "../../support/random.ts";

const ring = (size: number) => new Ring(new SharedArrayBuffer(ringBytes(size)));

Deno.test("a ring keeps the newest messages that fit, and numbers them on", () => {
  const r = ring(1024);
  for (let i = 0; i < 1000; i++) r.write(`message ${i}`);
  const { messages, next } = r.readAll();
  assert.equal(next, 1000);
  assert.equal(messages.at(-1), "message 999");
  assert.equal(messages.length, Math.floor(1024 / 15));
  assert.deepEqual(r.read(998).messages, ["message 998", "message 999"]);
  assert.deepEqual(r.read(next), { messages: [], next });
});

Deno.test("whatever is written, what is read is the end of it", () => {
  const random = new Random(1);
  const r = ring(200);
  const all: string[] = [];
  for (let i = 0; i < 2000; i++) {
    const text = String.fromCharCode(33 + i % 90).repeat(random.below(60));
    all.push(text);
    r.write(text);
    const { messages } = r.readAll();
    assert.deepEqual(messages, all.slice(all.length - messages.length));
    assert.ok(messages.length > 0);
  }
});

Deno.test("a message that is larger than the ring is cut, and wide characters become UTF-8", () => {
  const r = ring(100);
  r.write("x".repeat(500));
  assert.equal(r.readAll().messages[0].length, 96);
  r.write("€");
  assert.deepEqual(r.readAll().messages, ["\xe2\x82\xac"]);
});

Deno.test("another thread sees what is written, and is woken by it", async () => {
  const memory = new SharedArrayBuffer(ringBytes(1024));
  const writer = new Ring(memory);
  const reader = new Ring(memory);
  const woken = reader.untilWritten(reader.next);
  writer.write("hello");
  await woken;
  assert.deepEqual(reader.readAll().messages, ["hello"]);
});
