/**
 * Asks the agent of one server again and again, and does what it says (manual 5.2 `agent-check`). That an agent
 * cannot be reached means nothing: whether the server can be is the health check's matter.
 */
import type { Server } from "../../balance/server.ts";
import { weightFromText } from "../../balance/weight.ts";
import type { Target } from "../../net/conn.ts";
import type { TimerWheel } from "../../net/timers.ts";
import { SC } from "../../state/traffic.ts";
import type { CheckLimits, RunningCheck } from "../check.ts";
import type { CheckGate } from "../check_gate.ts";
import { CheckLoop, type CheckMemory } from "../check_loop.ts";
import { reportCheck } from "../report.ts";
import { type CheckResult, checkResult, type CheckStatus, reasonOf } from "../result.ts";
import type { BackendStatus, StatusEvent } from "../status.ts";
import type { AgentCheck } from "./agent_check.ts";
import { type AgentReply, parseAgentReply } from "./reply.ts";

export interface AgentOptions {
  readonly server: Server;
  /** where to ask now */
  target(): Target;
  readonly check: AgentCheck;
  readonly limits: CheckLimits;
  readonly status: BackendStatus;
  readonly memory: CheckMemory;
  readonly wheel: TimerWheel;
  readonly gate?: CheckGate;
  readonly backend: string;
  /** `option log-health-checks` */
  readonly logAll: boolean;
  readonly spread: number;
  random(): number;
  onEvent(event: StatusEvent): void;
}

/** ms, when `agent-inter` does not say */
export const AGENT_INTER = 2000;
const RUNNING = 1;
/** `disable agent` takes this away. */
const ENABLED = 4;
/** One word of an agent decides. */
const ONCE = { rise: 1, fall: 1 };

export class AgentChecker {
  readonly server: Server;
  readonly #o: AgentOptions;
  readonly #loop: CheckLoop;

  constructor(options: AgentOptions) {
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

  /** The last result; undefined before the first. */
  get last(): CheckResult | undefined {
    return this.#o.memory.last;
  }

  interval(): number {
    return this.server.config.agentInter ?? AGENT_INTER;
  }

  start(delay: number): void {
    this.#loop.start(delay);
  }

  stop(): void {
    this.#loop.stop();
  }

  #begin(): RunningCheck | undefined {
    const { state } = this.server;
    if ((state.agentState & ENABLED) === 0) return undefined;
    state.setAgentState(state.agentState | RUNNING);
    const running = this.#o.check.run(this.#o.target(), this.#o.limits);
    running.promise.then(() => state.setAgentState(state.agentState & ~RUNNING));
    return running;
  }

  #done(result: CheckResult): void {
    if (!result.ok) return this.#note(result, false);
    const reply = parseAgentReply(this.#o.check.line);
    const warning = this.#obey(reply) ?? reply.unknown;
    const verdict = this.#verdict(reply, warning);
    if (verdict === undefined) return;
    const { status, info } = verdict;
    this.#note(checkResult(status, result.durationMs, info), reply.health !== undefined);
  }

  /** Does what is not about health; answers what was wrong with it. */
  #obey(reply: AgentReply): string | undefined {
    const { server } = this;
    const { status } = this.#o;
    if (reply.admin === "drain") status.setDrain(server);
    else if (reply.admin === "maint") status.setMaint(server);
    else if (reply.admin === "ready") status.setReady(server);
    let warning: string | undefined;
    if (reply.weight !== undefined) {
      const weight = weightFromText(reply.weight, server, status.pool.dynamic);
      if (typeof weight === "string") warning = weight;
      else if (weight !== server.weight) status.setWeight(server, weight);
    }
    if (reply.maxconn !== undefined) {
      const maxconn = /^[0-9]{1,9}$/.test(reply.maxconn) ? Number(reply.maxconn) : undefined;
      if (maxconn === undefined) warning ??= "maxconn is not a number";
      else if (maxconn !== server.maxconn) status.setMaxconn(server, maxconn);
    }
    return warning;
  }

  /** Undefined: the agent has not said yet whether the server is up. */
  #verdict(
    { health, comment }: AgentReply,
    warning: string | undefined,
  ): { status: CheckStatus; info: string } | undefined {
    if (health !== undefined) {
      const more = comment !== "" ? comment : warning ?? "";
      const info = `via agent : ${health}${more === "" ? "" : ` (${more})`}`;
      return { status: health.toLowerCase() === "up" ? "L7OK" : "L7STS", info };
    }
    // Nothing is said about health: it stays as it was.
    const status = this.last?.status;
    return status && { status, info: warning === undefined ? "" : `agent warns : ${warning}` };
  }

  /** `spoken`: the agent said whether the server is up. */
  #note(result: CheckResult, spoken: boolean): void {
    const { server } = this;
    const { memory, logAll, backend, status, onEvent } = this.#o;
    const { state, config } = server;
    const before = memory.last?.status;
    memory.last = result;
    const up = spoken ? result.ok : state.agentUp;
    const moved = up !== state.agentUp;
    state.setAgentUp(up);
    if (spoken && config.check) state.setHealth(up ? Math.max(state.health, config.rise) : 0);
    if (moved && !up) server.counters.add(SC.chkfail, 1);
    if (logAll && (moved || result.status !== before)) {
      onEvent(reportCheck("Agent", server, backend, result, { health: up ? 1 : 0, ...ONCE }));
    }
    if (!spoken) return;
    const words = logAll ? "" : reasonOf(result);
    if (!up) status.down(server, words);
    else if (!config.check || state.health >= config.rise) status.up(server, words);
  }
}
