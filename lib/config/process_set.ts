/** Sets of processes, threads and CPUs as `cpu-map`, `process` and `thread` write them (manual 3.1 `cpu-map`). */
import type { CpuMapEntry } from "./model_processes.ts";
import { type ArgType, Refusal } from "./keywords/args.ts";

/** The highest number of a process or thread. */
export const MAX_PROCESSES = 64;
/** The highest number of a CPU. */
export const MAX_CPU = 1023;

const SET_FORM = "'all', 'odd', 'even', a number, or a range such as 1-4 or 3-";
const CPU_FORM = `a CPU's number from 0 to ${MAX_CPU}, or a range such as 0-3`;

/** `all | odd | even | N | N-M | N-` as the numbers from 1 to 64; undefined: something else. */
export function parseProcessSet(text: string): readonly number[] | undefined {
  if (text === "all") return numbers(1, MAX_PROCESSES);
  if (text === "odd") return numbers(1, MAX_PROCESSES).filter((n) => n % 2 === 1);
  if (text === "even") return numbers(1, MAX_PROCESSES).filter((n) => n % 2 === 0);
  return parseRange(text, 1, MAX_PROCESSES);
}

/** A set of processes or threads in one word. */
export function processSet(label = "<process-set>"): ArgType<readonly number[]> {
  return {
    label,
    describe: SET_FORM,
    schema: { anyOf: [{ type: "string" }, { type: "integer", minimum: 1, maximum: 64 }] },
    parse: ({ text }) => parseProcessSet(text) ?? new Refusal(notASet(text), SET_FORM),
  };
}

/** `[1/]<thread-set>`: there is one group of threads. */
export const threadSet: ArgType<readonly number[]> = {
  ...processSet("[1/]<thread-set>"),
  parse: ({ text }) =>
    parseProcessSet(text.replace(/^1\//, "")) ?? new Refusal(notASet(text), SET_FORM),
};

/**
 * `[auto:]processes[/threads] cpus…` as one entry for each process, or for each thread of each process when threads
 * are named. Answers a Refusal and the number of the word that it is about.
 */
export function parseCpuMap(
  words: readonly string[],
): readonly CpuMapEntry[] | { readonly refusal: Refusal; readonly word: number } {
  const [, auto, head] = /^(auto:)?(.*)$/s.exec(words[0])!;
  const [first, second, more] = head.split("/");
  const processes = parseProcessSet(first);
  const threads = second === undefined ? undefined : parseProcessSet(second);
  if (processes === undefined || more !== undefined) {
    return { refusal: new Refusal(notASet(first), SET_FORM), word: 0 };
  }
  if (second !== undefined && threads === undefined) {
    return { refusal: new Refusal(notASet(second), SET_FORM), word: 0 };
  }
  const cpus = new Set<number>();
  for (let i = 1; i < words.length; i++) {
    const range = parseRange(words[i], 0, MAX_CPU);
    if (range === undefined) {
      return { refusal: new Refusal(`'${words[i]}' is not a set of CPUs`, CPU_FORM), word: i };
    }
    for (const cpu of range) cpus.add(cpu);
  }
  const sorted = [...cpus].sort((a, b) => a - b);
  const targets = processes.flatMap((process) =>
    threads === undefined ? [{ process }] : threads.map((thread) => ({ process, thread }))
  );
  if (auto === undefined) return targets.map((target) => ({ ...target, cpus: sorted }));
  const openEnded = first.endsWith("-") || second?.endsWith("-") || head.includes("all") ||
    head.includes("odd") || head.includes("even");
  if (processes.length > 1 && threads !== undefined && threads.length > 1) {
    const message = "'auto:' counts processes or threads, not both";
    return { refusal: new Refusal(message, "one range and one number"), word: 0 };
  }
  if (targets.length !== sorted.length && !(openEnded && targets.length > sorted.length)) {
    const message = `'auto:' gives each its CPU, but there are ${targets.length} and ` +
      `${sorted.length} CPUs`;
    return { refusal: new Refusal(message, "as many CPUs as processes or threads"), word: 0 };
  }
  return sorted.map((cpu, i) => ({ ...targets[i], cpus: [cpu] }));
}

/**
 * The CPUs that a thread may run on: those of its process and its own, what both have in common; undefined: any.
 * The last line that names it counts.
 */
export function cpusFor(
  map: readonly CpuMapEntry[],
  process: number,
  thread: number,
): readonly number[] | undefined {
  const last = (wanted: number | undefined) =>
    map.findLast((entry) => entry.process === process && entry.thread === wanted)?.cpus;
  const ofProcess = last(undefined);
  const ofThread = last(thread);
  if (ofProcess === undefined || ofThread === undefined) return ofThread ?? ofProcess;
  const common = ofThread.filter((cpu) => ofProcess.includes(cpu));
  return common.length === 0 ? undefined : common;
}

function notASet(text: string): string {
  return `'${text}' is not a set of processes or threads`;
}

function parseRange(text: string, min: number, max: number): number[] | undefined {
  const match = /^([0-9]{1,4})(-([0-9]{1,4})?)?$/.exec(text);
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = match[2] === undefined ? from : match[3] === undefined ? max : Number(match[3]);
  const [low, high] = from <= to ? [from, to] : [to, from];
  return low < min || high > max ? undefined : numbers(low, high);
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
