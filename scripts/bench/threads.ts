/**
 * What a second thread costs: CPU time for each request with `nbthread` 1 and 2, in alternating runs, on all cores
 * that there are. Where load generator and origin run on the same cores, throughput says little, CPU time much.
 */
import { type Scope, withScope } from "../../tests/support/scope.ts";
import { costOf, median, runWrk } from "./machine.ts";
import { startContender } from "./proxies.ts";
import { configText, ROWS } from "./rows.ts";

const CORES = `0-${navigator.hardwareConcurrency - 1}`;
const CONNECTIONS = 64;

export interface ThreadOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly sluice: readonly string[];
}

/** Lines of Markdown. */
export async function measureThreads(origin: string, options: ThreadOptions): Promise<string[]> {
  return await withScope(async (scope: Scope) => {
    const row = ROWS.find(({ name }) => name === "kb")!;
    const text = (bind: string) => configText(row, bind, origin);
    const all = [];
    for (const name of ["haproxy", "sluice"] as const) {
      for (const threads of [1, 2]) {
        const place = { threads, cores: CORES };
        const contender = await startContender(scope, name, text, options.sluice, place);
        const load = (seconds: number) => () =>
          runWrk(`http://127.0.0.1:${contender.port}${row.path}`, CONNECTIONS, seconds, [], CORES);
        await load(options.warmUp * threads)();
        all.push({ ...contender, load, costs: [] as number[], rates: [] as number[] });
      }
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const each of all) {
        const { cost, perSecond } = await costOf(each.process, each.load(options.seconds));
        each.costs.push(cost);
        each.rates.push(perSecond);
      }
    }
    const [haproxyOne, haproxyTwo, one, two] = all.map(({ costs, rates }) => ({
      cost: median(costs),
      rate: Math.round(median(rates)),
    }));
    const pair = (name: string, first: typeof one, second: typeof one) =>
      `${name} ${first.cost.toFixed(1)} and ${second.cost.toFixed(1)} µs (**${
        (second.cost / first.cost).toFixed(2)
      }**; ${first.rate} and ${second.rate} requests/s)`;
    return [
      `CPU time for each request with one thread and with two, 1 kB, ${CONNECTIONS} connections, on ` +
      `${navigator.hardwareConcurrency} CPUs that load generator and origin use as well: ${
        pair("haproxy", haproxyOne, haproxyTwo)
      }; ${pair("sluice", one, two)}.`,
    ];
  });
}
