/**
 * Checks one server for as long as it is started: never two checks at once, the pauses of the manual (5.2
 * `inter`, `fastinter`, `downinter`), and the counting of `rise` and `fall`.
 */
import type { Server } from "../balance/server.ts";
import type { Target } from "../net/conn.ts";
import { Timer, type TimerWheel } from "../net/timers.ts";
import { Admin, OpState } from "../state/server.ts";
import { SC } from "../state/traffic.ts";
import { LogLevel } from "../log/types.ts";
import type { Check, CheckLimits, RunningCheck } from "./check.ts";
import { type CheckResult, reasonOf, statusRow } from "./result.ts";
import type { BackendStatus, StatusEvent } from "./status.ts";

/** What outlives a reload of one server's checks, beside its ServerState. */
export interface CheckMemory {
  last: CheckResult | undefined;
  /** clock ms of the next check; undefined: there was none yet */
  nextAt: number | undefined;
  /** Generations that know it */
  holders: number;
}

export interface CheckerOptions {
  readonly server: Server;
  readonly target: Target;
  readonly check: Check;
  readonly limits: CheckLimits;
  readonly status: BackendStatus;
  readonly memory: CheckMemory;
  readonly wheel: TimerWheel;
  /** name of the backend, for log lines */
  readonly backend: string;
  /** `option log-health-checks` */
  readonly logAll: boolean;
  /** global `spread-checks`, percent */
  readonly spread: number;
  /** 0 <= x < 1 */
  random(): number;
  onEvent(event: StatusEvent): void;
  onResult?(server: Server, result: CheckResult): void;
}

export class HealthChecker {
  readonly server: Server;
  readonly #o: CheckerOptions;
  readonly #timer: Timer;
  #running: RunningCheck | undefined;
  #stopped = false;

  constructor(options: CheckerOptions) {
    this.#o = options;
    this.server = options.server;
    this.#timer = new Timer(options.wheel, () => this.#expire());
  }

  /** The last result; undefined before the first. */
  get last(): CheckResult | undefined {
    return this.#o.memory.last;
  }

  /** A check is under way. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Begins after `delay` ms; a checker that goes on after a reload keeps the time its forerunner had set. */
  start(delay: number): void {
    const { memory, wheel } = this.#o;
    const now = wheel.now();
    const wait = memory.nextAt === undefined
      ? delay
      : Math.max(0, Math.min(memory.nextAt - now, this.interval()));
    memory.nextAt = now + wait;
    this.#timer.set(Math.max(wait, 1));
  }

  /** Ends for good; a check under way is given up and counts for nothing. */
  stop(): void {
    this.#stopped = true;
    this.#timer.clear();
    if (this.#running === undefined) return;
    this.#o.memory.nextAt = this.#o.wheel.now();
    this.#running.cancel();
  }

  /** ms between two checks in the server's present state. */
  interval(): number {
    const { state, config } = this.server;
    if (state.health === config.rise + config.fall - 1) return config.inter;
    if (state.op === OpState.Stopped && state.health === 0) return config.downinter ?? config.inter;
    return config.fastinter ?? config.inter;
  }

  #expire(): void {
    const { server } = this;
    if ((server.state.admin & Admin.Maint) !== 0) return this.#next();
    server.state.setCheckState(server.state.checkState | 1);
    const running = this.#o.check.run(this.#o.target, this.#o.limits);
    this.#running = running;
    running.promise.then((result) => {
      this.#running = undefined;
      server.state.setCheckState(server.state.checkState & ~1);
      if (this.#stopped) return;
      // An operator may have put the server into maintenance while it was checked.
      if (result !== undefined && (server.state.admin & Admin.Maint) === 0) this.#apply(result);
      this.#next();
    });
  }

  #next(): void {
    const interval = this.interval();
    const { spread, wheel, memory } = this.#o;
    const noise = interval * spread / 100;
    const wait = Math.max(1, interval + noise - 2 * noise * this.#o.random());
    memory.nextAt = wheel.now() + wait;
    this.#timer.set(wait);
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
    const words = this.#o.logAll ? "" : reasonOf(result);
    if (this.#o.logAll && (moved || result.status !== before)) this.#report(result);
    this.#o.onResult?.(server, result);
    if (state.health === 0) this.#o.status.down(server, words);
    else if (!result.ok || state.health < rise) return;
    else if (row.result === "conditional") this.#o.status.stopping(server, words);
    else this.#o.status.up(server, words);
  }

  /** `option log-health-checks` */
  #report(result: CheckResult): void {
    const { server } = this;
    const { rise, fall } = server.config;
    const { health } = server.state;
    const kind = statusRow(result.status).result;
    const verb = kind === "conditional"
      ? "conditionally succeeded"
      : result.ok
      ? "succeeded"
      : "failed";
    const standing = health >= rise
      ? `${health - rise + 1}/${fall} ${server.weight > 0 ? "UP" : "DRAIN"}`
      : `${health}/${rise} DOWN`;
    const message = `Health check for ${server.backup ? "backup " : ""}server ` +
      `${this.#o.backend}/${server.name} ${verb}${reasonOf(result)}, status: ${standing}.`;
    this.#o.onEvent({ level: LogLevel.notice, message, server });
  }
}
