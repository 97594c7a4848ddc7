/**
 * The counters of one listening address of a frontend (manual `option socket-stats`), which every thread sees. Names
 * are HAProxy's statistics columns (management manual 9.1).
 */
import { Counters } from "./counters.ts";
import { type Field, type Layout, positions } from "./layout.ts";
import type { Lease, Place } from "./store.ts";

const FIELDS = [
  { name: "smax", merge: "max", doc: "max connections" },
  { name: "stot", doc: "cumulative connections" },
  { name: "bin", doc: "bytes in" },
  { name: "bout", doc: "bytes out" },
  { name: "dreq", doc: "requests denied" },
  { name: "dresp", doc: "responses denied" },
  { name: "ereq", doc: "request errors" },
  { name: "dcon", doc: "connections denied by tcp-request connection" },
  { name: "dses", doc: "sessions denied by tcp-request session" },
  { name: "wrew", doc: "failed header rewritings" },
  { name: "eint", doc: "internal errors" },
] as const satisfies readonly Field[];

const CELLS = [
  { name: "scur", doc: "connections now, in all threads" },
  { name: "waiting", doc: "threads in which a limit keeps it from accepting" },
] as const satisfies readonly Field[];

export const LISTENER_COUNTERS: Layout = {
  kind: "listener-counters",
  type: "counters",
  fields: FIELDS,
};
export const LISTENER_STATE: Layout = { kind: "listener-state", type: "shared", fields: CELLS };

/** Positions for `add` and `total` of ListenerCounters. */
export const LC = positions(FIELDS);
const C = positions(CELLS);

export class ListenerCounters extends Counters {
  readonly #cells: Int32Array;

  private constructor(counters: Place, state: Place, threads: number, thread: number) {
    super(counters, threads, thread);
    this.#cells = new Int32Array(state.buffer, state.byteOffset, CELLS.length);
  }

  /** `id`: the listener's number in its frontend; with it they are found again after a reload. */
  static take(lease: Lease, frontend: string, id: number): ListenerCounters {
    const { threads, thread } = lease.store;
    const name = `${frontend}/${id}`;
    const state = lease.take(LISTENER_STATE, name);
    return new ListenerCounters(lease.take(LISTENER_COUNTERS, name), state, threads, thread);
  }

  /** Connections now. */
  get current(): number {
    return Atomics.load(this.#cells, C.scur);
  }
  /** A connection was accepted. */
  accepted(): void {
    this.add(LC.stot, 1);
    this.enter();
  }
  /** A connection belongs here from now on: an accepted one, or one that a reload has moved. */
  enter(): void {
    this.raise(LC.smax, Atomics.add(this.#cells, C.scur, 1) + 1);
  }
  /** A connection has ended, or belongs elsewhere now. */
  leave(): void {
    Atomics.sub(this.#cells, C.scur, 1);
  }
  /** Bytes from the client and to the client. */
  bytes(bytesIn: number, bytesOut: number): void {
    this.add(LC.bin, bytesIn);
    this.add(LC.bout, bytesOut);
  }

  /** A limit keeps some thread from accepting. */
  get waiting(): boolean {
    return Atomics.load(this.#cells, C.waiting) > 0;
  }
  /** One thread stops accepting because of a limit (true), or accepts again. */
  limited(stops: boolean): void {
    Atomics.add(this.#cells, C.waiting, stops ? 1 : -1);
  }
}
