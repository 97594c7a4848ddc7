/**
 * Changes of the servers' states of one backend, by checks and by operators: what follows from them for the
 * pool, for the counters and for the log. Words and levels of the log lines are HAProxy's.
 */
import type { ServerPool } from "../balance/pool.ts";
import type { Server } from "../balance/server.ts";
import { LogLevel } from "../log/types.ts";
import { PC, type ProxyCounters, SC } from "../state/traffic.ts";
import { Admin, OpState } from "../state/server.ts";
import type { SlowStart } from "./slow_start.ts";

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
}

export class BackendStatus {
  readonly #o: StatusOptions;

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
  counts(): { active: number; backup: number } {
    let active = 0;
    let backup = 0;
    for (const s of this.#o.pool.servers) {
      if (s.usable) s.backup ? backup++ : active++;
    }
    return { active, backup };
  }

  /** The server is found dead. `reason` follows the words "is DOWN". */
  down(server: Server, reason: string): void {
    if (server.state.op === OpState.Stopped) return;
    this.#stop(server, `is DOWN${reason}`);
    this.#stillDraining(server);
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
  }

  /** `set server … health` */
  setHealth(server: Server, health: "up" | "stopping" | "down"): void {
    const { state } = server;
    const { rise, fall } = server.config;
    if ((state.admin & Admin.Maint) !== 0) return;
    state.setHealth(health === "down" ? 0 : rise + fall - 1);
    if (health === "up") this.up(server, ", changed from CLI");
    else if (health === "down") this.down(server, ", changed from CLI");
    else this.stopping(server, ", changed from CLI");
  }

  /** `disable server`, `set server … state maint`: no streams, no checks. */
  setMaint(server: Server): void {
    const { state } = server;
    const wall = this.#o.wall();
    const flags = (state.admin | Admin.ForcedMaint) & ~Admin.ForcedDrain;
    if ((state.admin & Admin.Maint) !== 0) {
      state.setAdmin(flags, wall);
      return;
    }
    if (server.config.check) state.setCheckState(state.checkState | 8);
    state.setHealth(0);
    if (state.op === OpState.Stopped) {
      state.setAdmin(flags, wall);
      this.#o.pool.updateAll();
      this.#say(LogLevel.notice, server, "was DOWN and now enters maintenance.");
    } else {
      this.#stop(server, "is going DOWN for maintenance", flags);
    }
  }

  /** `set server … state drain`: checks go on, only streams that are bound to it come. */
  setDrain(server: Server): void {
    const { state } = server;
    if ((state.admin & Admin.ForcedMaint) !== 0) {
      this.#leaveMaint(server, Admin.ForcedDrain);
      return;
    }
    if ((state.admin & Admin.ForcedDrain) !== 0) return;
    const enter = () => state.setAdmin(state.admin | Admin.ForcedDrain, this.#o.wall());
    if (state.op !== OpState.Stopped) return this.#online(server, "enters drain state", enter);
    const before = this.counts();
    enter();
    const moved = this.#o.pool.updateAll();
    this.#say(LogLevel.notice, server, `enters drain state. ${this.#left(server, moved)}`);
    this.#afterLoss(before);
  }

  /** `enable server`, `set server … state ready`: out of maintenance and drain. */
  setReady(server: Server): void {
    const { state } = server;
    if ((state.admin & Admin.ForcedMaint) !== 0) return this.#leaveMaint(server, 0);
    if ((state.admin & Admin.ForcedDrain) === 0) return;
    state.setAdmin(state.admin & ~Admin.ForcedDrain, this.#o.wall());
    const word = state.op === OpState.Stopped ? "DOWN" : "UP";
    this.#o.pool.updateAll();
    this.#say(LogLevel.notice, server, `is ${word} (leaving forced drain).`);
    this.#afterGain();
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

  /** Up at once, so that streams come again, but the next failed check decides. */
  #leaveMaint(server: Server, flags: number): void {
    const { state } = server;
    const wall = this.#o.wall();
    const rest = state.admin & ~(Admin.ForcedMaint | Admin.ForcedDrain) | flags;
    state.setAdmin(rest, wall);
    if ((rest & Admin.Maint) !== 0) return;
    const up = state.agentUp;
    if (up) this.#o.slowStart?.begin(server);
    state.setOp(up ? OpState.Running : OpState.Stopped, wall);
    if (server.config.check) {
      state.setHealth(server.config.rise);
      state.setCheckState(state.checkState & ~8);
    }
    this.#o.pool.updateAll();
    const words = `${up ? "UP" : "DOWN"}/${(rest & Admin.Drain) !== 0 ? "DRAIN" : "READY"}`;
    this.#say(LogLevel.notice, server, `is ${words} (leaving forced maintenance).`);
    this.#stillDraining(server);
    this.#afterGain();
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
    this.#say(level, server, `${words}. ${this.#left(server, moved)}`);
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
    const online = `${this.#remaining("online")} ${taken} sessions requeued, ` +
      `${server.state.queued} total in queue.`;
    this.#say(LogLevel.notice, server, `${words}. ${online}`);
    this.#afterLoss(before);
    this.#afterGain();
  }

  #left(server: Server, moved: number): string {
    const { current, queued } = server.state;
    return `${this.#remaining("left")} ${current} sessions active, ${moved} requeued, ` +
      `${queued} remaining in queue.`;
  }

  #remaining(word: string): string {
    const { active, backup } = this.counts();
    const onBackup = active === 0 && backup > 0 ? " Running on backup." : "";
    return `${active} active and ${backup} backup servers ${word}.${onBackup}`;
  }

  #afterLoss(before: { active: number; backup: number }): void {
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

  #stillDraining(server: Server): void {
    if ((server.state.admin & Admin.ForcedDrain) === 0) return;
    this.#say(LogLevel.notice, server, "remains in forced drain mode.");
  }

  #say(level: number, server: Server, words: string): void {
    const backup = server.backup ? "Backup " : "";
    const message = `${backup}Server ${this.#o.backend}/${server.name} ${words}`;
    this.#o.onEvent({ level, message, server });
  }
}
