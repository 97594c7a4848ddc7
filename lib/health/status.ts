/**
 * Changes of the servers' states of one backend, by checks and by operators: what follows from them for the
 * pool, for the counters and for the log, and for the servers that track them (manual 5.2 `track`). Words and levels
 * of the log lines are HAProxy's.
 */
import type { ServerPool } from "../balance/pool.ts";
import type { Server } from "../balance/server.ts";
import { LogLevel } from "../log/types.ts";
import type { ProxyCounters } from "../state/traffic.ts";
import { Admin, OpState } from "../state/server_fields.ts";
import type { SlowStart } from "./slow_start.ts";
import type { Standing } from "./status_words.ts";
import { AdminFlags } from "./admin_flags.ts";
import { Trackers } from "./trackers.ts";
import { Transitions } from "./transitions.ts";

/** Something that an operator should hear of. */
export interface StatusEvent {
  readonly level: number;
  readonly message: string;
  /** undefined: it concerns the whole backend */
  readonly server?: Server;
  /** as which level `email-alert` sends it (manual 4.2 `email-alert level`); undefined: it does not */
  readonly mail?: number;
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

export class BackendStatus {
  readonly #o: StatusOptions;
  readonly trackers: Trackers = new Trackers();
  readonly #turns: Transitions;
  /** maintenance and drain */
  readonly flags: AdminFlags;

  constructor(options: StatusOptions) {
    this.#o = options;
    this.#turns = new Transitions(options, this.trackers);
    this.flags = new AdminFlags(options, this.#turns, this.trackers);
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
    return this.#turns.counts();
  }

  /** From now on `follower`, a server of `status`, has the state of `server`. */
  link(server: Server, status: BackendStatus, follower: Server): void {
    follower.tracks = server;
    status.trackers.setVia(follower, `${this.#o.backend}/${server.name}`);
    this.trackers.add(server, { status, server: follower });
  }

  /** `follower` is deleted. */
  unlink(follower: Server): void {
    this.trackers.remove(follower);
  }

  /** Others follow this server. */
  isTracked(server: Server): boolean {
    return this.trackers.has(server);
  }

  /** The server is found dead. `reason` follows the words "is DOWN". */
  down(server: Server, reason: string): void {
    if (server.state.op === OpState.Stopped) return;
    this.#turns.stop(server, `is DOWN${reason}`);
    this.#turns.stillDraining(server);
    this.trackers.tell(server, (t, via) => t.status.down(t.server, via));
  }

  /** The server lives. */
  up(server: Server, reason: string): void {
    const { state } = server;
    if (state.op === OpState.Running || (state.admin & Admin.Maint) !== 0) return;
    this.#turns.online(server, `is UP${reason}`, () => {
      if (state.op === OpState.Stopped) this.#o.slowStart?.begin(server);
      state.setOp(OpState.Running, this.#o.wall());
    }, LogLevel.notice);
    this.#turns.stillDraining(server);
    this.#turns.cameUp(server);
    this.trackers.tell(server, (t, via) => t.status.up(t.server, via));
  }

  /** The server asks for no new streams but serves those that are bound to it. */
  stopping(server: Server, reason: string): void {
    const { state } = server;
    if (state.op === OpState.Stopping || (state.admin & Admin.Maint) !== 0) return;
    this.#turns.online(
      server,
      `is stopping${reason}`,
      () => state.setOp(OpState.Stopping, this.#o.wall()),
    );
    this.#turns.stillDraining(server);
    this.trackers.tell(server, (t, via) => t.status.stopping(t.server, via));
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
    this.flags.set(server, Admin.ForcedMaint, "");
    this.flags.clear(server, Admin.ForcedDrain);
  }

  /** `set server … state drain`: checks go on, only streams that are bound to it come. */
  setDrain(server: Server): void {
    this.flags.set(server, Admin.ForcedDrain, "");
    this.flags.clear(server, Admin.ForcedMaint);
  }

  /** `enable server`, `set server … state ready`: out of maintenance and drain. */
  setReady(server: Server): void {
    this.flags.clear(server, Admin.ForcedDrain);
    this.flags.clear(server, Admin.ForcedMaint);
  }

  /** Nothing is known of where the server is: no streams, no checks. `why`: `DNS NX status`. */
  setUnresolved(server: Server, why: string): void {
    this.flags.set(server, Admin.ResolveMaint, ` (${why})`);
  }

  /** Its name has an address again. */
  setResolved(server: Server): void {
    if ((server.state.admin & Admin.ResolveMaint) === 0) return;
    this.flags.clear(server, Admin.ResolveMaint);
    this.#turns.say(LogLevel.notice, server, "administratively READY thanks to valid DNS answer.");
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
    const { usable } = server;
    server.state.setWeight(weight);
    this.#o.pool.changedAll();
    const standing = this.counts();
    if (usable) this.#turns.afterLoss(standing);
    this.#turns.afterGain(standing);
  }

  /** The limit of the server's slots; 0: none. */
  setMaxconn(server: Server, maxconn: number): void {
    server.state.setMaxconn(maxconn);
    this.#o.pool.changedAll();
  }
}
