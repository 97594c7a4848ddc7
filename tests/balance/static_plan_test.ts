import assert from "node:assert/strict";
import fc from "fast-check";
import { staticPlan } from "../../lib/balance/static_plan.ts";

/** The plan as it is defined: every server's score at every place. */
function byDefinition(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  const scores = weights.map(() => 0);
  const plan: number[] = [];
  for (let place = 0; place < total; place++) {
    let best = 0;
    for (let i = 0; i < weights.length; i++) scores[i] += weights[i];
    for (let i = 1; i < weights.length; i++) {
      if (Math.floor(scores[i] / total) > Math.floor(scores[best] / total)) best = i;
    }
    scores[best] -= total;
    plan.push(best);
  }
  return plan;
}

Deno.test("the plan is the one that the scores of all servers give", () => {
  const weights = fc.oneof(
    fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 30 }),
    fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 6 }),
  );
  fc.assert(
    fc.property(weights, (list) => {
      assert.deepEqual([...staticPlan(list)], byDefinition(list));
    }),
    { seed: 20240610, numRuns: 500 },
  );
});

Deno.test("each server has as many places as its weight", () => {
  const weights = Array.from({ length: 300 }, (_, i) => 1 + i * 37 % 256);
  const places = new Array<number>(300).fill(0);
  for (const owner of staticPlan(weights)) places[owner]++;
  assert.deepEqual(places, weights);
});

Deno.test("without servers there is no place", () => {
  assert.equal(staticPlan([]).length, 0);
});
