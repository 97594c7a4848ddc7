/**
 * Checks one server for as long as it is started: the pauses of the manual (5.2 `inter`, `fastinter`, `downinter`),
 * and the counting of `rise` and `fall`.
 */
import type { Server } from "../balance/server.ts";
import type { Target } from "../net/conn.ts";
import type { TimerWheel } from "../net/timers.ts";
import { Admin, OpState } from "../state/server_fields.ts";
import { SC } from "../state/traffic.ts";
import type { Check, CheckLimits, RunningCheck } from "./check.ts";
import type { CheckGate } from "./check_gate.ts";
import { CheckLoop, type CheckMemory } from "./check_loop.ts";
import { reportCheck } from "./report.ts";
import type { OnError } from "../config/model_check.ts";
import { type CheckResult, checkResult, reasonOf, statusRow } from "./result.ts";
import type { BackendStatus, StatusEvent } from "./status.ts";

export type { CheckMemory } from "./check_loop.ts";

export interface CheckerOptions {
  readonly server: Server;
  /** where to check now */
  target(): Target;
  readonly check: Check;
  readonly limits: CheckLimits;
  readonly status: BackendStatus;
  readonly memory: CheckMemory;
  readonly wheel: TimerWheel;
  readonly gate?: CheckGate;
  /** name of the backend, for log lines */
  readonly backend: string;
  /** `option log-health-checks` */
  readonly logAll: boolean;
  /** global `spread-checks`, percent */
  readonly spread: number;
  /** 0 <= x < 1 */
  random(): number;
  onEvent(event: StatusEvent): void;
  onResult?(server: Server, result: CheckResult, backend: string): void;
}

/** The duration of what was no check. */
const UNTIMED = -1;
/** A check of this server is under way (`check_state`). */
const RUNNING = 1;
/** `disable health` takes this away. */
const ENABLED = 4;

export class HealthChecker {
  readonly server: Server;
  readonly #o: CheckerOptions;
  readonly #loop: CheckLoop;

  constructor(options: CheckerOptions) {
    this.#o = options;
    this.server = options.server;
    this.#loop = new CheckLoop({
      wheel: options.wheel,
      gate: options.gate,
      memory: options.memory,
      spread: options.spread,
      random: () => options.random(),
      interval: () => this.interval(),
      begin: () => this.#begin(),
      done: (result) => this.#done(result),
    });
  }

  get backend(): string {
    return this.#o.backend;
  }

  /** The last result; undefined before the first. */
  get last(): CheckResult | undefined {
    return this.#o.memory.last;
  }
  set last(result: CheckResult | undefined) {
    this.#o.memory.last = result;
  }

  /** A check is under way. */
  get running(): boolean {
    return this.#loop.running;
  }

  /** Begins after `delay` ms; a checker that goes on after a reload keeps the time its forerunner had set. */
  start(delay: number): void {
    this.#loop.start(delay);
  }

  /** Ends for good; a check under way is given up and counts for nothing. */
  stop(): void {
    this.#loop.stop();
  }

  /** ms between two checks in the server's present state. */
  interval(): number {
    const { state, config } = this.server;
    if (state.health === config.rise + config.fall - 1) return config.inter;
    if (state.op === OpState.Stopped && state.health === 0) return config.downinter ?? config.inter;
    return config.fastinter ?? config.inter;
  }

  /** Live traffic has shown so many errors that `on-error` acts; `info` tells them. The next check comes soon. */
  suspect(onError: OnError, info: string): void {
    const { state, config } = this.server;
    if ((state.admin & Admin.Maint) !== 0) return;
    this.server.counters.add(SC.hanafail, 1);
    if (onError === "mark-down") state.setHealth(config.rise);
    else if (onError === "sudden-death" && state.health > config.rise) {
      state.setHealth(config.rise + 1);
    }
    if (onError !== "fastinter") this.#apply(checkResult("HANA", UNTIMED, info));
    this.#loop.hasten(config.fastinter ?? config.inter);
  }

  #begin(): RunningCheck | undefined {
    const { state } = this.server;
    if ((state.admin & Admin.Maint) !== 0 || (state.checkState & ENABLED) === 0) return undefined;
    state.setCheckState(state.checkState | RUNNING);
    const running = this.#o.check.run(this.#o.target(), this.#o.limits);
    running.promise.then(() => state.setCheckState(state.checkState & ~RUNNING));
    return running;
  }

  #done(result: CheckResult): void {
    // An operator may have put the server into maintenance while it was checked.
    if ((this.server.state.admin & Admin.Maint) === 0) this.#apply(result);
  }

  #apply(result: CheckResult): void {
    const { server } = this;
    const { state } = server;
    const { rise, fall } = server.config;
    const before = this.#o.memory.last?.status;
    this.#o.memory.last = result;
    const row = statusRow(result.status);
    let moved = false;
    if (result.ok) {
      if (state.consecutiveErrors > 0) state.setConsecutiveErrors(0);
      state.setCheckResult(row.result === "conditional" ? 4 : 3);
      if (state.health < rise + fall - 1) {
        moved = true;
        const health = state.health + 1;
        state.setHealth(health >= rise ? rise + fall - 1 : health);
      }
    } else {
      state.setCheckResult(2);
      if (state.health > 0) {
        moved = true;
        server.counters.add(SC.chkfail, 1);
        const health = state.health - 1;
        state.setHealth(health < rise ? 0 : health);
      }
    }
    const { logAll, status, backend, onEvent } = this.#o;
    const words = logAll ? "" : reasonOf(result);
    if (logAll && (moved || result.status !== before)) {
      onEvent(reportCheck("Health", server, backend, result, { health: state.health, rise, fall }));
    }
    this.#o.onResult?.(server, result, this.backend);
    if (state.health === 0) status.down(server, words);
    else if (!result.ok || state.health < rise || !state.agentUp) return;
    else if (row.result === "conditional") status.stopping(server, words);
    else status.up(server, words);
  }
}
