/**
 * The chaos of tests/load/chaos.ts for longer, or with another seed.
 *
 *   deno task chaos [SECONDS (120)] [SEED] [THREADS (1)]
 */
import { runChaos } from "../tests/load/chaos.ts";
import { withScope } from "../tests/support/scope.ts";

const [seconds = 120, seed = Date.now() % 2 ** 31, threads = 1] = Deno.args.map(Number);
if (!(seconds > 0) || !Number.isSafeInteger(seed) || !(threads >= 1)) {
  console.error("usage: deno task chaos [SECONDS] [SEED] [THREADS]");
  Deno.exit(2);
}
console.log(`${seconds} s, seed ${seed}, ${threads} threads`);
await withScope(async (scope) => {
  const report = await runChaos(scope, { seconds, seed, threads });
  console.log(report);
});
Deno.exit(0);
