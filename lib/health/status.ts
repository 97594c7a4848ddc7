/**
 * Changes of the servers' states of one backend, by checks and by operators: what follows from them for the
 * pool, for the counters and for the log, and for the servers that track them (manual 5.2 `track`). Words and levels
 * of the log lines are HAProxy's.
 */
import type { ServerPool } from "../balance/pool.ts";
import type { Server } from "../balance/server.ts";
import { LogLevel } from "../log/types.ts";
import { PC, type ProxyCounters, SC } from "../state/traffic.ts";
import { Admin, OpState } from "../state/server.ts";
import type { SlowStart } from "./slow_start.ts";
import { leftWords, onlineWords, type Standing, standingOf } from "./status_words.ts";

/** Something that an operator should hear of. */
export interface StatusEvent {
  readonly level: number;
  readonly message: string;
  /** undefined: it concerns the whole backend */
  readonly server?: Server;
}

export interface StatusOptions {
  readonly backend: string;
  readonly pool: ServerPool;
  readonly counters: ProxyCounters;
  /** wall ms */
  wall(): number;
  /** Gets every event, log lines included. */
  onEvent(event: StatusEvent): void;
  /** `slowstart` of the backend's servers */
  readonly slowStart?: SlowStart;
  /** A server has just become unusable by going down or into maintenance (`on-marked-down`). */
  onDown?(server: Server): void;
  /** A server has just come up, or out of maintenance or drain (`on-marked-up`). */
  onUp?(server: Server): void;
}

/** A server and the one who changes its state. */
interface Tracker {
  readonly status: BackendStatus;
  readonly server: Server;
}

export class BackendStatus {
  readonly #o: StatusOptions;
  readonly #trackers = new Map<Server, Tracker[]>();
  /** `via b/s`, of servers that track another */
  readonly #via = new Map<Server, string>();

  constructor(options: StatusOptions) {
    this.#o = options;
  }

  /** The Generation takes over. */
  start(): void {
    this.#o.slowStart?.resume();
  }

  /** Another Generation has taken over, or the process ends. */
  stop(): void {
    this.#o.slowStart?.stop();
  }

  get pool(): ServerPool {
    return this.#o.pool;
  }

