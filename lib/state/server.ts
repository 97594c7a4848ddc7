/**
 * The state of one server that every thread sees and that survives a reload: what an operator and the
 * health checks decided, and how much it is used.
 */
import { int32Of } from "./layout.ts";
import type { Lease, Place } from "./store.ts";
import type { BackendState } from "./proxy.ts";
import { Admin, DELETED, F, OpState, SERVER_FIELDS, SERVER_STATE } from "./server_fields.ts";
import { configure, initialHealth, type ServerSetup } from "./server_setup.ts";

export class ServerState {
  /** the record was made for this: no Generation before had the server */
  fresh = false;
  /** the segment, which many records share so that few views are touched, and where the record begins in it */
  readonly #cells: Int32Array;
  readonly #at: number;
  readonly #backend: BackendState;

  constructor(place: Place, backend: BackendState) {
    this.#cells = int32Of(place.buffer);
    this.#at = place.byteOffset >> 2;
    this.#backend = backend;
  }

  /**
   * Takes the record `backend/server`. A new one is set up at once; a kept one is adapted to `setup` when the
   * lease is committed, as another Generation runs on it until then.
   */
  static take(
    lease: Lease,
    backend: BackendState,
    server: string,
    setup: ServerSetup,
    wallMs: number,
  ): ServerState {
    const place = lease.take(SERVER_STATE, `${backend.name}/${server}`);
    const state = new ServerState(place, backend);
    if (!lease.store.owner) return state;
    state.fresh = place.fresh;
    if (place.fresh) state.#configure(setup, true, wallMs);
    else lease.onCommit(() => state.#configure(setup, false, wallMs));
    return state;
  }

  #configure(setup: ServerSetup, fresh: boolean, wallMs: number): void {
    const cells = this.#cells.subarray(this.#at, this.#at + SERVER_FIELDS.length);
    configure(this, cells, setup, fresh, wallMs);
    this.#backend.touch();
  }

