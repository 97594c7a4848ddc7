/** How many threads serve when no `nbthread` says it (manual 3.1): one for each CPU that may be used. */
import type { Diagnostics } from "../config/diagnostic.ts";
import { MOST_PROCESSES } from "../config/model_processes.ts";

/** It says the number where a configuration file does not; without a file it is configuration itself. */
export const THREADS_VARIABLE = "SLUICE_THREADS";

/** bytes; a thread's engine and its code take 57 MB (docs/performance.md) */
const THREAD_MEMORY = 64 * 2 ** 20;

/** of the machine's memory, what threads that nobody asked for may take */
const SHARE = 1 / 4;

export interface Machine {
  /** CPUs that threads may run on: affinity, the group's quota and permissions count */
  readonly cpus: number;
  /** bytes */
  readonly memory: number;
}

/** `cpu-map` narrows the affinity later on: what a reload is told must be what the start was. */
let machine: Machine | undefined;

function thisMachine(): Machine {
  return machine ??= {
    cpus: mayOpenThreads() ? navigator.hardwareConcurrency : 1,
    memory: memoryHere(),
  };
}

/** A thread reads its code anew, and for that asks for the permission to. */
function mayOpenThreads(): boolean {
  const path = new URL(import.meta.url);
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

function memoryHere(): number {
  try {
    return Deno.systemMemoryInfo().total;
  } catch {
    // Not permitted (--allow-sys=systemMemoryInfo).
    return Infinity;
  }
}

/**
 * One for each CPU, as many as a quarter of the memory is enough for; SLUICE_THREADS goes before. A value that is no
 * number from 1 to 64 is an alert.
 */
export function defaultThreads(
  env: Readonly<Record<string, string>>,
  diagnostics: Diagnostics,
  { cpus, memory }: Machine = thisMachine(),
): number {
  const said = env[THREADS_VARIABLE];
  if (said !== undefined && said !== "") {
    const number = /^[0-9]{1,2}$/.test(said) ? Number(said) : 0;
    if (number >= 1 && number <= MOST_PROCESSES) return number;
    diagnostics.add(
      "alert",
      undefined,
      `${THREADS_VARIABLE}: a number from 1 to ${MOST_PROCESSES} is needed, not '${said}'`,
    );
    return 1;
  }
  const affordable = Math.floor(memory * SHARE / THREAD_MEMORY);
  return Math.max(1, Math.min(cpus, affordable, MOST_PROCESSES));
}
