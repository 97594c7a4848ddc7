/** `nbproc`, `nbthread` and `cpu-map` of the global section. */

/** as in HAProxy 2.6: the most processes there can be, and the most threads */
export const MOST_PROCESSES = 64;

/** CPUs of a process, or of one of its threads; numbers of processes and threads start at 1. */
export interface CpuMapEntry {
  readonly process: number;
  /** undefined: all threads of the process */
  readonly thread?: number;
  /** ascending, from 0 */
  readonly cpus: readonly number[];
}
