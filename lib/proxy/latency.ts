/** Histograms of the times of streams, for each server and backend: only while an exporter is configured. */

/** Upper bounds of the buckets, ms. */
export const BOUNDS: readonly number[] = [
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10_000,
];

/** What is measured, in the order of a record's parts. */
export const PHASES = ["queue", "connect", "response", "total"] as const;

/** One more than bounds: what is longer than all; and the sum. */
const PART = BOUNDS.length + 2;

export class Latency {
  readonly #cells = new Float64Array(PHASES.length * PART);

  /** Times of one stream, ms; what was not measured is negative and counts as 0. */
  record(queue: number, connect: number, response: number, total: number): void {
    this.#add(0, queue);
    this.#add(1, connect);
    this.#add(2, response);
    this.#add(3, total);
  }

  #add(phase: number, ms: number): void {
    const value = ms > 0 ? ms : 0;
    let bucket = 0;
    while (bucket < BOUNDS.length && value > BOUNDS[bucket]) bucket++;
    this.#cells[phase * PART + bucket]++;
    this.#cells[phase * PART + PART - 1] += value;
  }

  /** How many were at most as long as each bound, and in all. */
  cumulative(phase: number): number[] {
    let sum = 0;
    return Array.from(
      { length: BOUNDS.length + 1 },
      (_, i) => sum += this.#cells[phase * PART + i],
    );
  }

  /** ms together */
  sum(phase: number): number {
    return this.#cells[phase * PART + PART - 1];
  }
}

/** The histograms of one backend and its servers; it outlives a reload. */
export class LatencyBook {
  readonly all = new Latency();
  readonly #servers = new Map<string, Latency>();

  /** The server's own. */
  of(server: string): Latency {
    let latency = this.#servers.get(server);
    if (latency === undefined) this.#servers.set(server, latency = new Latency());
    return latency;
  }
}
