/**
 * The chaos of tests/load/chaos.ts for longer, or with another seed.
 *
 *   deno task chaos [SECONDS (120)] [SEED] [THREADS (1)] [TRANSPORT (auto)]
 */
import { runChaos } from "../tests/load/chaos.ts";
import { withScope } from "../tests/support/scope.ts";

const [seconds = 120, seed = Date.now() % 2 ** 31, threads = 1] = Deno.args.slice(0, 3).map(Number);
const [, , , transport] = Deno.args;
if (!(seconds > 0) || !Number.isSafeInteger(seed) || !(threads >= 1)) {
  console.error("usage: deno task chaos [SECONDS] [SEED] [THREADS] [TRANSPORT]");
  Deno.exit(2);
}
console.log(`${seconds} s, seed ${seed}, ${threads} threads, transport ${transport ?? "auto"}`);
await withScope(async (scope) => {
  const report = await runChaos(scope, { seconds, seed, threads, transport });
  console.log(report);
});
Deno.exit(0);
