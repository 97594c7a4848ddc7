/** A backend whose checks answer as a test says, on a clock that the test moves. */
import type { ServerConfig } from "../../lib/config/model.ts";
import type { Check, CheckLimits, RunningCheck } from "../../lib/health/check.ts";
import { HealthChecker } from "../../lib/health/checker.ts";
import { type CheckResult, checkResult, type CheckStatus } from "../../lib/health/result.ts";
import { SlowStart } from "../../lib/health/slow_start.ts";
import { BackendStatus, type StatusEvent } from "../../lib/health/status.ts";
import type { Target } from "../../lib/net/conn.ts";
import { TimerWheel } from "../../lib/net/timers.ts";
import type { StateStore } from "../../lib/state/store.ts";
import { backend, type BackendShape, serverConfig } from "../balance/support.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Answers what it is told to, at once or when told. */
export class ScriptedCheck implements Check {
  status: CheckStatus = "L4OK";
  info = "";
  /** clock times at which a check began */
  readonly begun: number[] = [];
  /** set: answers wait until `answer` */
  slow = false;
  cancelled = 0;
  #answers: ((r: CheckResult | undefined) => void)[] = [];

  constructor(readonly clock: FakeClock) {}

  run(_target: Target, _limits: CheckLimits): RunningCheck {
    this.begun.push(this.clock.now());
    const promise = this.slow
      ? new Promise<CheckResult | undefined>((resolve) => this.#answers.push(resolve))
      : Promise.resolve(this.#result());
    const cancel = () => {
      this.cancelled++;
      this.#answers.shift()?.(undefined);
    };
    return { promise, cancel };
  }

  answer(): void {
    this.#answers.shift()?.(this.#result());
  }

  #result(): CheckResult {
    return checkResult(this.status, 0, this.info);
  }
}

export interface Bed {
  readonly clock: FakeClock;
  readonly wheel: TimerWheel;
  readonly events: StatusEvent[];
  readonly status: BackendStatus;
  readonly checks: ReadonlyMap<string, ScriptedCheck>;
  readonly checkers: ReadonlyMap<string, HealthChecker>;
  /** `<level>message` of the events since the last call */
  log(): string[];
}

export interface BedShape extends BackendShape {
  readonly spread?: number;
  readonly random?: () => number;
  readonly store?: StateStore;
  readonly clock?: FakeClock;
}

/** Builds the backend `b`; servers with `check` have a checker, not started yet. */
export function bed(servers: Record<string, Partial<ServerConfig>>, shape: BedShape = {}) {
  const clock = shape.clock ?? new FakeClock();
  const wheel = new TimerWheel(clock);
  const events: StatusEvent[] = [];
  const configs = Object.entries(servers).map(([name, more]) => serverConfig(name, more));
  const b = backend(configs, shape, shape.store);
  const onEvent = (event: StatusEvent) => void events.push(event);
  const status = new BackendStatus({
    backend: "b",
    pool: b.pool,
    counters: b.counters,
    wall: () => clock.wall(),
    slowStart: new SlowStart({ pool: b.pool, wheel, wall: () => clock.wall() }),
    onEvent,
  });
  const checks = new Map<string, ScriptedCheck>();
  const checkers = new Map<string, HealthChecker>();
  for (const server of b.servers) {
    if (!server.config.check) continue;
    const check = new ScriptedCheck(clock);
    checks.set(server.name, check);
    const checker = new HealthChecker({
      server,
      target: () => server.target,
      check,
      limits: { connect: 1000, total: 1000 },
      status,
      memory: b.store.local(`check of b/${server.name}`, () => ({
        last: undefined,
        nextAt: undefined,
      })),
      wheel,
      backend: "b",
      logAll: shape.logHealthChecks ?? false,
      spread: shape.spread ?? 0,
      random: shape.random ?? (() => 0),
      onEvent,
    });
    checkers.set(server.name, checker);
  }
  const log = () => events.splice(0).map((e) => `<${e.level}>${e.message}`);
  /** as `log`, of those that `email-alert` sends, with the level that decides */
  const mails = () =>
    events.splice(0).flatMap((e) => e.mail === undefined ? [] : [`<${e.mail}>${e.message}`]);
  return { ...b, clock, wheel, events, status, checks, checkers, log, mails };
}
