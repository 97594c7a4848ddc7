/**
 * The state of one server that every thread sees and that survives a reload: what an operator and the
 * health checks decided, and how much it is used.
 */
import { type Field, type Layout, positions } from "./layout.ts";
import type { Lease, Place } from "./store.ts";
import type { BackendState } from "./proxy.ts";

const FIELDS = [
  { name: "op_state", doc: "0 stopped, 1 starting, 2 running, 3 stopping (srv_op_state)" },
  { name: "admin_state", doc: "mask of maintenance and drain (srv_admin_state)" },
  { name: "uweight", doc: "the weight now, as an operator set it (0 to 256)" },
  { name: "iweight", doc: "the weight of the configuration" },
  {
    name: "cdisabled",
    doc: "1: the configuration said `disabled` when it was last read; 2: deleted while running",
  },
  { name: "scur", doc: "connection slots in use now, in all threads" },
  { name: "qcur", doc: "streams waiting in the server's queue, in all threads" },
  { name: "check_health", doc: "0 to rise+fall-1; up from `rise`" },
  { name: "check_result", doc: "0 unknown, 1 neutral, 2 failed, 3 passed, 4 conditionally passed" },
  { name: "check_state", doc: "1 running, 2 configured, 4 enabled, 8 paused" },
  { name: "rise", doc: "the `rise` that check_health was counted with" },
  { name: "fall", doc: "the `fall` that check_health was counted with" },
  { name: "last_change", doc: "wall second of the last change of op_state or admin_state" },
  { name: "downtime", doc: "seconds down before last_change" },
  { name: "last_session", doc: "wall second a stream was last given to the server, 0: never" },
  { name: "slow_weight", doc: "sixteenths of the weight that slowstart still withholds" },
  { name: "slow_maxconn", doc: "percent of the maxconn that slowstart still withholds" },
  { name: "consecutive_errors", doc: "errors in a row that `observe` has seen" },
  { name: "agent_health", doc: "0 the agent said that the server is down, 1 up" },
  { name: "agent_state", doc: "1 running, 2 configured, 4 enabled, 16 always, of an agent" },
  { name: "maxconn", doc: "the maxconn now, as an operator or an agent set it; 0: unlimited" },
  { name: "imaxconn", doc: "the maxconn of the configuration" },
  { name: "addr_version", doc: "counts changes of the address" },
  { name: "addr_kind", doc: "0 the configuration's, 4 or 6 the one below, 1 none is known" },
  { name: "addr_0", doc: "the address, its first four bytes first" },
  { name: "addr_1", doc: "" },
  { name: "addr_2", doc: "" },
  { name: "addr_3", doc: "" },
  { name: "addr_port", doc: "the port plus one, 0: the configuration's" },
  { name: "addr_origin", doc: "stands for the address in the configuration" },
] as const satisfies readonly Field[];

export const SERVER_STATE: Layout = { kind: "server-state", type: "shared", fields: FIELDS };
const F = positions(FIELDS);
/** `cdisabled` */
const DELETED = 2;

/** Operational states (management manual, `show servers state`). */
export const OpState = { Stopped: 0, Starting: 1, Running: 2, Stopping: 3 } as const;

/** Administrative flags (management manual, `show servers state`). */
export const Admin = {
  /** forced into maintenance by an operator */
  ForcedMaint: 0x01,
  InheritedMaint: 0x02,
  /** `disabled` in the configuration; together with ForcedMaint, and remembered when that is lifted */
  ConfigMaint: 0x04,
  /** forced to drain by an operator */
  ForcedDrain: 0x08,
  InheritedDrain: 0x10,
  /** its name does not resolve */
  ResolveMaint: 0x20,
  /** any of these keeps the server in maintenance */
  Maint: 0x01 | 0x02 | 0x20,
  /** its name is not the configuration's any more: an operator or SRV records gave it */
  FqdnChanged: 0x40,
  Drain: 0x08 | 0x10,
} as const;

/** What the configuration says that bears on the state. */
export interface ServerSetup {
  readonly weight: number;
  readonly disabled: boolean;
  readonly check: boolean;
  readonly rise: number;
  readonly fall: number;
  readonly agentCheck?: boolean;
  readonly maxconn?: number;
  readonly minconn?: number;
  /** where the configuration says it is: what was learned of its address holds as long as this stays */
  readonly address?: unknown;
  /** undefined: it follows no other server */
  readonly track?: unknown;
  /** manual 5.2 `init-state`; undefined: `up` */
  readonly initState?: "fully-up" | "up" | "down" | "fully-down";
}