  /** Usable servers: active and backup ones. */
  counts(): Standing {
    return standingOf(this.#o.pool.servers);
  }

  /** From now on `follower`, a server of `status`, has the state of `server`. */
  link(server: Server, status: BackendStatus, follower: Server): void {
    follower.tracks = server;
    status.#via.set(follower, ` via ${this.#o.backend}/${server.name}`);
    const list = this.#trackers.get(server) ?? [];
    list.push({ status, server: follower });
    this.#trackers.set(server, list);
  }

  /** `follower` is deleted. */
  unlink(follower: Server): void {
    for (const list of this.#trackers.values()) {
      const at = list.findIndex((tracker) => tracker.server === follower);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** Others follow this server. */
  isTracked(server: Server): boolean {
    return (this.#trackers.get(server)?.length ?? 0) > 0;
  }

  #tellTrackers(server: Server, tell: (tracker: Tracker) => void): void {
    for (const tracker of this.#trackers.get(server) ?? []) tell(tracker);
  }

  /** The server is found dead. `reason` follows the words "is DOWN". */
  down(server: Server, reason: string): void {
    if (server.state.op === OpState.Stopped) return;
    this.#stop(server, `is DOWN${reason}`);
    this.#stillDraining(server);
    this.#tellTrackers(server, (t) => t.status.down(t.server, t.status.#via.get(t.server)!));
  }

  /** The server lives. */
  up(server: Server, reason: string): void {
    const { state } = server;
    if (state.op === OpState.Running || (state.admin & Admin.Maint) !== 0) return;
    this.#online(server, `is UP${reason}`, () => {
      if (state.op === OpState.Stopped) this.#o.slowStart?.begin(server);
      state.setOp(OpState.Running, this.#o.wall());
    });
    this.#stillDraining(server);
    this.#cameUp(server);
    this.#tellTrackers(server, (t) => t.status.up(t.server, t.status.#via.get(t.server)!));
  }

  /** The server asks for no new streams but serves those that are bound to it. */
  stopping(server: Server, reason: string): void {
    const { state } = server;
    if (state.op === OpState.Stopping || (state.admin & Admin.Maint) !== 0) return;
    this.#online(
      server,
      `is stopping${reason}`,
      () => state.setOp(OpState.Stopping, this.#o.wall()),
    );
    this.#stillDraining(server);
    this.#tellTrackers(server, (t) => t.status.stopping(t.server, t.status.#via.get(t.server)!));
  }

  /** `set server … health`; a server that tracks another has no health of its own. */
  setHealth(server: Server, health: "up" | "stopping" | "down"): void {
    const { state } = server;
    const { rise, fall } = server.config;
    if ((state.admin & Admin.Maint) !== 0 || server.tracks !== undefined) return;
    state.setHealth(health === "down" ? 0 : rise + fall - 1);
    if (health === "up") this.up(server, ", changed from CLI");
    else if (health === "down") this.down(server, ", changed from CLI");
    else this.stopping(server, ", changed from CLI");
  }

  /** `disable server`, `set server … state maint`: no streams, no checks. */
  setMaint(server: Server): void {
    this.#setFlag(server, Admin.ForcedMaint, "");
    this.#clearFlag(server, Admin.ForcedDrain);
  }

  /** `set server … state drain`: checks go on, only streams that are bound to it come. */
  setDrain(server: Server): void {
    this.#setFlag(server, Admin.ForcedDrain, "");
    this.#clearFlag(server, Admin.ForcedMaint);
  }

  /** `enable server`, `set server … state ready`: out of maintenance and drain. */
  setReady(server: Server): void {
    this.#clearFlag(server, Admin.ForcedDrain);
    this.#clearFlag(server, Admin.ForcedMaint);
  }

  /** Nothing is known of where the server is: no streams, no checks. `why`: `DNS NX status`. */
  setUnresolved(server: Server, why: string): void {
    this.#setFlag(server, Admin.ResolveMaint, ` (${why})`);
  }

  /** Its name has an address again. */
  setResolved(server: Server): void {
    if ((server.state.admin & Admin.ResolveMaint) === 0) return;
    this.#clearFlag(server, Admin.ResolveMaint);
    this.#say(LogLevel.notice, server, "administratively READY thanks to valid DNS answer.");
  }

  /** The server is somewhere else now. `by`: who found out, for the log; undefined: nothing is logged. */
  move(
    server: Server,
    address: Uint8Array | "none" | undefined,
    port: number | undefined,
    by?: string,
  ): void {
    const { state } = server;
    const from = server.hasAddress ? server.address.host : "(none)";
    state.setAddress(address, port);
    this.#o.pool.updateAll();
    if (by === undefined || address === "none" || server.address.host === from) return;
    const { host } = server.address;
    const name = `${this.#o.backend}/${server.name}`;
    const message = `${name} changed its IP from ${from} to ${host} by ${by}.`;
    this.#o.onEvent({ level: LogLevel.notice, message, server });
  }

  /** The server has another name; answers the words that say so. */
  rename(server: Server, fqdn: string, by: string): string {
    const { state } = server;
    const words = `${this.#o.backend}/${server.name} changed its FQDN from ${
      server.fqdn ?? "(null)"
    } to ${fqdn} by '${by}'`;
    server.fqdn = fqdn;
    state.setAdmin(state.admin | Admin.FqdnChanged, this.#o.wall());
    return words;
  }

  /** Something about the servers that the log should have. */
  note(message: string, server: Server): void {
    this.#o.onEvent({ level: LogLevel.notice, message, server });
  }

  /** `set weight`: the absolute weight, 0 to 256. */
  setWeight(server: Server, weight: number): void {
    const before = this.counts();
    server.state.setWeight(weight);
    this.#o.pool.updateAll();
    this.#afterLoss(before);
    this.#afterGain();
  }

  /** The limit of the server's slots; 0: none. */
  setMaxconn(server: Server, maxconn: number): void {
    server.state.setMaxconn(maxconn);
    this.#o.pool.updateAll();
  }

  /** Sets a flag, and the inherited one of all that track the server. */
  #setFlag(server: Server, flag: number, via: string): void {
    const { state } = server;
    const { admin } = state;
    if ((admin & flag) !== 0) return;
    const maint = (flag & Admin.Maint) !== 0;
    const next = admin | flag;
    if ((admin & (maint ? Admin.Maint : Admin.Maint | Admin.Drain)) !== 0) {
      state.setAdmin(next, this.#o.wall());
      if ((next & Admin.Maint) === 0) this.#stillDraining(server);
    } else if (maint) this.#enterMaint(server, next, via);
    else this.#enterDrain(server, next, via);
    // Who tracks it has the inherited flag already when it was in that state before.
    if ((admin & (maint ? Admin.Maint : Admin.Drain)) !== 0) return;
    const inherited = maint ? Admin.InheritedMaint : Admin.InheritedDrain;
    this.#tellTrackers(
      server,
      (t) => t.status.#setFlag(t.server, inherited, t.status.#via.get(t.server)!),
    );
  }

  #enterMaint(server: Server, flags: number, via: string): void {
    const { state } = server;
    if (server.config.check) state.setCheckState(state.checkState | 8);
    state.setHealth(0);
    if (state.op === OpState.Stopped) {
      state.setAdmin(flags, this.#o.wall());
      this.#o.pool.updateAll();
      this.#say(LogLevel.notice, server, `was DOWN and now enters maintenance${via}.`);
    } else {
      this.#stop(server, `is going DOWN for maintenance${via}`, flags);
    }
  }

  #enterDrain(server: Server, flags: number, via: string): void {
    const { state } = server;
    const enter = () => state.setAdmin(flags, this.#o.wall());
    const words = `enters drain state${via}`;
    if (state.op !== OpState.Stopped) return this.#online(server, words, enter);
    const before = this.counts();
    enter();
    const moved = this.#o.pool.updateAll();
    this.#say(LogLevel.notice, server, `${words}. ${leftWords(this.counts(), server, moved)}`);
    this.#afterLoss(before);
  }

  /** Takes a flag back, and the inherited one of all that track the server. */
  #clearFlag(server: Server, flag: number): void {
    const { state } = server;
    const { admin } = state;
    if ((admin & flag) === 0) return;
    const kind = (flag & Admin.Maint) !== 0 ? Admin.Maint : Admin.Drain;
    const next = admin & ~flag;
    const stays = (next & kind) !== 0;
    if (kind === Admin.Maint && !stays) this.#leaveMaint(server, admin, next);
    else {
      state.setAdmin(next, this.#o.wall());
      if (stays) this.#remains(server, flag);
      else if ((next & Admin.Maint) === 0) this.#leaveDrain(server);
    }
    if (stays) return;
    const inherited = kind === Admin.Maint ? Admin.InheritedMaint : Admin.InheritedDrain;
    this.#tellTrackers(server, (t) => t.status.#clearFlag(t.server, inherited));
  }

  /** One reason for maintenance or drain is gone, another is there still. */
  #remains(server: Server, gone: number): void {
    const { admin } = server.state;
    const via = this.#via.get(server) ?? "";
    if (gone === Admin.ForcedMaint) {
      const words = "is leaving forced maintenance but remains in maintenance";
      this.#say(LogLevel.notice, server, `${words}${via}.`);
    } else if (gone === Admin.ResolveMaint) {
      const words = "resolves again but remains in maintenance";
      this.#say(LogLevel.notice, server, `('${server.fqdn}') ${words}.`);
    } else if (gone === Admin.InheritedMaint && (admin & Admin.ForcedMaint) !== 0) {
      this.#say(LogLevel.notice, server, "remains in forced maintenance.");
    } else if ((admin & Admin.Maint) === 0) this.#stillDraining(server);
  }

  #leaveDrain(server: Server): void {
    const word = server.state.op === OpState.Stopped ? "DOWN" : "UP";
    this.#o.pool.updateAll();
    this.#say(LogLevel.notice, server, `is ${word} (leaving forced drain).`);
    this.#afterGain();
    if (word === "UP") this.#cameUp(server);
  }

  /** Up at once, so that streams come again, but the next failed check decides; `init-state` may say otherwise. */
  #leaveMaint(server: Server, before: number, flags: number): void {
    const { state, config, tracks } = server;
    const wall = this.#o.wall();
    state.setAdmin(flags, wall);
    const held = !state.agentUp || tracks?.state.op === OpState.Stopped;
    let op: number = tracks?.state.op === OpState.Stopping ? OpState.Stopping : OpState.Running;
    if (config.check) {
      state.setCheckState(state.checkState & ~8);
      state.startHealth(config);
      if (state.health < config.rise) op = OpState.Stopped;
    }
    if (held) op = OpState.Stopped;
    if (op === OpState.Running) this.#o.slowStart?.begin(server);
    state.setOp(op, wall);
    this.#o.pool.updateAll();
    const words = `${op === OpState.Stopped ? "DOWN" : "UP"}/${
      (flags & Admin.Drain) !== 0 ? "DRAIN" : "READY"
    }`;
    if ((before & Admin.ResolveMaint) !== 0) {
      this.#say(LogLevel.notice, server, `('${server.fqdn}') is ${words} (resolves again).`);
    } else {
      const why = (before & Admin.ForcedMaint) !== 0 ? "forced maintenance" : "maintenance";
      this.#say(LogLevel.notice, server, `is ${words} (leaving ${why}).`);
    }
    this.#stillDraining(server);
    this.#afterGain();
    if (op === OpState.Running) this.#cameUp(server);
  }

