/** Servers that follow others (manual 5.2 `track`). The configuration was checked: the leader exists, without loops. */
import type { Server } from "../balance/server.ts";
import { Admin, OpState } from "../state/server_fields.ts";
import type { CheckedBackend } from "./health.ts";

interface Follower {
  readonly server: Server;
  readonly leader: Server;
}

/** Links `server` to the one that it tracks; undefined: it tracks none, or there is none of that name. */
export function linkTracker(
  backends: ReadonlyMap<string, CheckedBackend>,
  backend: CheckedBackend,
  server: Server,
): Follower | undefined {
  const { track } = server.config;
  if (track === undefined) return undefined;
  const slash = track.text.indexOf("/");
  const there = slash < 0 ? backend : backends.get(track.text.slice(0, slash));
  const leader = there?.status.pool.server(track.text.slice(slash + 1));
  if (there === undefined || leader === undefined) return undefined;
  there.status.link(leader, backend.status, server);
  return { server, leader };
}

/** Links every server that tracks another to it; answers them, leaders first. */
export function linkTrackers(backends: readonly CheckedBackend[]): Follower[] {
  const byName = new Map(backends.map((backend) => [backend.config.name, backend]));
  const followers: Follower[] = [];
  for (const backend of backends) {
    for (const server of backend.status.pool.servers) {
      const follower = linkTracker(byName, backend, server);
      if (follower !== undefined) followers.push(follower);
    }
  }
  const depth = ({ leader }: Follower): number =>
    leader.tracks === undefined ? 0 : 1 + depth({ server: leader, leader: leader.tracks });
  return followers.sort((a, b) => depth(a) - depth(b));
}

/** Gives followers their leaders' state without a word: what a Generation begins with. */
export function adoptStates(followers: readonly Follower[], wallMs: number): void {
  for (const { server, leader } of followers) {
    const { state } = server;
    const own = state.admin & ~(Admin.InheritedMaint | Admin.InheritedDrain);
    const maint = (leader.state.admin & Admin.Maint) !== 0 ? Admin.InheritedMaint : 0;
    const drain = (leader.state.admin & Admin.Drain) !== 0 ? Admin.InheritedDrain : 0;
    state.setAdmin(own | maint | drain, wallMs);
    const inMaint = ((own | maint) & Admin.Maint) !== 0;
    state.setOp(inMaint ? OpState.Stopped : leader.state.op, wallMs);
  }
}
