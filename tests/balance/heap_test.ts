import assert from "node:assert/strict";
import fc from "fast-check";
import { Heap, HeapNode } from "../../lib/balance/heap.ts";

Deno.test("nodes come out by key, and among equal keys in the order they went in", () => {
  const operation = fc.oneof(
    fc.record({ add: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ remove: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const heap = new Heap<number>();
      const model: { node: HeapNode<number>; key: number }[] = [];
      operations.forEach((op, i) => {
        if ("add" in op) {
          const node = new HeapNode(i);
          heap.add(node, op.add);
          model.push({ node, key: op.add });
        } else if (model.length > 0) {
          const [{ node }] = model.splice(op.remove % model.length, 1);
          heap.remove(node);
          assert.equal(node.at, -1);
        }
        assert.equal(heap.size, model.length);
        const first = model.toSorted((a, b) => a.key - b.key)[0];
        assert.equal(heap.first(), first?.node);
      });
    }),
    { seed: 20240601, numRuns: 300 },
  );
});
