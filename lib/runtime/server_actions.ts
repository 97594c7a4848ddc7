/** What an operator may do to a server at once: for the statistics page, the runtime socket and the REST API. */
import type { Server } from "../balance/server.ts";
import type { BackendStatus } from "../health/status.ts";

/** Bits of `srv_check_state` and `srv_agent_state` (management manual 9.3 `show servers state`). */
export const CHECK_CONFIGURED = 2;
export const CHECK_ENABLED = 4;

/** Whom something is done to. */
export interface Target {
  readonly backend: string;
  readonly server: Server;
  readonly status: BackendStatus;
  /** ends what a server serves, in all threads */
  readonly killStreams: (backend: string, server: string) => void;
}

export interface ServerAction {
  /** HAProxy's word in the forms of its statistics page; `weight` is sluice's own */
  readonly name: string;
  readonly label: string;
  /** False: it does not concern the server (it has no agent, is already so …). `value`: of `weight`. */
  readonly run: (target: Target, value?: number) => boolean;
}

/** Switches the health check on or off; false: there is none. */
export function setCheckEnabled({ state }: Server, on: boolean): boolean {
  if ((state.checkState & CHECK_CONFIGURED) === 0) return false;
  state.setCheckState(on ? state.checkState | CHECK_ENABLED : state.checkState & ~CHECK_ENABLED);
  return true;
}

/** The same for the agent. */
export function setAgentEnabled({ state }: Server, on: boolean): boolean {
  if ((state.agentState & CHECK_CONFIGURED) === 0) return false;
  state.setAgentState(on ? state.agentState | CHECK_ENABLED : state.agentState & ~CHECK_ENABLED);
  return true;
}

/** Does as if the agent had said `up` or `down`; false: it has no agent that is asked. */
export function setAgentHealth({ server, status }: Target, up: boolean): boolean {
  const { state, config } = server;
  if ((state.agentState & CHECK_ENABLED) === 0) return false;
  state.setAgentUp(up);
  if (!up) status.down(server, ", changed from CLI");
  else if (!config.check || state.health >= config.rise) status.up(server, ", changed from CLI");
  return true;
}

function health(word: "up" | "stopping" | "down"): ServerAction["run"] {
  return ({ server, status }) => {
    if (server.tracks !== undefined) return false;
    status.setHealth(server, word);
    return true;
  };
}

/** In the order of HAProxy's form. */
export const serverActions: readonly ServerAction[] = [
  {
    name: "ready",
    label: "Set state to READY",
    run: ({ server, status }) => {
      status.setReady(server);
      return true;
    },
  },
  {
    name: "drain",
    label: "Set state to DRAIN",
    run: ({ server, status }) => {
      status.setDrain(server);
      return true;
    },
  },
  {
    name: "maint",
    label: "Set state to MAINT",
    run: ({ server, status }) => {
      status.setMaint(server);
      return true;
    },
  },
  {
    name: "dhlth",
    label: "Health: disable checks",
    run: ({ server }) => setCheckEnabled(server, false),
  },
  {
    name: "ehlth",
    label: "Health: enable checks",
    run: ({ server }) => setCheckEnabled(server, true),
  },
  { name: "hrunn", label: "Health: force UP", run: health("up") },
  { name: "hnolb", label: "Health: force NOLB", run: health("stopping") },
  { name: "hdown", label: "Health: force DOWN", run: health("down") },
  {
    name: "dagent",
    label: "Agent: disable checks",
    run: ({ server }) => setAgentEnabled(server, false),
  },
  {
    name: "eagent",
    label: "Agent: enable checks",
    run: ({ server }) => setAgentEnabled(server, true),
  },
  { name: "arunn", label: "Agent: force UP", run: (target) => setAgentHealth(target, true) },
  { name: "adown", label: "Agent: force DOWN", run: (target) => setAgentHealth(target, false) },
  {
    name: "shutdown",
    label: "Kill sessions",
    run: ({ backend, server, killStreams }) => {
      killStreams(backend, server.name);
      return true;
    },
  },
  {
    name: "weight",
    label: "Set weight to …",
    run: ({ server, status }, value) => {
      const allowed = value !== undefined && Number.isInteger(value) && value >= 0 &&
        value <= 256 &&
        (status.pool.dynamic || value === 0 || value === server.initialWeight);
      if (allowed) status.setWeight(server, value);
      return allowed;
    },
  },
];
