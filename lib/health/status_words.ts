/** What log lines about a server say of its backend, in HAProxy's words. */
import type { Server } from "../balance/server.ts";

/** Usable servers of a backend. */
export interface Standing {
  readonly active: number;
  readonly backup: number;
}

export function standingOf(servers: readonly Server[]): Standing {
  let active = 0;
  let backup = 0;
  for (const server of servers) {
    if (server.usable) server.backup ? backup++ : active++;
  }
  return { active, backup };
}

function remaining({ active, backup }: Standing, word: string): string {
  const onBackup = active === 0 && backup > 0 ? " Running on backup." : "";
  return `${active} active and ${backup} backup servers ${word}.${onBackup}`;
}

/** A server is gone; `moved` streams of its queue went elsewhere. */
export function leftWords(standing: Standing, { state }: Server, moved: number): string {
  return `${remaining(standing, "left")} ${state.current} sessions active, ${moved} requeued, ` +
    `${state.queued} remaining in queue.`;
}

/** A server is there; `taken` streams of the backend's queue came to it. */
export function onlineWords(standing: Standing, { state }: Server, taken: number): string {
  return `${remaining(standing, "online")} ${taken} sessions requeued, ` +
    `${state.queued} total in queue.`;
}
