/** How many requests and errors a second each proxy and server had lately: for the lines on the statistics page. */
import { PC, type ProxyCounters, type ServerCounters } from "../../state/traffic.ts";
import type { Generation } from "../generation.ts";
import type { ProcessState } from "../process_state.ts";

/** ms between two samples */
export const SAMPLE_MS = 5000;
/** samples that are kept: five minutes */
export const SAMPLES = 60;

export interface Series {
  /** requests (sessions in mode tcp) a second, oldest first */
  readonly rates: readonly number[];
  /** errors a second: answers 5xx, failed connections, faulty requests and responses */
  readonly errors: readonly number[];
}

const EMPTY: Series = { rates: [], errors: [] };

/** The last SAMPLES values of one subject, in a ring. */
class Ring {
  total = 0;
  errors = 0;
  /** the sampling that touched it last */
  round = 0;
  readonly #values = new Float32Array(2 * SAMPLES);
  #count = 0;

  push(rate: number, errors: number): void {
    const at = this.#count++ % SAMPLES;
    this.#values[2 * at] = rate;
    this.#values[2 * at + 1] = errors;
  }

  series(): Series {
    const n = Math.min(this.#count, SAMPLES);
    const rates: number[] = [];
    const errors: number[] = [];
    for (let i = this.#count - n; i < this.#count; i++) {
      rates.push(this.#values[2 * (i % SAMPLES)]);
      errors.push(this.#values[2 * (i % SAMPLES) + 1]);
    }
    return { rates, errors };
  }
}

export class StatsHistory {
  readonly #process: ProcessState;
  readonly #rings = new Map<string, Ring>();
  #started = false;
  #cancel: (() => void) | undefined;
  #round = 0;

  constructor(process: ProcessState) {
    this.#process = process;
  }

  /** Samples from now on, every SAMPLE_MS. Idempotent. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#sample();
  }

  /** The process ends. */
  stop(): void {
    this.#cancel?.();
  }

  /** `F:web`, `B:app`, `S:app/web1`. */
  of(key: string): Series {
    return this.#rings.get(key)?.series() ?? EMPTY;
  }

  #sample(): void {
    const process = this.#process;
    if (process.host === undefined) return;
    this.#round++;
    for (const [key, counters, http] of countersOf(process.host.generation)) {
      this.#note(key, counters, http);
    }
    for (const [key, ring] of this.#rings) if (ring.round !== this.#round) this.#rings.delete(key);
    this.#cancel = process.clock.after(SAMPLE_MS, () => this.#sample());
  }

  #note(key: string, counters: ProxyCounters | ServerCounters, http: boolean): void {
    const total = counters.total(http ? PC.req_tot : PC.stot);
    const errors = counters.total(PC.hrsp_5xx) + counters.total(PC.econ) +
      counters.total(PC.eresp) + (key.startsWith("F:") ? counters.total(PC.ereq) : 0);
    const known = this.#rings.get(key);
    const ring = known ?? new Ring();
    const seconds = SAMPLE_MS / 1000;
    if (known === undefined) this.#rings.set(key, ring);
    else {
      ring.push(
        Math.max(0, total - ring.total) / seconds,
        Math.max(0, errors - ring.errors) / seconds,
      );
    }
    ring.total = total;
    ring.errors = errors;
    ring.round = this.#round;
  }
}

function* countersOf(
  { frontends, backends }: Generation,
): Iterable<[key: string, counters: ProxyCounters | ServerCounters, http: boolean]> {
  for (const { name, counters, mode } of frontends) yield [`F:${name}`, counters, mode === "http"];
  for (const { name, counters, mode, pool } of backends.values()) {
    yield [`B:${name}`, counters, mode === "http"];
    for (const server of pool.servers) {
      yield [`S:${name}/${server.name}`, server.counters, mode === "http"];
    }
  }
}
