/** The class of a row's colour; the words are those of HAProxy's page, so that what reads it still can. */
import type { Subject } from "../../lib/runtime/stats/column.ts";
import { serverStatus } from "../../lib/runtime/stats/server_status.ts";

/** `frontend`, `socket`, `backend` (with `down`), or for servers `active_up`, `backup_going_down`, `maintain` … */
export function stateOf(subject: Subject): string {
  if (subject.kind === "frontend") return "frontend";
  if (subject.kind === "listener") return "socket";
  if (subject.kind === "backend") {
    const { active, backups, backend } = subject;
    return active + backups > 0 || backend.pool.servers.length === 0 ? "backend" : "backend down";
  }
  const status = serverStatus(subject.server);
  const side = subject.server.backup ? "backup" : "active";
  if (status === "MAINT") return "maintain";
  if (status === "no check") return `${side}_no_check`;
  if (status.startsWith("NOLB")) return `${side}_nolb`;
  if (status.startsWith("DRAIN")) return `${side}_draining`;
  const going = status.includes("/");
  if (status.startsWith("DOWN")) return going ? `${side}_going_up` : `${side}_down`;
  return going ? `${side}_going_down` : `${side}_up`;
}

/** What the colours mean. */
export const LEGEND: readonly (readonly [state: string, text: string])[] = [
  ["active_up", "active, up"],
  ["backup_up", "backup, up"],
  ["active_going_down", "up, going down"],
  ["active_going_up", "down, going up"],
  ["active_down", "down"],
  ["active_no_check", "not checked"],
  ["active_draining", "draining, or no new sessions"],
  ["maintain", "in maintenance"],
];
