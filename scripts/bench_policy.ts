/**
 * `deno run scripts/bench_policy.ts`: what the Hono layer of a policy costs for a request, beside calling the
 * same steps directly. The steps do nothing, so only the layer is measured.
 */
import {
  buildPolicy,
  onAnswer,
  onRequest,
  type PolicyMiddleware,
} from "../routes/policy/policy.ts";
import type { Stream } from "../lib/proxy/stream.ts";

const ROUNDS = 200_000;
const stream = {} as Stream;
const settled = Promise.resolve();
const pass: PolicyMiddleware = (_c, next) => next();
const passAsync: PolicyMiddleware = async (_c, next) => {
  await next();
};

const step = onRequest(() => undefined);
const wayBack = onAnswer(() => {});

function layer(middlewares: PolicyMiddleware[]): () => unknown {
  const policy = buildPolicy(middlewares, () => settled, () => {});
  return () => policy(stream);
}

const cases: Record<string, () => unknown> = {
  "no layer, one promise": () => settled,
  "policy without middlewares": layer([]),
  "policy, 3 steps": layer([step, step, step]),
  "policy, 3 steps and 3 on the way back": layer([step, step, step, wayBack, wayBack, wayBack]),
  "policy, 1 request middleware": layer([pass]),
  "policy, 3 request middlewares": layer([pass, pass, pass]),
  "policy, 3 request and response middlewares": layer([passAsync, passAsync, passAsync]),
};

for (const run of Object.values(cases)) for (let n = 0; n < 20_000; n++) await run();
const runs = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round < 5; round++) {
  for (const [name, run] of Object.entries(cases)) {
    const begin = performance.now();
    for (let n = 0; n < ROUNDS; n++) await run();
    runs.get(name)!.push((performance.now() - begin) / ROUNDS * 1000);
  }
}
console.log("| case | µs, median of 5 |\n|---|---|");
for (const [name, times] of runs) {
  console.log(`| ${name} | ${times.sort((a, b) => a - b)[2].toFixed(2)} |`);
}