/** The health that a server starts with, and comes back from maintenance with. */
function initialHealth({ rise, fall, initState }: ServerSetup): number {
  switch (initState) {
    case "fully-up":
      return rise + fall - 1;
    case "down":
      return rise - 1;
    case "fully-down":
      return 0;
  }
  // Up, but so that the first failed check decides.
  return rise;
}

export class ServerState {
  /** the record was made for this: no Generation before had the server */
  fresh = false;
  readonly #cells: Int32Array;
  readonly #backend: BackendState;

  constructor(place: Place, backend: BackendState) {
    this.#cells = new Int32Array(place.buffer, place.byteOffset, FIELDS.length);
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

  /**
   * A reload keeps what happened at run time: weight, maintenance, drain, health, times. What the
   * configuration itself changed wins: another `weight`, `disabled` added or removed, `check` removed.
   */
  #configure(setup: ServerSetup, fresh: boolean, wallMs: number): void {
    const c = this.#cells;
    const { weight, rise, fall } = setup;
    if (c[F.cdisabled] === DELETED) return this.#reset(setup, wallMs);
    const disabled = setup.disabled ? 1 : 0;
    if (fresh) {
      c[F.op_state] = disabled ? OpState.Stopped : OpState.Running;
      c[F.admin_state] = disabled ? Admin.ForcedMaint | Admin.ConfigMaint : 0;
      c[F.uweight] = weight;
      c[F.check_health] = disabled ? 0 : initialHealth(setup);
      if (setup.check && c[F.check_health] < rise) c[F.op_state] = OpState.Stopped;
      c[F.last_change] = Math.floor(wallMs / 1000);
    } else {
      if (c[F.iweight] !== weight) c[F.uweight] = weight;
      const maint = (c[F.admin_state] & Admin.Maint) !== 0;
      if (setup.track === undefined) {
        const inherited = Admin.InheritedMaint | Admin.InheritedDrain;
        this.setAdmin(c[F.admin_state] & ~inherited, wallMs);
      }
      if (disabled !== c[F.cdisabled]) {
        const flags = Admin.ForcedMaint | Admin.ConfigMaint;
        const admin = c[F.admin_state];
        this.setAdmin(disabled ? admin | flags : admin & ~flags, wallMs);
      }
      const wasChecked = (c[F.check_state] & 2) !== 0;
      if ((c[F.admin_state] & Admin.Maint) !== 0) {
        this.setOp(OpState.Stopped, wallMs);
        c[F.check_health] = 0;
      } else if (maint || !setup.check || !wasChecked) {
        // Out of maintenance, or with no check of before: up until a check says otherwise.
        if (maint || wasChecked) this.setOp(OpState.Running, wallMs);
        c[F.check_health] = rise;
      } else if (c[F.op_state] === OpState.Stopped) {
        c[F.check_health] = Math.min(c[F.check_health], rise - 1);
      } else {
        const failures = c[F.rise] + c[F.fall] - 1 - c[F.check_health];
        c[F.check_health] = Math.max(rise, rise + fall - 1 - failures);
      }
    }
    const origin = hash(JSON.stringify(setup.address ?? null));
    if (!fresh && c[F.addr_origin] !== origin && c[F.addr_kind] + c[F.addr_port] !== 0) {
      c[F.addr_kind] = c[F.addr_port] = 0;
      Atomics.add(c, F.addr_version, 1);
    }
    c[F.addr_origin] = origin;
    const maxconn = Math.max(setup.maxconn ?? 0, setup.minconn ?? 0);
    if (fresh || c[F.imaxconn] !== maxconn) c[F.maxconn] = maxconn;
    c[F.imaxconn] = maxconn;
    const agent = setup.agentCheck === true;
    // Up until an agent says otherwise.
    if (!agent || (c[F.agent_state] & 2) === 0) c[F.agent_health] = 1;
    c[F.agent_state] = agent ? 2 | 4 | 16 : 0;
    c[F.iweight] = weight;
    c[F.cdisabled] = disabled;
    c[F.rise] = rise;
    c[F.fall] = fall;
    const paused = (c[F.admin_state] & Admin.Maint) !== 0 ? 8 : 0;
    // HAProxy marks the check of a server that starts disabled as paused even when there is none.
    c[F.check_state] = setup.check ? 2 | 4 | paused : disabled ? 8 : 0;
    this.#backend.touch();
  }

