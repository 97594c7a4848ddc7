import assert from "node:assert/strict";
import fc from "fast-check";
import { BitTree } from "../../lib/balance/bit_tree.ts";

Deno.test("the next member is found wherever it is", () => {
  const history = fc.record({
    length: fc.constantFrom(1, 2, 31, 32, 33, 1000, 1024, 1025, 40_000),
    steps: fc.array(fc.record({ add: fc.boolean(), at: fc.nat(), run: fc.nat(70) })),
    asks: fc.array(fc.nat(), { minLength: 1 }),
  });
  fc.assert(
    fc.property(history, ({ length, steps, asks }) => {
      const tree = new BitTree(length);
      const model = new Array<boolean>(length).fill(true);
      for (const { add, at, run } of steps) {
        for (let i = at % length; i < Math.min(length, at % length + run); i++) {
          model[i] = add;
          if (add) tree.add(i);
          else tree.remove(i);
        }
      }
      for (const ask of [...asks.map((a) => a % length), 0, length - 1, length]) {
        assert.equal(tree.next(ask), model.indexOf(true, ask));
      }
    }),
    { seed: 20240609, numRuns: 300 },
  );
});

Deno.test("an emptied set has no next member, and finds those that come back", () => {
  const tree = new BitTree(5000);
  for (let i = 0; i < 5000; i++) tree.remove(i);
  assert.equal(tree.next(0), -1);
  tree.add(4999);
  assert.equal(tree.next(0), 4999);
  assert.equal(tree.next(4999), 4999);
  assert.equal(tree.next(5000), -1);
});
