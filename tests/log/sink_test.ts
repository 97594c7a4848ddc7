import assert from "node:assert/strict";
import { createSink, type LinePort, PortResult } from "../../lib/log/sink.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A port in memory: answers what `answers` holds first, then takes everything. */
class MemoryPort implements LinePort {
  readonly sent: string[] = [];
  readonly batches: number[] = [];
  answers: (number | Promise<number>)[] = [];
  closed = 0;

  send(bytes: Uint8Array, ends: Uint32Array, count: number): number | Promise<number> {
    const answer = this.answers.shift() ?? count;
    this.batches.push(count);
    if (typeof answer === "number" && answer > 0) this.take(bytes, ends, answer);
    return answer;
  }

  take(bytes: Uint8Array, ends: Uint32Array, count: number): void {
    let start = 0;
    for (let i = 0; i < count; i++) {
      this.sent.push(new TextDecoder().decode(bytes.subarray(start, ends[i])));
      start = ends[i];
    }
  }

  close(): void {
    this.closed++;
  }
}

function setup(options: { maxLines?: number; maxChars?: number } = {}) {
  const clock = new FakeClock();
  const port = new MemoryPort();
  let opened = 0;
  let drops = 0;
  const sink = createSink("memory", () => {
    opened++;
    return port;
  }, { clock, ...options, onDrop: () => drops++ });
  return { clock, port, sink, opened: () => opened, drops: () => drops };
}

Deno.test("lines written within a millisecond go out in one batch, in order", () => {
  const { clock, port, sink } = setup();
  for (const line of ["a", "b", "c"]) sink.write(line);
  assert.deepEqual(port.sent, []);
  clock.advance(1);
  assert.deepEqual(port.sent, ["a\n", "b\n", "c\n"]);
  assert.deepEqual(port.batches, [3]);
  assert.deepEqual(sink.stats, { sent: 3, dropped: 0, queued: 0 });
  assert.equal(clock.pending, 0);
});

Deno.test("a full batch does not wait for the millisecond", () => {
  const { port, sink } = setup();
  for (let i = 0; i < 64; i++) sink.write(String(i));
  assert.equal(port.sent.length, 64);
});

Deno.test("one turn of the loop sends a bounded share of a long queue", () => {
  const { clock, port, sink } = setup();
  port.answers = [PortResult.AGAIN];
  for (let i = 0; i < 2000; i++) sink.write(String(i));
  assert.equal(port.sent.length, 0);
  clock.advance(5);
  assert.equal(port.sent.length, 2000);
  assert.ok(Math.max(...port.batches) <= 64);
  assert.equal(port.sent[1999], "1999\n");
});

Deno.test("a full queue drops new lines and counts them", () => {
  const { clock, port, sink, drops } = setup({ maxLines: 3 });
  port.answers = [PortResult.FAILED];
  sink.write("0");
  clock.advance(1);
  for (const line of ["1", "2", "3", "4"]) sink.write(line);
  assert.deepEqual(sink.stats, { sent: 0, dropped: 2, queued: 3 });
  assert.equal(drops(), 2);
  clock.advance(100);
  assert.deepEqual(port.sent, ["0\n", "1\n", "2\n"]);
});

Deno.test("the queue is bounded in characters too, but takes one line of any length", () => {
  const { sink } = setup({ maxChars: 10 });
  sink.write("x".repeat(50));
  sink.write("y");
  assert.deepEqual(sink.stats, { sent: 0, dropped: 1, queued: 1 });
});

Deno.test("a destination that fails is opened anew after a pause that doubles up to 5 s", () => {
  const { clock, port, sink, opened } = setup();
  port.answers = Array.from({ length: 9 }, () => PortResult.FAILED);
  sink.write("a");
  const pauses: number[] = [];
  let last = clock.now();
  for (let ms = 0; ms < 40_000 && port.sent.length === 0; ms += 10) {
    const before = opened();
    clock.advance(10);
    if (opened() > before) {
      pauses.push(clock.now() - last);
      last = clock.now();
    }
  }
  assert.deepEqual(pauses, [10, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  assert.deepEqual(port.sent, ["a\n"]);
  assert.equal(port.closed, 9);
});

Deno.test("writing during a pause does not try earlier", () => {
  const { clock, port, sink } = setup();
  port.answers = [PortResult.FAILED];
  sink.write("a");
  clock.advance(1);
  for (let i = 0; i < 100; i++) sink.write("b");
  clock.advance(50);
  assert.equal(port.batches.length, 1);
  clock.advance(50);
  assert.equal(port.sent.length, 101);
});

Deno.test("a port that has no room keeps its socket and is asked again", () => {
  const { clock, port, sink, opened } = setup();
  port.answers = [PortResult.AGAIN, 1, PortResult.AGAIN];
  sink.write("a");
  sink.write("b");
  clock.advance(1);
  assert.deepEqual(port.sent, []);
  clock.advance(5);
  assert.deepEqual(port.sent, ["a\n"]);
  clock.advance(5);
  assert.deepEqual(port.sent, ["a\n", "b\n"]);
  assert.equal(opened(), 1);
});

Deno.test("a line that can never be sent is dropped, the next one goes out", () => {
  const { clock, port, sink } = setup();
  port.answers = [PortResult.REFUSED];
  sink.write("too long");
  sink.write("b");
  clock.advance(1);
  assert.deepEqual(port.sent, ["b\n"]);
  assert.deepEqual(sink.stats, { sent: 1, dropped: 1, queued: 0 });
});

Deno.test("a port that throws or rejects is treated as failed, never seen by the writer", async () => {
  const clock = new FakeClock();
  let turn = 0;
  const good = new MemoryPort();
  const sink = createSink("odd", () => {
    turn++;
    if (turn === 1) throw new Error("no socket");
    if (turn === 2) return Promise.reject(new Error("no name"));
    if (turn === 3) {
      return {
        send() {
          throw new Error("boom");
        },
        close() {},
      };
    }
    if (turn === 4) return { send: () => Promise.reject(new Error("late")), close() {} };
    return Promise.resolve(good);
  }, { clock });
  sink.write("a");
  for (let i = 0; i < 6; i++) await clock.advanceAsync(5000);
  assert.deepEqual(good.sent, ["a\n"]);
  assert.equal(turn, 5);
});

Deno.test("only one send is under way; what is written meanwhile waits for its answer", async () => {
  const { clock, port, sink } = setup();
  let answer: (n: number) => void = () => {};
  port.answers = [new Promise((resolve) => answer = resolve)];
  sink.write("a");
  clock.advance(1);
  for (let i = 0; i < 200; i++) sink.write("b");
  clock.advance(1000);
  assert.equal(port.batches.length, 1);
  const flushed = sink.flush();
  answer(1);
  await flushed;
  assert.equal(port.sent.length, 200);
  assert.deepEqual(sink.stats, { sent: 201, dropped: 0, queued: 0 });
});

Deno.test("flush sends at once and gives up on a destination that fails", async () => {
  const { port, sink } = setup();
  sink.write("a");
  await sink.flush();
  assert.deepEqual(port.sent, ["a\n"]);
  port.answers = [PortResult.FAILED];
  sink.write("b");
  await sink.flush();
  assert.equal(sink.stats.queued, 1);
});

Deno.test("closing counts what waited as dropped and takes nothing more", () => {
  const { clock, port, sink } = setup();
  sink.write("a");
  sink.close();
  sink.write("b");
  clock.advance(10);
  assert.deepEqual(port.sent, []);
  assert.deepEqual(sink.stats, { sent: 0, dropped: 2, queued: 0 });
  assert.equal(clock.pending, 0);
});