  #stop(server: Server, words: string, admin?: number): void {
    const { state } = server;
    const wall = this.#o.wall();
    const before = this.counts();
    const level = server.usable ? LogLevel.alert : LogLevel.notice;
    state.setOp(OpState.Stopped, wall);
    if (admin !== undefined) state.setAdmin(admin, wall);
    server.counters.add(SC.chkdown, 1);
    const moved = this.#o.pool.updateAll();
    this.#say(level, server, `${words}. ${leftWords(this.counts(), server, moved)}`);
    this.#afterLoss(before);
    this.#o.onDown?.(server);
  }

  #online(server: Server, words: string, change: () => void): void {
    const before = this.counts();
    const { pool } = this.#o;
    const waiting = pool.queued;
    change();
    pool.updateAll();
    const taken = Math.max(0, waiting - pool.queued);
    this.#say(LogLevel.notice, server, `${words}. ${onlineWords(this.counts(), server, taken)}`);
    this.#afterLoss(before);
    this.#afterGain();
  }

  #afterLoss(before: Standing): void {
    const { active, backup } = this.counts();
    if (before.active + before.backup === 0 || active + backup > 0) return;
    const { pool, backend, counters } = this.#o;
    if (pool.state.setDown(true, this.#o.wall())) counters.add(PC.chkdown, 1);
    this.#o.onEvent({
      level: LogLevel.emerg,
      message: `backend ${backend} has no server available!`,
    });
  }

  #afterGain(): void {
    const { active, backup } = this.counts();
    if (active + backup > 0) this.#o.pool.state.setDown(false, this.#o.wall());
  }

  #cameUp(server: Server): void {
    if (server.usable) this.#o.onUp?.(server);
  }

  #stillDraining(server: Server): void {
    const { admin } = server.state;
    if ((admin & Admin.ForcedDrain) !== 0) {
      this.#say(LogLevel.notice, server, "remains in forced drain mode.");
    } else if ((admin & Admin.InheritedDrain) !== 0) {
      const via = this.#via.get(server) ?? "";
      const words = "is leaving forced drain but remains in drain mode";
      this.#say(LogLevel.notice, server, `${words}${via}.`);
    }
  }

  #say(level: number, server: Server, words: string): void {
    const backup = server.backup ? "Backup " : "";
    const message = `${backup}Server ${this.#o.backend}/${server.name} ${words}`;
    this.#o.onEvent({ level, message, server });
  }
}
