/** When compression pauses: `maxcomprate` and `maxcompcpuusage` (manual 3.2). */
import process from "node:process";

/** ms between two looks at the CPU time */
const LOOK = 500;

/** Cells that all threads count in together: the second (since 1970), bytes in it, bytes in the one before. */
const C = { second: 0, bytes: 1, before: 2 } as const;
export const GUARD_BYTES = 12;

export interface GuardOptions {
  /** bytes of content a second, of all threads together; 0: any number */
  readonly rate: number;
  /** percent of the CPUs that the threads may use; 100: any use */
  readonly cpu: number;
  /** ms since 1970, the same in every thread */
  readonly wall: () => number;
  /** 1 */
  readonly threads?: number;
  /** shared memory of `GUARD_BYTES` bytes; undefined: nobody else counts */
  readonly shared?: SharedArrayBuffer;
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
  readonly #cells: Int32Array;
  #lookedAt: number;
  #cpuAt: number;
  #busy = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#cpuTime = options.cpuTime ?? ownCpuTime;
    this.#cells = options.shared === undefined
      ? new Int32Array(GUARD_BYTES / 4)
      : new Int32Array(options.shared);
    this.#lookedAt = options.wall();
    this.#cpuAt = options.cpu < 100 ? this.#cpuTime() : 0;
  }

  /** Content that was compressed. */
  count(bytes: number): void {
    if (this.#options.rate === 0) return;
    this.#turn();
    Atomics.add(this.#cells, C.bytes, bytes);
  }

  /** True when one more body may be compressed. */
  mayBegin(): boolean {
    const { rate, cpu } = this.#options;
    if (rate > 0) {
      const left = 1000 - this.#turn();
      const before = Atomics.load(this.#cells, C.before);
      if (Atomics.load(this.#cells, C.bytes) + before * left / 1000 > rate) return false;
    }
    return cpu >= 100 || this.#cpuUse() <= cpu;
  }

  /** Begins a second, when it is time: answers how old it is (ms). */
  #turn(): number {
    const cells = this.#cells;
    const wall = this.#options.wall();
    const second = Math.floor(wall / 1000) | 0;
    const last = Atomics.load(cells, C.second);
    if (second !== last && Atomics.compareExchange(cells, C.second, last, second) === last) {
      const bytes = Atomics.exchange(cells, C.bytes, 0);
      Atomics.store(cells, C.before, second - last === 1 ? bytes : 0);
    }
    return wall % 1000;
  }

  #cpuUse(): number {
    const { wall, threads = 1 } = this.#options;
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
