/** Which servers follow which (manual 5.2 `track`). */
import type { Server } from "../balance/server.ts";
import type { BackendStatus } from "./status.ts";

/** A server that follows another, and the one who changes its state. */
export interface Tracker {
  readonly status: BackendStatus;
  readonly server: Server;
}

/** The followers of the servers of one backend, and what its own servers follow. */
export class Trackers {
  readonly #followers = new Map<Server, Tracker[]>();
  /** ` via b/s`, of servers that track another */
  readonly #via = new Map<Server, string>();

  /** From now on `follower` has the state of `server`. */
  add(server: Server, follower: Tracker): void {
    const list = this.#followers.get(server) ?? [];
    list.push(follower);
    this.#followers.set(server, list);
  }

  /** `follower` is deleted. */
  remove(follower: Server): void {
    for (const list of this.#followers.values()) {
      const at = list.findIndex((tracker) => tracker.server === follower);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** Others follow this server. */
  has(server: Server): boolean {
    return (this.#followers.get(server)?.length ?? 0) > 0;
  }

  /** Calls `tell` for each that follows the server, with the words for the log: ` via b/s`. */
  tell(server: Server, tell: (tracker: Tracker, via: string) => void): void {
    for (const tracker of this.#followers.get(server) ?? []) {
      tell(tracker, tracker.status.trackers.via(tracker.server));
    }
  }

  /** What a server of this backend follows, for the log: ` via b/s`. */
  via(server: Server): string {
    return this.#via.get(server) ?? "";
  }

  /** A server of this backend follows `leader`, written as `b/s`. */
  setVia(server: Server, leader: string): void {
    this.#via.set(server, ` via ${leader}`);
  }
}