  /** The server is deleted. If a configuration has it again, it begins anew. */
  deleted(): void {
    Atomics.store(this.#cells, F.cdisabled, DELETED);
  }

  #reset(setup: ServerSetup, wallMs: number): void {
    const c = this.#cells;
    const { scur, qcur, addr_version } = F;
    for (let i = 0; i < FIELDS.length; i++) {
      if (i !== scur && i !== qcur && i !== addr_version) Atomics.store(c, i, 0);
    }
    Atomics.add(c, addr_version, 1);
    this.#configure(setup, true, wallMs);
  }

  get op(): number {
    return Atomics.load(this.#cells, F.op_state);
  }
  get admin(): number {
    return Atomics.load(this.#cells, F.admin_state);
  }
  /** The weight now, 0 to 256. */
  get weight(): number {
    return Atomics.load(this.#cells, F.uweight);
  }
  /** The weight that counts now, in sixteenths (0 to 4096): 16 times the weight unless slowstart holds it back. */
  get effectiveWeight(): number {
    const c = this.#cells;
    return Atomics.load(c, F.uweight) * (16 - Atomics.load(c, F.slow_weight));
  }
  /** Percent of its maxconn that the server may use now: 100 unless slowstart holds it back. */
  get maxconnPercent(): number {
    return 100 - Atomics.load(this.#cells, F.slow_maxconn);
  }
  /** True while slowstart holds back a part of what the server will have. */
  get starting(): boolean {
    return Atomics.load(this.#cells, F.slow_maxconn) > 0;
  }
  /** The limit of slots now, 0: none; without regard to `minconn` and slowstart. */
  get maxconn(): number {
    return Atomics.load(this.#cells, F.maxconn);
  }
  /** False: an agent holds the server down. */
  get agentUp(): boolean {
    return Atomics.load(this.#cells, F.agent_health) !== 0;
  }
  /** srv_agent_state of the management manual, `show servers state` */
  get agentState(): number {
    return Atomics.load(this.#cells, F.agent_state);
  }
  /** The weight of the configuration. */
  get initialWeight(): number {
    return Atomics.load(this.#cells, F.iweight);
  }
  /** Slots in use in all threads. */
  get current(): number {
    return Atomics.load(this.#cells, F.scur);
  }
  /** Streams in the server's queue in all threads. */
  get queued(): number {
    return Atomics.load(this.#cells, F.qcur);
  }
  get health(): number {
    return Atomics.load(this.#cells, F.check_health);
  }
  get checkResult(): number {
    return Atomics.load(this.#cells, F.check_result);
  }
  get checkState(): number {
    return Atomics.load(this.#cells, F.check_state);
  }
  /** Wall second of the last change of state. */
  get lastChange(): number {
    return Atomics.load(this.#cells, F.last_change) >>> 0;
  }
  /** Wall second of the last stream, 0: none yet. */
  get lastSession(): number {
    return Atomics.load(this.#cells, F.last_session) >>> 0;
  }
  get consecutiveErrors(): number {
    return Atomics.load(this.#cells, F.consecutive_errors);
  }
  /** Counts changes of the address. */
  get addressVersion(): number {
    return Atomics.load(this.#cells, F.addr_version);
  }
  /** The address now: 4 or 16 bytes; `none`: there is none; undefined: the configuration's. */
  get address(): Uint8Array | "none" | undefined {
    const c = this.#cells;
    const kind = Atomics.load(c, F.addr_kind);
    if (kind === 0) return undefined;
    if (kind === 1) return "none";
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 4; i++) view.setInt32(4 * i, Atomics.load(c, F.addr_0 + i));
    return kind === 4 ? bytes.subarray(0, 4) : bytes;
  }
  /** The port now; undefined: the configuration's. */
  get port(): number | undefined {
    const port = Atomics.load(this.#cells, F.addr_port);
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
      for (let i = 0; i < 4; i++) Atomics.store(c, F.addr_0 + i, view.getInt32(4 * i));
    }
    Atomics.store(c, F.addr_kind, kind);
    Atomics.store(c, F.addr_port, port === undefined ? 0 : port + 1);
    Atomics.add(c, F.addr_version, 1);
    this.#backend.touch();
  }

  /** Not in maintenance, and not known to be down: it may be connected to (persistence, backup). */
  get running(): boolean {
    return this.op !== OpState.Stopped && (this.admin & Admin.Maint) === 0;
  }
  /** May be chosen for new streams: running, neither draining nor stopping, weight above 0. */
  get usable(): boolean {
    const c = this.#cells;
    const op = Atomics.load(c, F.op_state);
    return (op === OpState.Running || op === OpState.Starting) &&
      (Atomics.load(c, F.admin_state) & (Admin.Maint | Admin.Drain)) === 0 &&
      Atomics.load(c, F.uweight) > 0;
  }

  /** Seconds down in all, the running downtime included. */
  downtime(wallMs: number): number {
    const past = Atomics.load(this.#cells, F.downtime);
    if (this.running) return past;
    return past + Math.max(0, Math.floor(wallMs / 1000) - this.lastChange);
  }

  /** Sets the weight (0 to 256; clamped). Seen by all threads at their next pick. */
  setWeight(weight: number): void {
    Atomics.store(this.#cells, F.uweight, Math.max(0, Math.min(256, weight)));
    this.#backend.touch();
  }

  /**
   * Slowstart: how many sixteenths of its weight (1 to 16) and percent of its maxconn (0 to 100) the server has
   * now. Seen by all threads at their next pick.
   */
  setShare(sixteenths: number, percent: number): void {
    Atomics.store(this.#cells, F.slow_weight, 16 - sixteenths);
    Atomics.store(this.#cells, F.slow_maxconn, 100 - percent);
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
    if (Atomics.load(c, field) === value) return false;
    const second = Math.floor(wallMs / 1000);
    if (!this.running) Atomics.add(c, F.downtime, Math.max(0, second - this.lastChange));
    Atomics.store(c, field, value);
    Atomics.store(c, F.last_change, second);
    this.#backend.touch();
    return true;
  }

  /** Says when the state last changed, as a wall second: it was read from a file. */
  dateChange(second: number): void {
    Atomics.store(this.#cells, F.last_change, second);
  }

  /** Sets the limit of slots (0: none). Seen by all threads at their next pick. */
  setMaxconn(maxconn: number): void {
    Atomics.store(this.#cells, F.maxconn, Math.max(0, maxconn));
    this.#backend.touch();
  }
  setAgentUp(up: boolean): void {
    Atomics.store(this.#cells, F.agent_health, up ? 1 : 0);
  }
  setAgentState(state: number): void {
    Atomics.store(this.#cells, F.agent_state, state);
  }
  /** Sets the health that a server begins with. */
  startHealth(setup: ServerSetup): void {
    this.setHealth(initialHealth(setup));
  }
  setHealth(health: number): void {
    Atomics.store(this.#cells, F.check_health, health);
  }
  setCheckResult(result: number): void {
    Atomics.store(this.#cells, F.check_result, result);
  }
  setCheckState(state: number): void {
    Atomics.store(this.#cells, F.check_state, state);
  }
  /** Counts an error that live traffic has seen; answers how many there are in a row. */
  countError(): number {
    return Atomics.add(this.#cells, F.consecutive_errors, 1) + 1;
  }
  setConsecutiveErrors(n: number): void {
    Atomics.store(this.#cells, F.consecutive_errors, n);
  }
  setLastSession(wallMs: number): void {
    Atomics.store(this.#cells, F.last_session, Math.floor(wallMs / 1000));
  }

  /** Takes a slot if fewer than `limit` are taken (0: no limit). False: the server is full. */
  takeSlot(limit: number): boolean {
    const c = this.#cells;
    if (limit === 0) {
      Atomics.add(c, F.scur, 1);
      return true;
    }
    let now = Atomics.load(c, F.scur);
    while (now < limit) {
      const seen = Atomics.compareExchange(c, F.scur, now, now + 1);
      if (seen === now) return true;
      now = seen;
    }
    return false;
  }

  /** Gives a slot back. */
  freeSlot(): void {
    Atomics.sub(this.#cells, F.scur, 1);
  }

  /** Counts a stream into (+1) or out of (-1) the server's queue; answers the new length. */
  addQueued(n: number): number {
    return Atomics.add(this.#cells, F.qcur, n) + n;
  }
}

/** 31 bits that tell texts apart (FNV-1a). */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 1;
}
