import { scopedTest } from "../support/scope.ts";
import { underTest } from "../support/under_test.ts";
import { runChaos } from "./chaos.ts";

/** `deno task chaos SECONDS SEED` runs it for longer. */
scopedTest(
  "chaos: 20 servers that stop, stall, reset and lie cost nobody an answer, and nothing is left behind",
  {
    limit: 120_000,
    // It counts a retry after an answer twice, and may answer nothing where a connection is reused.
    unless: underTest === "haproxy" ? "the counters are sluice's" : undefined,
  },
  async (scope) => {
    await runChaos(scope, { seconds: 20, seed: 20261127 });
  },
);

scopedTest(
  "chaos with two threads: the same holds",
  {
    limit: 120_000,
    unless: underTest === "haproxy" ? "the counters are sluice's" : undefined,
  },
  async (scope) => {
    await runChaos(scope, { seconds: 10, seed: 20261128, threads: 2 });
  },
);
