/** What all threads of the process count and limit together (int32, Atomics). */
import { CompressionRate, RATE_CELLS } from "./compression_rate.ts";
import { type Field, type Layout, positions } from "./layout.ts";
import type { Lease, Place } from "./store.ts";

const FIELDS = [
  { name: "actconn", doc: "client connections now" },
  { name: "maxconn", doc: "most client connections" },
  { name: "upstreams", doc: "connections to servers now" },
  { name: "idle", doc: "connections to servers that no stream uses now" },
  // The cells of CompressionRate, in its order.
  { name: "comp_second", doc: "the second that is counted in" },
  { name: "comp_in", doc: "bytes that were compressed in it" },
  { name: "comp_in_before", doc: "bytes in the second before" },
  { name: "comp_out", doc: "bytes that came of it" },
  { name: "comp_out_before", doc: "bytes in the second before" },
  { name: "comp_limit", doc: "bytes that may be compressed in a second" },
] as const satisfies readonly Field[];

export const PROCESS_STATE: Layout = { kind: "process-state", type: "shared", fields: FIELDS };
const F = positions(FIELDS);

export class ProcessShared {
  readonly #cells: Int32Array;
  readonly compression: CompressionRate;

  constructor(place: Place) {
    this.#cells = new Int32Array(place.buffer, place.byteOffset, FIELDS.length);
    const at = F.comp_second;
    this.compression = new CompressionRate(this.#cells.subarray(at, at + RATE_CELLS));
  }

  static take(lease: Lease): ProcessShared {
    return new ProcessShared(lease.take(PROCESS_STATE, "process"));
  }

  get actconn(): number {
    return Atomics.load(this.#cells, F.actconn);
  }
  /** Counts `n` more client connections; answers how many there are now. */
  addConnections(n: number): number {
    return Atomics.add(this.#cells, F.actconn, n) + n;
  }

  get maxconn(): number {
    return Atomics.load(this.#cells, F.maxconn);
  }
  set maxconn(limit: number) {
    Atomics.store(this.#cells, F.maxconn, limit);
  }

  get upstreams(): number {
    return Atomics.load(this.#cells, F.upstreams);
  }
  addUpstreams(n: number): void {
    Atomics.add(this.#cells, F.upstreams, n);
  }

  get idleUpstreams(): number {
    return Atomics.load(this.#cells, F.idle);
  }
  addIdleUpstreams(n: number): void {
    Atomics.add(this.#cells, F.idle, n);
  }
}
