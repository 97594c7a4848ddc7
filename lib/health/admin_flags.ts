/**
 * Maintenance and drain of the servers of one backend: an operator's, a name's that does not resolve, and those that
 * are inherited from a server that is tracked. A server is out of them when the last reason is gone.
 */
import type { Server } from "../balance/server.ts";
import { LogLevel } from "../log/types.ts";
import { Admin, OpState } from "../state/server_fields.ts";
import type { StatusOptions } from "./status.ts";
import { leftWords } from "./status_words.ts";
import type { Trackers } from "./trackers.ts";
import type { Transitions } from "./transitions.ts";

export class AdminFlags {
  readonly #o: StatusOptions;
  readonly #turns: Transitions;
  readonly #trackers: Trackers;

  constructor(options: StatusOptions, turns: Transitions, trackers: Trackers) {
    this.#o = options;
    this.#turns = turns;
    this.#trackers = trackers;
  }

  /** Sets a flag, and the inherited one of all that track the server. */
  set(server: Server, flag: number, via: string): void {
    const { state } = server;
    const { admin } = state;
    if ((admin & flag) !== 0) return;
    const maint = (flag & Admin.Maint) !== 0;
    const next = admin | flag;
    if ((admin & (maint ? Admin.Maint : Admin.Maint | Admin.Drain)) !== 0) {
      state.setAdmin(next, this.#o.wall());
      if ((next & Admin.Maint) === 0) this.#turns.stillDraining(server);
    } else if (maint) this.#enterMaint(server, next, via);
    else this.#enterDrain(server, next, via);
    // Who tracks it has the inherited flag already when it was in that state before.
    if ((admin & (maint ? Admin.Maint : Admin.Drain)) !== 0) return;
    const inherited = maint ? Admin.InheritedMaint : Admin.InheritedDrain;
    this.#trackers.tell(server, (t, via) => t.status.flags.set(t.server, inherited, via));
  }

  #enterMaint(server: Server, flags: number, via: string): void {
    const { state } = server;
    if (server.config.check) state.setCheckState(state.checkState | 8);
    state.setHealth(0);
    if (state.op === OpState.Stopped) {
      state.setAdmin(flags, this.#o.wall());
      this.#o.pool.changedAll();
      this.#turns.say(LogLevel.notice, server, `was DOWN and now enters maintenance${via}.`);
    } else {
      this.#turns.stop(server, `is going DOWN for maintenance${via}`, flags);
    }
  }

  #enterDrain(server: Server, flags: number, via: string): void {
    const { state } = server;
    const enter = () => state.setAdmin(flags, this.#o.wall());
    const words = `enters drain state${via}`;
    const mail = LogLevel.notice;
    if (state.op !== OpState.Stopped) return this.#turns.online(server, words, enter, mail);
    const { usable } = server;
    enter();
    const moved = this.#o.pool.changedAll();
    this.#turns.say(
      LogLevel.notice,
      server,
      `${words}. ${leftWords(this.#turns.counts(), server, moved)}`,
      mail,
    );
    if (usable) this.#turns.afterLoss(this.#turns.counts());
  }

  /** Takes a flag back, and the inherited one of all that track the server. */
  clear(server: Server, flag: number): void {
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
    this.#trackers.tell(server, (t) => t.status.flags.clear(t.server, inherited));
  }

  /** One reason for maintenance or drain is gone, another is there still. */
  #remains(server: Server, gone: number): void {
    const { admin } = server.state;
    const via = this.#trackers.via(server);
    if (gone === Admin.ForcedMaint) {
      const words = "is leaving forced maintenance but remains in maintenance";
      this.#turns.say(LogLevel.notice, server, `${words}${via}.`);
    } else if (gone === Admin.ResolveMaint) {
      const words = "resolves again but remains in maintenance";
      this.#turns.say(LogLevel.notice, server, `('${server.fqdn}') ${words}.`);
    } else if (gone === Admin.InheritedMaint && (admin & Admin.ForcedMaint) !== 0) {
      this.#turns.say(LogLevel.notice, server, "remains in forced maintenance.");
    } else if ((admin & Admin.Maint) === 0) this.#turns.stillDraining(server);
  }

  #leaveDrain(server: Server): void {
    const word = server.state.op === OpState.Stopped ? "DOWN" : "UP";
    this.#o.pool.changedAll();
    this.#turns.say(LogLevel.notice, server, `is ${word} (leaving forced drain).`);
    this.#turns.afterGain(this.#turns.counts());
    if (word === "UP") this.#turns.cameUp(server);
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
    this.#o.pool.changedAll();
    const words = `${op === OpState.Stopped ? "DOWN" : "UP"}/${
      (flags & Admin.Drain) !== 0 ? "DRAIN" : "READY"
    }`;
    if ((before & Admin.ResolveMaint) !== 0) {
      this.#turns.say(LogLevel.notice, server, `('${server.fqdn}') is ${words} (resolves again).`);
    } else {
      const why = (before & Admin.ForcedMaint) !== 0 ? "forced maintenance" : "maintenance";
      this.#turns.say(LogLevel.notice, server, `is ${words} (leaving ${why}).`);
    }
    this.#turns.stillDraining(server);
    this.#turns.afterGain(this.#turns.counts());
    if (op === OpState.Running) this.#turns.cameUp(server);
  }
}
