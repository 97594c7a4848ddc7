/** What each thread beside the first is told when it begins. */
import type { Config } from "../../config/model.ts";
import { cpusFor } from "../../config/process_set.ts";
import { startCpus } from "../affinity.ts";
import type { ProcessState } from "../process_state.ts";
import type { Birth } from "./messages.ts";

/** Of the `count` threads of a process, all but the first. */
export function birthsOf(
  { global: { cpuMap } }: Config,
  { number }: ProcessState,
  count: number,
  common: Pick<Birth, "maxconn" | "transport" | "processNumber">,
): Birth[] {
  return Array.from({ length: count - 1 }, (_, i) => ({
    thread: i + 1,
    ...common,
    cpus: cpusFor(cpuMap, number, i + 2) ?? (cpuMap.length > 0 ? startCpus() : undefined),
  }));
}
