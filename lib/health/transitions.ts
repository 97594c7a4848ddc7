/** What each change of a server's state has in its wake: the pool, counters, log lines, the backend's own state. */
import type { Server } from "../balance/server.ts";
import { LogLevel } from "../log/types.ts";
import { Admin, OpState } from "../state/server_fields.ts";
import { PC, SC } from "../state/traffic.ts";
import type { StatusOptions } from "./status.ts";
import { leftWords, onlineWords, type Standing, standingOf } from "./status_words.ts";
import type { Trackers } from "./trackers.ts";

export class Transitions {
  readonly #o: StatusOptions;
  readonly #trackers: Trackers;

  constructor(options: StatusOptions, trackers: Trackers) {
    this.#o = options;
    this.#trackers = trackers;
  }

  /** Usable servers: active and backup ones. */
  counts(): Standing {
    return standingOf(this.#o.pool.servers);
  }

  /** The server is usable no more; `words` say why, `admin` are flags that come with it. */
  stop(server: Server, words: string, admin?: number): void {
    const { state } = server;
    const wall = this.#o.wall();
    const { usable } = server;
    const level = usable ? LogLevel.alert : LogLevel.notice;
    state.setOp(OpState.Stopped, wall);
    if (admin !== undefined) state.setAdmin(admin, wall);
    server.counters.add(SC.chkdown, 1);
    const moved = this.#o.pool.changedAll();
    const standing = this.counts();
    // What an operator does himself is not mailed.
    const mail = admin === undefined ? level : undefined;
    this.say(level, server, `${words}. ${leftWords(standing, server, moved)}`, mail);
    if (usable) this.afterLoss(standing);
    this.#o.onDown?.(server);
  }

  /** `change` makes the server usable, or another state than "down". `mail`: as in StatusEvent. */
  online(server: Server, words: string, change: () => void, mail?: number): void {
    const { pool } = this.#o;
    const { usable } = server;
    const waiting = pool.queued;
    change();
    pool.changedAll();
    const taken = Math.max(0, waiting - pool.queued);
    const standing = this.counts();
    this.say(LogLevel.notice, server, `${words}. ${onlineWords(standing, server, taken)}`, mail);
    if (usable) this.afterLoss(standing);
    this.afterGain(standing);
  }

  /** Says so when the server that was usable before was the last one. */
  afterLoss({ active, backup }: Standing): void {
    if (active + backup > 0) return;
    const { pool, backend, counters } = this.#o;
    if (pool.state.setDown(true, this.#o.wall())) counters.add(PC.chkdown, 1);
    this.#o.onEvent({
      level: LogLevel.emerg,
      message: `backend ${backend} has no server available!`,
    });
  }

  /** The backend is up when one server is. */
  afterGain({ active, backup }: Standing): void {
    if (active + backup > 0) this.#o.pool.state.setDown(false, this.#o.wall());
  }

  /** `on-marked-up` */
  cameUp(server: Server): void {
    if (server.usable) this.#o.onUp?.(server);
  }

  /** An operator's drain outlives other changes. */
  stillDraining(server: Server): void {
    const { admin } = server.state;
    if ((admin & Admin.ForcedDrain) !== 0) {
      this.say(LogLevel.notice, server, "remains in forced drain mode.");
    } else if ((admin & Admin.InheritedDrain) !== 0) {
      const via = this.#trackers.via(server);
      const words = "is leaving forced drain but remains in drain mode";
      this.say(LogLevel.notice, server, `${words}${via}.`);
    }
  }

  /** An event, with the server's name before the words. */
  say(level: number, server: Server, words: string, mail?: number): void {
    const backup = server.backup ? "Backup " : "";
    const message = `${backup}Server ${this.#o.backend}/${server.name} ${words}`;
    this.#o.onEvent({ level, message, server, mail });
  }
}
