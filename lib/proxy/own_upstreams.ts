/**
 * The idle server connections that one client's session owns (manual 4.2 `http-reuse never`,
 * `max-session-srv-conns`): nobody else's requests use them, and they end with the session.
 */
import type { ReusePool } from "./reuse.ts";
import type { Keeper, UpstreamConn } from "./upstream.ts";

/** connections, when the configuration says nothing */
const MOST = 5;

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export class OwnUpstreams implements Keeper {
  #idle: UpstreamConn[] | undefined = undefined;

  /**
   * Takes the one that belongs to the server of `pool` (and sent `name`, and began with `header`, which says who the
   * client is); undefined: there is none that lives.
   */
  take(
    pool: ReusePool | undefined,
    name?: string,
    header?: Uint8Array,
  ): UpstreamConn | undefined {
    const idle = this.#idle;
    if (idle === undefined) return undefined;
    for (let i = idle.length - 1; i >= 0; i--) {
      const conn = idle[i];
      if (conn.closed || conn.pool === pool) idle.splice(i, 1);
      if (conn.closed || conn.pool !== pool) continue;
      if (
        (name !== undefined && conn.conn.tls?.sni !== name) || !same(conn.proxyHeader, header)
      ) {
        conn.close();
        continue;
      }
      conn.idle = false;
      if (conn.inbox.length === 0 && conn.epoch === pool?.epoch) return conn;
      conn.close();
    }
    return undefined;
  }

  /** Keeps one whose answer is complete; closes it when there are `most` already. */
  put(conn: UpstreamConn, most = MOST): void {
    const idle = this.#idle ??= [];
    for (let i = idle.length - 1; i >= 0; i--) if (idle[i].closed) idle.splice(i, 1);
    if (idle.length < most && conn.rest(this)) idle.push(conn);
    else conn.close();
  }

  /** Used by an idle connection. */
  moved(conn: UpstreamConn): void {
    conn.close();
  }

  close(): void {
    for (const conn of this.#idle ?? []) conn.close();
    this.#idle = undefined;
  }
}