  /** The server is deleted. If a configuration has it again, it begins anew. */
  deleted(): void {
    Atomics.store(this.#cells, this.#at + F.cdisabled, DELETED);
  }

  get op(): number {
    return Atomics.load(this.#cells, this.#at + F.op_state);
  }
  get admin(): number {
    return Atomics.load(this.#cells, this.#at + F.admin_state);
  }
  /** The weight now, 0 to 256. */
  get weight(): number {
    return Atomics.load(this.#cells, this.#at + F.uweight);
  }
  /** The weight that counts now, in sixteenths (0 to 4096): 16 times the weight unless slowstart holds it back. */
  get effectiveWeight(): number {
    const c = this.#cells;
    return Atomics.load(c, this.#at + F.uweight) * (16 - Atomics.load(c, this.#at + F.slow_weight));
  }
  /** Percent of its maxconn that the server may use now: 100 unless slowstart holds it back. */
  get maxconnPercent(): number {
    return 100 - Atomics.load(this.#cells, this.#at + F.slow_maxconn);
  }
  /** True while slowstart holds back a part of what the server will have. */
  get starting(): boolean {
    return Atomics.load(this.#cells, this.#at + F.slow_maxconn) > 0;
  }
  /** The limit of slots now, 0: none; without regard to `minconn` and slowstart. */
  get maxconn(): number {
    return Atomics.load(this.#cells, this.#at + F.maxconn);
  }
  /** False: an agent holds the server down. */
  get agentUp(): boolean {
    return Atomics.load(this.#cells, this.#at + F.agent_health) !== 0;
  }
  /** srv_agent_state of the management manual, `show servers state` */
  get agentState(): number {
    return Atomics.load(this.#cells, this.#at + F.agent_state);
  }
  /** The weight of the configuration. */
  get initialWeight(): number {
    return Atomics.load(this.#cells, this.#at + F.iweight);
  }
  /** Slots in use in all threads. */
  get current(): number {
    return Atomics.load(this.#cells, this.#at + F.scur);
  }
  /** Its place among servers of the same load: what `markLoad` was last given. */
  get loadOrder(): number {
    return Atomics.load(this.#cells, this.#at + F.load_order);
  }
  markLoad(order: number): void {
    Atomics.store(this.#cells, this.#at + F.load_order, order);
  }
  /** Streams in the server's queue in all threads. */
  get queued(): number {
    return Atomics.load(this.#cells, this.#at + F.qcur);
  }
  get health(): number {
    return Atomics.load(this.#cells, this.#at + F.check_health);
  }
  get checkResult(): number {
    return Atomics.load(this.#cells, this.#at + F.check_result);
  }
  get checkState(): number {
    return Atomics.load(this.#cells, this.#at + F.check_state);
  }
  /** Wall second of the last change of state. */
  get lastChange(): number {
    return Atomics.load(this.#cells, this.#at + F.last_change) >>> 0;
  }
  /** Wall second of the last stream, 0: none yet. */
  get lastSession(): number {
    return Atomics.load(this.#cells, this.#at + F.last_session) >>> 0;
  }
  get consecutiveErrors(): number {
    return Atomics.load(this.#cells, this.#at + F.consecutive_errors);
  }
  /** Counts changes of the address. */
  get addressVersion(): number {
    return Atomics.load(this.#cells, this.#at + F.addr_version);
  }
  /** The address now: 4 or 16 bytes; `none`: there is none; undefined: the configuration's. */
  get address(): Uint8Array | "none" | undefined {
    const c = this.#cells;
    const kind = Atomics.load(c, this.#at + F.addr_kind);
    if (kind === 0) return undefined;
    if (kind === 1) return "none";
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 4; i++) view.setInt32(4 * i, Atomics.load(c, this.#at + F.addr_0 + i));
    return kind === 4 ? bytes.subarray(0, 4) : bytes;
  }
  /** The port now; undefined: the configuration's. */
  get port(): number | undefined {
    const port = Atomics.load(this.#cells, this.#at + F.addr_port);
    return port === 0 ? undefined : port - 1;
  }

  /**
   * Sets where the server is: 4 or 16 bytes, `none`, or undefined for what the configuration says; `port` undefined:
   * the configuration's. Seen by all threads at their next pick.
   */
  setAddress(address: Uint8Array | "none" | undefined, port: number | undefined): void {
    const c = this.#cells;
    const kind = address === undefined ? 0 : address === "none" ? 1 : address.length === 4 ? 4 : 6;
    // Until the version is counted nobody looks.
    if (address instanceof Uint8Array) {
      const bytes = new Uint8Array(16);
      bytes.set(address);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < 4; i++) Atomics.store(c, this.#at + F.addr_0 + i, view.getInt32(4 * i));
    }
    Atomics.store(c, this.#at + F.addr_kind, kind);
    Atomics.store(c, this.#at + F.addr_port, port === undefined ? 0 : port + 1);
    Atomics.add(c, this.#at + F.addr_version, 1);
    this.#backend.touch();
  }

  /** Not in maintenance, and not known to be down: it may be connected to (persistence, backup). */
  get running(): boolean {
    return this.op !== OpState.Stopped && (this.admin & Admin.Maint) === 0;
  }
  /** May be chosen for new streams: running, neither draining nor stopping, weight above 0. */
  get usable(): boolean {
    const c = this.#cells;
    const op = Atomics.load(c, this.#at + F.op_state);
    return (op === OpState.Running || op === OpState.Starting) &&
      (Atomics.load(c, this.#at + F.admin_state) & (Admin.Maint | Admin.Drain)) === 0 &&
      Atomics.load(c, this.#at + F.uweight) > 0;
  }

  /** Seconds down in all, the running downtime included. */
  downtime(wallMs: number): number {
    const past = Atomics.load(this.#cells, this.#at + F.downtime);
    if (this.running) return past;
    return past + Math.max(0, Math.floor(wallMs / 1000) - this.lastChange);
  }

  /** Sets the weight (0 to 256; clamped). Seen by all threads at their next pick. */
  setWeight(weight: number): void {
    Atomics.store(this.#cells, this.#at + F.uweight, Math.max(0, Math.min(256, weight)));
    this.#backend.touch();
  }

  /**
   * Slowstart: how many sixteenths of its weight (1 to 16) and percent of its maxconn (0 to 100) the server has
   * now. Seen by all threads at their next pick.
   */
  setShare(sixteenths: number, percent: number): void {
    Atomics.store(this.#cells, this.#at + F.slow_weight, 16 - sixteenths);
    Atomics.store(this.#cells, this.#at + F.slow_maxconn, 100 - percent);
    this.#backend.touch();
  }

  /** Changes the operational state; `wallMs` dates the change. False: it was so already. */
  setOp(op: number, wallMs: number): boolean {
    return this.#change(F.op_state, op, wallMs);
  }

  /** Replaces the administrative flags. False: they were so already. */
  setAdmin(flags: number, wallMs: number): boolean {
    return this.#change(F.admin_state, flags, wallMs);
  }

  #change(field: number, value: number, wallMs: number): boolean {
    const c = this.#cells;
    const at = this.#at + field;
    if (Atomics.load(c, at) === value) return false;
    const second = Math.floor(wallMs / 1000);
    if (!this.running) Atomics.add(c, this.#at + F.downtime, Math.max(0, second - this.lastChange));
    Atomics.store(c, at, value);
    Atomics.store(c, this.#at + F.last_change, second);
    this.#backend.touch();
    return true;
  }

  /** Says when the state last changed, as a wall second: it was read from a file. */
  dateChange(second: number): void {
    Atomics.store(this.#cells, this.#at + F.last_change, second);
  }

  /** Sets the limit of slots (0: none). Seen by all threads at their next pick. */
  setMaxconn(maxconn: number): void {
    Atomics.store(this.#cells, this.#at + F.maxconn, Math.max(0, maxconn));
    this.#backend.touch();
  }
  setAgentUp(up: boolean): void {
    Atomics.store(this.#cells, this.#at + F.agent_health, up ? 1 : 0);
  }
  setAgentState(state: number): void {
    Atomics.store(this.#cells, this.#at + F.agent_state, state);
  }
  /** Sets the health that a server begins with. */
  startHealth(setup: ServerSetup): void {
    this.setHealth(initialHealth(setup));
  }
  setHealth(health: number): void {
    Atomics.store(this.#cells, this.#at + F.check_health, health);
  }
  setCheckResult(result: number): void {
    Atomics.store(this.#cells, this.#at + F.check_result, result);
  }
  setCheckState(state: number): void {
    Atomics.store(this.#cells, this.#at + F.check_state, state);
  }
  /** Counts an error that live traffic has seen; answers how many there are in a row. */
  countError(): number {
    return Atomics.add(this.#cells, this.#at + F.consecutive_errors, 1) + 1;
  }
  setConsecutiveErrors(n: number): void {
    Atomics.store(this.#cells, this.#at + F.consecutive_errors, n);
  }
  setLastSession(wallMs: number): void {
    Atomics.store(this.#cells, this.#at + F.last_session, Math.floor(wallMs / 1000));
  }

  /** `strict-maxconn`: counts a connection in if fewer than `limit` are open (0: no limit). False: none may be opened. */
  openConn(limit: number): boolean {
    return this.#take(F.open_conns, limit);
  }

  /** A connection is closed: one who waits may open another. */
  closeConn(): void {
    Atomics.sub(this.#cells, this.#at + F.open_conns, 1);
    Atomics.notify(this.#cells, this.#at + F.open_conns);
  }

  /** Answers after a connection was closed, or `ms` have passed. */
  async untilConnClosed(ms: number): Promise<void> {
    const c = this.#cells;
    const r = Atomics.waitAsync(
      c,
      this.#at + F.open_conns,
      Atomics.load(c, this.#at + F.open_conns),
      ms,
    );
    if (r.async) await r.value;
  }

  /** Streams that wait to open a connection, in all threads: those that hold idle ones are to close some. */
  get connsWanted(): number {
    return Atomics.load(this.#cells, this.#at + F.conns_wanted);
  }
  addConnsWanted(n: number): void {
    Atomics.add(this.#cells, this.#at + F.conns_wanted, n);
    Atomics.notify(this.#cells, this.#at + F.conns_wanted);
  }

  /** Answers when `connsWanted` is not `seen` any more. */
  async untilConnsWanted(seen: number): Promise<void> {
    const r = Atomics.waitAsync(this.#cells, this.#at + F.conns_wanted, seen);
    if (r.async) await r.value;
  }

  /** Takes a slot if fewer than `limit` are taken (0: no limit). False: the server is full. */
  takeSlot(limit: number): boolean {
    return this.#take(F.scur, limit);
  }

  #take(field: number, limit: number): boolean {
    const c = this.#cells;
    const at = this.#at + field;
    if (limit === 0) {
      Atomics.add(c, at, 1);
      return true;
    }
    let now = Atomics.load(c, at);
    while (now < limit) {
      const seen = Atomics.compareExchange(c, at, now, now + 1);
      if (seen === now) return true;
      now = seen;
    }
    return false;
  }

  /** Gives a slot back. */
  freeSlot(): void {
    Atomics.sub(this.#cells, this.#at + F.scur, 1);
  }

  /** Counts a stream into (+1) or out of (-1) the server's queue; answers the new length. */
  addQueued(n: number): number {
    return Atomics.add(this.#cells, this.#at + F.qcur, n) + n;
  }
}
