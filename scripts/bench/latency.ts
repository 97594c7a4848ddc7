/** Latencies at a rate that is told: h2load sends so many requests a second, whatever the proxy does with them. */
import { mustRun } from "../../tests/support/process.ts";
import type { Scope } from "../../tests/support/scope.ts";
import { OTHER_CORE, pinned } from "./machine.ts";

/** ms */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface Pace {
  readonly url: string;
  readonly connections: number;
  /** requests a second, of all connections together */
  readonly rate: number;
  readonly seconds: number;
  /** HTTP/2, with so many requests at most at one time on each connection */
  readonly streams?: number;
}

let files = 0;

/** Throws when a request failed. */
export async function latenciesOf(scope: Scope, pace: Pace): Promise<Percentiles> {
  const { url, connections, rate, seconds, streams } = pace;
  const log = scope.path(`latency-${files++}.log`);
  const command = ["h2load", "-t1", `-c${connections}`, `-m${streams ?? 1}`, `-D${seconds}`]
    .concat("--warm-up-time=0", `--rps=${(rate / connections).toFixed(3)}`, `--log-file=${log}`)
    .concat(streams === undefined ? ["--h1"] : [], url);
  await mustRun(pinned(OTHER_CORE, command), { limit: (seconds + 30) * 1000 });
  const times = readLog(Deno.readTextFileSync(log), url);
  Deno.removeSync(log);
  return percentiles(times);
}

/** The times of h2load's log, in ms: start, status, µs, one request a line. */
export function readLog(text: string, url: string): number[] {
  const rows = text.split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
  const bad = rows.find(([, status]) => status !== "200");
  if (bad !== undefined) throw new Error(`${url}: an answer with status ${bad[1]}`);
  return rows.map(([, , time]) => Number(time) / 1000);
}

export function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, sorted.length * share | 0)];
  return { p50: at(0.5), p99: at(0.99) };
}
