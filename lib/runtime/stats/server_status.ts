/** The word in the `status` column of a server (management manual 9.1). */
import type { Server } from "../../balance/server.ts";
import { Admin, OpState } from "../../state/server_fields.ts";

/** `UP`, `UP 1/3`, `DOWN`, `DOWN 1/2`, `NOLB`, `MAINT`, `DRAIN`, `no check`. */
export function serverStatus(server: Server): string {
  const { state } = server;
  if ((state.admin & Admin.Maint) !== 0) return "MAINT";
  const { rise, fall } = leaderOf(server).config;
  const { health } = leaderOf(server).state;
  const checked = checksAreOn(leaderOf(server));
  if (state.op === OpState.Stopped) {
    return checked && health > 0 ? `DOWN ${health}/${rise}` : "DOWN";
  }
  const draining = (state.admin & Admin.Drain) !== 0;
  const word = state.op === OpState.Stopping ? "NOLB" : draining ? "DRAIN" : "UP";
  if (!checked) return word === "UP" ? "no check" : word;
  const full = rise + fall - 1;
  return health >= full ? word : `${word} ${health - rise + 1}/${fall}`;
}

/** The server that is checked for this one (manual 5.2 `track`). */
export function leaderOf(server: Server): Server {
  let leader = server;
  while (leader.tracks !== undefined) leader = leader.tracks;
  return leader;
}

/** True when the server has a health check and no operator has switched it off. */
function checksAreOn({ config, state }: Server): boolean {
  return config.check && (state.checkState & 4) !== 0;
}

/** True when the health check of the server is on: not in maintenance. */
export function isChecked(server: Server): boolean {
  return checksAreOn(server) && (server.state.admin & Admin.Maint) === 0;
}

/** True while a health check of the server is under way. */
export function isBeingChecked(server: Server): boolean {
  return (server.state.checkState & 1) !== 0;
}

/** True when the server has an agent that is asked: not in maintenance. */
export function hasAgent(server: Server): boolean {
  return (server.state.agentState & 4) !== 0 && (server.state.admin & Admin.Maint) === 0;
}
