/** The word in the `status` column of a server (management manual 9.1). */
import type { Server } from "../../balance/server.ts";
import { Admin, OpState } from "../../state/server.ts";

/** `UP`, `UP 1/3`, `DOWN`, `DOWN 1/2`, `NOLB`, `MAINT`, `DRAIN`, `no check`. */
export function serverStatus(server: Server): string {
  const { state, config } = server;
  const { rise, fall } = config;
  if ((state.admin & Admin.Maint) !== 0) return "MAINT";
  if (state.op === OpState.Stopped) {
    return config.check && state.health > 0 ? `DOWN ${state.health}/${rise}` : "DOWN";
  }
  const draining = (state.admin & Admin.Drain) !== 0;
  const word = state.op === OpState.Stopping ? "NOLB" : draining ? "DRAIN" : "UP";
  if (!config.check) return word === "UP" ? "no check" : word;
  const full = rise + fall - 1;
  return state.health >= full ? word : `${word} ${state.health - rise + 1}/${fall}`;
}

/** True when the health check of the server is on: not in maintenance. */
export function isChecked(server: Server): boolean {
  return server.config.check && (server.state.admin & Admin.Maint) === 0;
}

/** True while a health check of the server is under way. */
export function isBeingChecked(server: Server): boolean {
  return (server.state.checkState & 1) !== 0;
}
