/** CPU time from /proc, pinning by taskset, and requests counted by wrk. */
import { descendants, mustRun, processStat, type Running } from "../../tests/support/process.ts";

/** Core of the proxies; origin and load generator share the other one. */
export const PROXY_CORE = "0";
export const OTHER_CORE = navigator.hardwareConcurrency > 1 ? "1" : "0";

/** The command, run on one core only. */
export function pinned(core: string, command: readonly string[]): string[] {
  return ["taskset", "-c", core, ...command];
}

/** User and system CPU time of a process and everything below it, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  let ticks = 0;
  for (const id of [pid, ...descendants(pid)]) ticks += processStat(id)?.ticks ?? 0;
  return ticks * 10_000; // USER_HZ is 100 on every Linux
}

export interface Load {
  readonly requests: number;
  readonly perSecond: number;
}

/** Runs wrk; throws when a request failed. */
export async function runWrk(
  url: string,
  connections: number,
  seconds: number,
  more: readonly string[] = [],
  cores = OTHER_CORE,
): Promise<Load> {
  const text = await mustRun(
    pinned(cores, [
      "wrk",
      "-t1",
      `-c${connections}`,
      `-d${seconds}s`,
      "--timeout",
      "20s",
      ...more,
      url,
    ]),
    { limit: (seconds + 30) * 1000 },
  );
  const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0);
  const bad = /Non-2xx or 3xx responses: \d+/.exec(text)?.[0] ??
    /Socket errors: .*/.exec(text)?.[0];
  if (requests === 0 || bad !== undefined) {
    throw new Error(`${url}: ${bad ?? "no request"}\n${text}`);
  }
  return { requests, perSecond };
}

/** Runs h2load: HTTP/2 with `streams` requests at one time on each connection; throws when a request failed. */
export async function runH2load(
  url: string,
  connections: number,
  seconds: number,
  streams: number,
): Promise<Load> {
  const text = await mustRun(
    pinned(OTHER_CORE, [
      "h2load",
      "-t1",
      `-c${connections}`,
      `-m${streams}`,
      `-D${seconds}`,
      "--warm-up-time=0",
      url,
    ]),
    { limit: (seconds + 30) * 1000 },
  );
  // With a duration it begins more than it counts, and counts as done what has ended.
  const [, requests, failed] = /(\d+) succeeded, (\d+) failed/.exec(text)?.map(Number) ?? [];
  const perSecond = Number(/, ([\d.]+) req\/s/.exec(text)?.[1] ?? 0);
  const good = Number(/status codes: (\d+) 2xx/.exec(text)?.[1] ?? 0);
  if (!(requests > 0) || failed > 0 || good < requests) throw new Error(`${url}:\n${text}`);
  return { requests, perSecond };
}

/** CPU microseconds for each request of this load. */
export async function costOf(
  proxy: Running,
  load: () => Promise<Load>,
): Promise<{ readonly cost: number; readonly perSecond: number }> {
  const before = cpuMicroseconds(proxy.pid);
  const { requests, perSecond } = await load();
  return { cost: (cpuMicroseconds(proxy.pid) - before) / requests, perSecond };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
