/** When compression pauses: `maxcomprate` and `maxcompcpuusage` (manual 3.2). */
import process from "node:process";

/** ms between two looks at the CPU time */
const LOOK = 500;

export interface GuardOptions {
  /** bytes of content a second; 0: any number */
  readonly rate: number;
  /** percent of one CPU; 100: any use */
  readonly cpu: number;
  /** ms */
  readonly now: () => number;
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
  #second = 0;
  #bytes = 0;
  #before = 0;
  #lookedAt: number;
  #cpuAt: number;
  #busy = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#cpuTime = options.cpuTime ?? ownCpuTime;
    this.#lookedAt = options.now();
    this.#cpuAt = options.cpu < 100 ? this.#cpuTime() : 0;
  }

  /** Content that was compressed. */
  count(bytes: number): void {
    if (this.#options.rate === 0) return;
    this.#turn();
    this.#bytes += bytes;
  }

  /** True when one more answer may be compressed. */
  mayBegin(): boolean {
    const { rate, cpu } = this.#options;
    if (rate > 0) {
      this.#turn();
      const left = 1000 - (this.#options.now() - this.#second);
      if (this.#bytes + this.#before * left / 1000 > rate) return false;
    }
    return cpu >= 100 || this.#cpuUse() <= cpu;
  }

  #turn(): void {
    const now = this.#options.now();
    const age = now - this.#second;
    if (age < 1000) return;
    this.#before = age < 2000 ? this.#bytes : 0;
    this.#bytes = 0;
    this.#second = now;
  }

  #cpuUse(): number {
    const now = this.#options.now();
    const passed = now - this.#lookedAt;
    if (passed >= LOOK) {
      const cpu = this.#cpuTime();
      this.#busy = 100 * (cpu - this.#cpuAt) / passed;
      this.#lookedAt = now;
      this.#cpuAt = cpu;
    }
    return this.#busy;
  }
}
