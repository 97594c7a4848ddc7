import assert from "node:assert/strict";
import { type Conn, IoStatus } from "../../lib/net/conn.ts";
import { discard, writeAll } from "../../lib/net/io.ts";
import { unixAddress } from "../../lib/net/address.ts";

type Answer = number | Promise<number>;

/** A connection whose answers are given beforehand; it notes what was written. */
function scripted(answers: Answer[]): Conn & { written: number[] } {
  const written: number[] = [];
  const end = unixAddress("");
  return {
    local: end,
    remote: end,
    written,
    read: () => answers.shift() ?? IoStatus.Eof,
    write(from) {
      const answer = answers.shift() ?? from.length;
      if (typeof answer === "number") written.push(...from.subarray(0, answer));
      return answer;
    },
    closeWrite() {},
    close() {},
    abort() {},
  };
}

const BYTES = new Uint8Array([1, 2, 3, 4, 5, 6]);

Deno.test("writeAll answers at once when every write does", () => {
  const conn = scripted([2, 1, 3]);
  assert.equal(writeAll(conn, BYTES), 0);
  assert.deepEqual(conn.written, [...BYTES]);
});

Deno.test("writeAll of nothing writes nothing", () => {
  const conn = scripted([IoStatus.Reset]);
  assert.equal(writeAll(conn, new Uint8Array(0)), 0);
});

Deno.test("writeAll answers the status that stopped it at once", () => {
  assert.equal(writeAll(scripted([2, IoStatus.Reset]), BYTES), IoStatus.Reset);
});

Deno.test("writeAll goes on after a promise, with what is left", async () => {
  const sizes: number[] = [];
  const answers: Answer[] = [1, Promise.resolve(2), 1, Promise.resolve(1), 1];
  const conn = scripted([]);
  conn.write = (from) => {
    sizes.push(from.length);
    return answers.shift()!;
  };
  const answer = writeAll(conn, BYTES);
  assert.notEqual(typeof answer, "number");
  assert.equal(await answer, 0);
  assert.deepEqual(sizes, [6, 5, 3, 2, 1]);
});

Deno.test("writeAll answers a status that comes late, at once or by a promise", async () => {
  const late = Promise.resolve(2);
  assert.equal(await writeAll(scripted([late, IoStatus.TimedOut]), BYTES), IoStatus.TimedOut);
  const later = Promise.resolve<number>(IoStatus.Aborted);
  assert.equal(await writeAll(scripted([3, later]), BYTES), IoStatus.Aborted);
});

Deno.test("discard reads to the end, to the limit, or to a failure", async () => {
  const into = new Uint8Array(8);
  assert.equal(await discard(scripted([8, Promise.resolve(8), 0]), into, 100), IoStatus.Eof);
  assert.equal(await discard(scripted([8, 8, 8]), into, 16), 1);
  assert.equal(await discard(scripted([8, IoStatus.Reset]), into, 100), IoStatus.Reset);
});

Deno.test("discard never asks for more than is left of the limit", async () => {
  const sizes: number[] = [];
  const conn = scripted([]);
  conn.read = (into) => {
    sizes.push(into.length);
    return into.length;
  };
  assert.equal(await discard(conn, new Uint8Array(8), 20), 1);
  assert.deepEqual(sizes, [8, 8, 4]);
});
