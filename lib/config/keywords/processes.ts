/** Processes and threads of the `global` section, and the CPUs that they run on (manual 3.1). */
import { MOST_PROCESSES } from "../model_processes.ts";
import { parseCpuMap, processSet } from "../process_set.ts";
import { integer, word } from "./args.ts";
import {
  globalKeyword,
  type KeywordRow,
  one,
  proxyKeyword,
  rest1,
  type SectionKind,
} from "./types.ts";

const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

export const processRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "bind-process",
    sections: ALL,
    args: { processes: rest1(processSet()) },
    summary: "The processes of 'nbproc' that listen for this proxy",
    manual: "4.2 (HAProxy 2.4)",
    apply(proxy, { processes }) {
      proxy.bindProcess = [...new Set(processes.flat())];
    },
  }),
  globalKeyword({
    name: "cpu-map",
    args: {
      target: one(word("[auto:]<process-set>[/<thread-set>]")),
      cpus: rest1(word("<cpu-set>")),
    },
    repeatable: true,
    summary: "Binds processes, or their threads, to CPUs (Linux)",
    manual: "3.1",
    apply(global, { target, cpus }, { diagnostics }) {
      const words = [target, ...cpus];
      const entries = parseCpuMap(words.map(({ text }) => text));
      if ("refusal" in entries) {
        const { message, allowed, nearest } = entries.refusal;
        diagnostics.alert(words[entries.word].span, `'cpu-map': ${message}`, { allowed, nearest });
      } else global.cpuMap.push(...entries);
    },
  }),
  globalKeyword({
    name: "nbproc",
    args: { number: one(integer(1, MOST_PROCESSES)) },
    summary: "Number of processes, each with its own servers' states and statistics",
    manual: "3.1 (HAProxy 2.4)",
    apply(global, { number }) {
      global.nbproc = number;
    },
  }),
  globalKeyword({
    name: "nbthread",
    args: { number: one(integer(1, MOST_PROCESSES)) },
    summary: "Number of threads that serve; one for each CPU when it is not said",
    manual: "3.1",
    apply(global, { number }) {
      global.nbthread = number;
    },
  }),
];
