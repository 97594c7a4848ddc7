/** `nbproc`, `nbthread` and `cpu-map` of the global section. */

/** CPUs of a process, or of one of its threads; numbers of processes and threads start at 1. */
export interface CpuMapEntry {
  readonly process: number;
  /** undefined: all threads of the process */
  readonly thread?: number;
  /** ascending, from 0 */
  readonly cpus: readonly number[];
}
