/** Records of fixed fields: what a table of the StateStore is made of. */

/** One field of a record. */
export interface Field {
  /** HAProxy's statistics column where there is one (management manual 9.1). */
  readonly name: string;
  readonly doc: string;
  /**
   * How the values of all threads become one when read (counters only):
   * `sum` adds them, `gauge` too (it is not a count and is never cleared), `max` takes the largest, `average` is a sliding sum (see rate.ts),
   * `own` means nothing outside its thread (the inside of a rate).
   */
  readonly merge?: "sum" | "gauge" | "max" | "average" | "own";
}

/** A kind of record. `shared`: int32 cells changed by Atomics; `counters`: float64, one row per thread. */
export interface Layout {
  readonly kind: string;
  readonly type: "shared" | "counters";
  readonly fields: readonly Field[];
}

/** Field name to position; the positions are plain constants for the hot path. */
export type Positions<F extends readonly Field[]> = {
  readonly [K in F[number]["name"]]: number;
};

/** Numbers the fields of a table in their order. */
export function positions<const F extends readonly Field[]>(fields: F): Positions<F> {
  const at: Record<string, number> = {};
  fields.forEach((f, i) => {
    if (f.name in at) throw new Error(`field ${f.name} is declared twice`);
    at[f.name] = i;
  });
  return at as Positions<F>;
}

/** Bytes of one thread's row of counters: whole cache lines, so that threads do not disturb each other. */
export function rowBytes(layout: Layout): number {
  return Math.ceil(layout.fields.length * 8 / 64) * 64;
}

/** Bytes of one record for a process of `threads` threads. */
export function recordBytes(layout: Layout, threads: number): number {
  return layout.type === "shared"
    ? Math.ceil(layout.fields.length * 4 / 64) * 64
    : rowBytes(layout) * threads;
}

const int32 = new WeakMap<SharedArrayBuffer, Int32Array>();
const float64 = new WeakMap<SharedArrayBuffer, Float64Array>();

/** The cells of a whole segment; one view for all records in it: thousands of views would not stay in the cache. */
export function int32Of(buffer: SharedArrayBuffer): Int32Array {
  let cells = int32.get(buffer);
  if (cells === undefined) int32.set(buffer, cells = new Int32Array(buffer));
  return cells;
}

/** The same of counters. */
export function float64Of(buffer: SharedArrayBuffer): Float64Array {
  let cells = float64.get(buffer);
  if (cells === undefined) float64.set(buffer, cells = new Float64Array(buffer));
  return cells;
}
