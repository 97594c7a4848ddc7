/** The state of frontends, backends and the process that every thread sees (int32, Atomics). */
import { type Field, type Layout, positions } from "./layout.ts";
import type { Lease, Place } from "./store.ts";

const FIELDS = [
  { name: "scur", doc: "connections (frontend) or streams (backend) now, in all threads" },
  { name: "qcur", doc: "streams waiting without a server assigned, in all threads" },
  { name: "version", doc: "changes whenever a server's usability or weight changes" },
  { name: "freed", doc: "changes whenever a slot was freed that another thread may wait for" },
  {
    name: "waiting",
    doc: "streams in the queues of the backend and of its servers, in all threads",
  },
  { name: "served", doc: "connection slots in use on all servers" },
  { name: "down", doc: "1: no server is usable" },
  { name: "last_change", doc: "wall second of the last change of `down`" },
  { name: "downtime", doc: "seconds down before last_change" },
  { name: "last_session", doc: "wall second of the last stream, 0: never" },
  { name: "turn", doc: "the next place of round robin, where threads share it" },
] as const satisfies readonly Field[];

export const FRONTEND_STATE: Layout = { kind: "frontend-state", type: "shared", fields: FIELDS };
export const BACKEND_STATE: Layout = { kind: "backend-state", type: "shared", fields: FIELDS };
const F = positions(FIELDS);

/** Connections of a frontend, bounded by its `maxconn` over all threads. */
export class FrontendState {
  readonly name: string;
  protected readonly cells: Int32Array;

  constructor(place: Place) {
    this.name = place.name;
    this.cells = new Int32Array(place.buffer, place.byteOffset, FIELDS.length);
  }

  static take(lease: Lease, frontend: string): FrontendState {
    return new FrontendState(lease.take(FRONTEND_STATE, frontend));
  }

  /** Connections or streams now. */
  get current(): number {
    return Atomics.load(this.cells, F.scur);
  }
  /** Counts one more; answers the new number. */
  enter(): number {
    return Atomics.add(this.cells, F.scur, 1) + 1;
  }
  /** Counts one more unless `limit` are in (undefined: no limit). False: full. */
  tryEnter(limit: number | undefined): boolean {
    if (limit === undefined) {
      Atomics.add(this.cells, F.scur, 1);
      return true;
    }
    let now = Atomics.load(this.cells, F.scur);
    while (now < limit) {
      const seen = Atomics.compareExchange(this.cells, F.scur, now, now + 1);
      if (seen === now) return true;
      now = seen;
    }
    return false;
  }
  /** Counts one less; answers the new number. */
  leave(): number {
    return Atomics.sub(this.cells, F.scur, 1) - 1;
  }

  /** Wall second of the last stream, 0: none yet. */
  get lastSession(): number {
    return Atomics.load(this.cells, F.last_session) >>> 0;
  }
  setLastSession(wallMs: number): void {
    Atomics.store(this.cells, F.last_session, Math.floor(wallMs / 1000));
  }
}

/** A backend: its streams, its queue, and the word that tells every thread to look at the servers again. */
export class BackendState extends FrontendState {
  static override take(lease: Lease, backend: string): BackendState {
    const place = lease.take(BACKEND_STATE, backend);
    return new BackendState(place);
  }

  /** Changes whenever a server of this backend changes in a way that balancing must know. */
  get version(): number {
    return Atomics.load(this.cells, F.version);
  }
  /** Tells every thread that a server has changed. Threads that wait on the version are woken. */
  touch(): void {
    Atomics.add(this.cells, F.version, 1);
    Atomics.notify(this.cells, F.version);
    if (this.waiting > 0) this.slotFreed();
  }
  /** Answers when the version is not `seen` any more; for a thread that must hear of it while idle. */
  changed(seen: number): Promise<void> {
    const r = Atomics.waitAsync(this.cells, F.version, seen);
    return r.async ? r.value.then(() => {}) : Promise.resolve();
  }

  /** Streams waiting without a server, in all threads. */
  get queued(): number {
    return Atomics.load(this.cells, F.qcur);
  }
  addQueued(n: number): number {
    return Atomics.add(this.cells, F.qcur, n) + n;
  }
  /** Streams in all queues of the backend and its servers, in all threads. */
  get waiting(): number {
    return Atomics.load(this.cells, F.waiting);
  }
  addWaiting(n: number): void {
    Atomics.add(this.cells, F.waiting, n);
  }

  /** A slot was freed while streams of another thread may wait: wakes the threads that watch. */
  slotFreed(): void {
    Atomics.add(this.cells, F.freed, 1);
    Atomics.notify(this.cells, F.freed);
  }
  get freed(): number {
    return Atomics.load(this.cells, F.freed);
  }
  /** Answers when `freed` is not `seen` any more. */
  untilFreed(seen: number): Promise<void> {
    const r = Atomics.waitAsync(this.cells, F.freed, seen);
    return r.async ? r.value.then(() => {}) : Promise.resolve();
  }

  /** The next place of round robin. */
  get turn(): number {
    return Atomics.load(this.cells, F.turn);
  }
  /** Sets it unless another thread has: false. */
  moveTurn(from: number, to: number): boolean {
    return Atomics.compareExchange(this.cells, F.turn, from, to) === from;
  }

  /** The number of a change, in all threads (32 bits, it may go around); an algorithm uses this or the turn. */
  nextChange(): number {
    return Atomics.add(this.cells, F.turn, 1) + 1 | 0;
  }

  /** Slots in use on all servers. */
  get served(): number {
    return Atomics.load(this.cells, F.served);
  }
  addServed(n: number): number {
    return Atomics.add(this.cells, F.served, n) + n;
  }

  /** True when the last look found no usable server. */
  get down(): boolean {
    return Atomics.load(this.cells, F.down) === 1;
  }
  get lastChange(): number {
    return Atomics.load(this.cells, F.last_change) >>> 0;
  }
  /** Notes whether the backend has no usable server. True when this is a change. */
  setDown(down: boolean, wallMs: number): boolean {
    const c = this.cells;
    if (Atomics.exchange(c, F.down, down ? 1 : 0) === (down ? 1 : 0)) return false;
    const second = Math.floor(wallMs / 1000);
    if (!down) Atomics.add(c, F.downtime, Math.max(0, second - this.lastChange));
    Atomics.store(c, F.last_change, second);
    return true;
  }
  /** Seconds the whole backend was down, the running downtime included. */
  downtime(wallMs: number): number {
    const past = Atomics.load(this.cells, F.downtime);
    return this.down ? past + Math.max(0, Math.floor(wallMs / 1000) - this.lastChange) : past;
  }
  /** Dates a new record, so that `lastchg` counts from the start of the process. */
  date(wallMs: number): void {
    Atomics.compareExchange(this.cells, F.last_change, 0, Math.floor(wallMs / 1000));
  }
}
