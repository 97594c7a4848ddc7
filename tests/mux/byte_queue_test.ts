import assert from "node:assert/strict";
import { ByteQueue } from "../../lib/mux/byte_queue.ts";
import { Random } from "../support/random.ts";

Deno.test("bytes leave queues in the order in which they came, whatever memory is used again", () => {
  const random = new Random(7);
  const queues = Array.from(
    { length: 5 },
    () => ({ queue: new ByteQueue(), model: [] as number[] }),
  );
  let next = 0;
  for (let step = 0; step < 20_000; step++) {
    const { queue, model } = random.pick(queues);
    if (random.below(2) === 0) {
      const bytes = Uint8Array.from({ length: random.below(700) }, () => next++ & 255);
      const from = random.below(bytes.length + 1);
      queue.append(bytes, from, bytes.length);
      model.push(...bytes.subarray(from));
    } else {
      const into = new Uint8Array(900);
      const count = queue.take(into, 3, random.below(800));
      assert.deepEqual([...into.subarray(3, 3 + count)], model.splice(0, count));
    }
    assert.equal(queue.length, model.length);
  }
});
