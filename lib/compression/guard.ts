/** When compression pauses: `maxcomprate` and `maxcompcpuusage` (manual 3.2). */
import process from "node:process";
import type { CompressionRate } from "../state/compression_rate.ts";

/** ms between two looks at the CPU time */
const LOOK = 500;

export interface GuardOptions {
  /** what all threads compress together, and the limit of it */
  readonly rate: CompressionRate;
  /** percent of the CPUs that the threads may use; 100: any use */
  readonly cpu: number;
  /** ms since 1970, the same in every thread */
  readonly wall: () => number;
  readonly threads: number;
  /** CPU time of the process so far, ms */
  readonly cpuTime?: () => number;
}

function ownCpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export class CompressionGuard {
  readonly #options: GuardOptions;
  readonly #cpuTime: () => number;
  #lookedAt: number;
  #cpuAt: number;
  #busy = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#cpuTime = options.cpuTime ?? ownCpuTime;
    this.#lookedAt = options.wall();
    this.#cpuAt = options.cpu < 100 ? this.#cpuTime() : 0;
  }

  /** Content that was compressed, and what came of it (bytes). */
  count(bytesIn: number, bytesOut: number): void {
    this.#options.rate.count(bytesIn, bytesOut, this.#options.wall());
  }

  /** True when one more body may be compressed. */
  mayBegin(): boolean {
    const { rate, cpu, wall } = this.#options;
    const { limit } = rate;
    if (limit > 0 && rate.rateIn(wall()) > limit) return false;
    return cpu >= 100 || this.#cpuUse() <= cpu;
  }

  #cpuUse(): number {
    const { wall, threads } = this.#options;
    const now = wall();
    const passed = now - this.#lookedAt;
    // A clock that was set back begins anew.
    if (passed >= LOOK || passed < 0) {
      const cpu = this.#cpuTime();
      if (passed > 0) this.#busy = 100 * (cpu - this.#cpuAt) / passed / threads;
      this.#lookedAt = now;
      this.#cpuAt = cpu;
    }
    return this.#busy;
  }
}
