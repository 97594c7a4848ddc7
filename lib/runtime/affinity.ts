/** On which CPUs threads may run (manual 3.1 `cpu-map`): sched_setaffinity(2) through FFI, on Linux. */
import { openLibc } from "../net/libc.ts";

const SYMBOLS = {
  sched_setaffinity: { parameters: ["i32", "u32", "buffer"], result: "i32" },
} as const;

/** bytes of a set: CPUs 0 to 1023 */
const SET_BYTES = 128;

/** Why the threads could not be bound, as the rest of a sentence. */
export type AffinityProblem = string;

let atStart: readonly number[] | undefined;

/** The CPUs that the process was started on (`taskset`, a container): `cpu-map` has not narrowed them yet. */
export function startCpus(): readonly number[] | undefined {
  return atStart ??= allowedCpus();
}

function allowedCpus(): number[] | undefined {
  try {
    const status = Deno.readTextFileSync("/proc/thread-self/status");
    return /^Cpus_allowed_list:\s*([0-9,-]+)$/m.exec(status)?.[1].split(",").flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  } catch {
    return undefined;
  }
}

/** Binds every thread that this process has now to `cpus`; threads that they start follow them. */
export function pinProcess(cpus: readonly number[]): AffinityProblem | undefined {
  startCpus();
  let tasks: number[];
  try {
    tasks = [...Deno.readDirSync("/proc/self/task")].map(({ name }) => Number(name));
  } catch {
    return "the threads of the process cannot be listed (/proc)";
  }
  return pin(tasks, cpus);
}

/** Binds the calling thread to `cpus`. */
export function pinThread(cpus: readonly number[]): AffinityProblem | undefined {
  return pin([0], cpus);
}

function pin(tasks: readonly number[], cpus: readonly number[]): AffinityProblem | undefined {
  const libc = openLibc(SYMBOLS);
  if (libc === undefined) return "that needs FFI on Linux, which is not permitted or not there";
  try {
    const set = new Uint8Array(SET_BYTES);
    for (const cpu of cpus) set[cpu >> 3] |= 1 << (cpu & 7);
    // A thread may have ended since it was listed: only when none took it, the set is wrong.
    const taken = tasks.filter((tid) => libc.symbols.sched_setaffinity(tid, SET_BYTES, set) === 0);
    return taken.length > 0 ? undefined : "this machine does not have those CPUs";
  } finally {
    libc.close();
  }
}
