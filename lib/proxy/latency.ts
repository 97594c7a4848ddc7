/** Histograms of the times of streams, for each server and backend: only while an exporter is configured. */
import { Counters } from "../state/counters.ts";
import type { Field, Layout } from "../state/layout.ts";
import type { Lease } from "../state/store.ts";

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

const FIELDS: readonly Field[] = PHASES.flatMap((phase) =>
  Array.from({ length: PART }, (_, i): Field => ({
    name: `${phase}_${i < BOUNDS.length ? BOUNDS[i] : i === BOUNDS.length ? "more" : "sum"}`,
    doc: i < PART - 1 ? `streams by their ${phase} time` : `${phase} time together, ms`,
  }))
);

export const LATENCY: Layout = { kind: "latency", type: "counters", fields: FIELDS };

/** The times of all threads' streams. */
export class Latency {
  readonly #counters: Counters;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  static take(lease: Lease, name: string): Latency {
    const { threads, thread } = lease.store;
    return new Latency(new Counters(lease.take(LATENCY, name), threads, thread));
  }

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
    this.#counters.add(phase * PART + bucket, 1);
    this.#counters.add(phase * PART + PART - 1, value);
  }

  /** How many were at most as long as each bound, and in all. */
  cumulative(phase: number): number[] {
    let sum = 0;
    return Array.from(
      { length: BOUNDS.length + 1 },
      (_, i) => sum += this.#counters.total(phase * PART + i),
    );
  }

  /** ms together */
  sum(phase: number): number {
    return this.#counters.total(phase * PART + PART - 1);
  }
}

/** The histograms of one backend and its servers; they stay while a Generation measures them. */
export class LatencyBook {
  readonly all: Latency;
  readonly #servers = new Map<string, Latency>();

  /** Those of the servers named; others, which come while running, are not measured. */
  constructor(lease: Lease, backend: string, servers: Iterable<{ readonly name: string }>) {
    this.all = Latency.take(lease, backend);
    for (const { name } of servers) {
      this.#servers.set(name, Latency.take(lease, `${backend}/${name}`));
    }
  }

  /** The server's own. */
  of(server: string): Latency | undefined {
    return this.#servers.get(server);
  }
}
