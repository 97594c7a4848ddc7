import assert from "node:assert/strict";
import { Ip6, parseIp } from "../../lib/expr/ip.ts";
import { type FixedType, Typed, type Value } from "../../lib/expr/sample.ts";
import { cellBytes, SharedCell } from "../../lib/expr/shared_cell.ts";

const newBuffer = () => new SharedArrayBuffer(cellBytes(1000));

Deno.test("a value of any type that one side writes is what the other side reads", () => {
  const buffer = newBuffer();
  const [one, other] = [new SharedCell(buffer), new SharedCell(buffer)];
  assert.equal(other.read(), undefined);
  const values: [FixedType, Value][] = [
    ["bool", true],
    ["bool", false],
    ["sint", -5],
    ["sint", 9223372036854775807n],
    ["ip", parseIp("192.0.2.1")!],
    ["ip", parseIp("2001:db8::1")!],
    ["str", ""],
    ["str", "text \xff"],
    ["bin", "\0\x01"],
    ["meth", "GET"],
  ];
  for (const [type, value] of values) {
    assert.equal(one.write(new Typed(type, value)), true);
    const read = other.read()!;
    assert.equal(read.type, type);
    if (value instanceof Ip6) assert.deepEqual(read.value, value);
    else assert.equal(read.value, value);
    assert.equal(other.read(), read, "it is decoded once");
  }
  one.write(undefined);
  assert.equal(other.read(), undefined);
});

Deno.test("a value that is too long is refused, and the old one stays", () => {
  const cell = new SharedCell(newBuffer());
  assert.equal(cell.write(new Typed("str", "x".repeat(1000))), true);
  assert.equal(cell.write(new Typed("str", "y".repeat(1001))), false);
  assert.equal(cell.read()!.value, "x".repeat(1000));
});

Deno.test("a thread that ended in the middle of a write stops nobody for long", () => {
  const buffer = newBuffer();
  const cell = new SharedCell(buffer);
  cell.write(new Typed("str", "before"));
  assert.equal(cell.read()!.value, "before");
  Atomics.add(new Int32Array(buffer), 0, 1);
  assert.equal(cell.read()!.value, "before");
  assert.equal(cell.write(new Typed("str", "after")), true);
  assert.equal(new SharedCell(buffer).read()!.value, "after");
});

Deno.test("while several threads write, every value that is read is whole", async () => {
  const buffer = newBuffer();
  const url = new URL("./shared_cell_worker.ts", import.meta.url);
  const workers = [1, 2].map(() => new Worker(url, { type: "module" }));
  const done = workers.map((worker) => {
    return new Promise((resolve) => worker.onmessage = resolve);
  });
  let running = true;
  const ended = Promise.all(done).then(() => running = false);
  for (const worker of workers) worker.postMessage(buffer);
  const cell = new SharedCell(buffer);
  while (running) {
    for (let i = 0; i < 500; i++) {
      const text = cell.read()?.value as string | undefined;
      if (text !== undefined) assert.match(text, /^(.)\1*$/);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await ended;
  for (const worker of workers) worker.terminate();
  assert.match(cell.read()!.value as string, /^(.)\1*$/);
});
