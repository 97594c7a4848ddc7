/**
 * `strict-maxconn` (HAProxy 3.2): no more connections to a server are open than its `maxconn`, idle ones and those of all
 * threads counted. Without it `maxconn` counts requests, and idle connections come on top.
 *
 * Laws:
 * - A connection is counted before it is begun, and until it is closed.
 * - One that finds no room closes an idle one of its own thread, and asks the other threads to close theirs; it waits at
 *   most as long as connecting may take.
 */
import type { Server } from "../balance/server.ts";
import type { Conn, ConnectFailure, TlsInfo } from "../net/conn.ts";
import { ConnAround } from "../net/conn_around.ts";
import type { ServerState } from "../state/server.ts";
import type { ReusePool } from "./reuse.ts";

/** ms after which one who waits looks again */
const PATIENCE = 100;

/** Counts a connection that is about to be made. False: there was no room within `ms`, or `givenUp`. */
export async function reserve(
  { state, maxconn }: Server,
  idle: ReusePool | undefined,
  now: () => number,
  ms: number,
  givenUp: () => boolean,
): Promise<boolean> {
  if (state.openConn(maxconn)) return true;
  const until = now() + ms;
  state.addConnsWanted(1);
  try {
    while (!givenUp()) {
      if (state.openConn(maxconn)) return true;
      if (idle?.shed() === true) continue;
      const left = until - now();
      if (left <= 0) return false;
      await state.untilConnClosed(Math.min(left, PATIENCE));
    }
    return false;
  } finally {
    state.addConnsWanted(-1);
  }
}

/** What became of a connection that was counted before: it is counted until it is closed. */
export function counted(answer: Conn | ConnectFailure, { state }: Server): Conn | ConnectFailure {
  if (!("failed" in answer)) return new CountedConn(answer, state);
  state.closeConn();
  return answer;
}

class CountedConn extends ConnAround implements Conn {
  readonly #state: ServerState;
  #open = true;

  constructor(inner: Conn, state: ServerState) {
    super(inner);
    this.#state = state;
  }

  get tls(): TlsInfo | undefined {
    return this.inner.tls;
  }
  read(into: Uint8Array): number | Promise<number> {
    return this.inner.read(into);
  }
  write(from: Uint8Array): number | Promise<number> {
    return this.inner.write(from);
  }
  closeWrite(): void {
    this.inner.closeWrite();
  }
  close(): void {
    this.inner.close();
    this.#ended();
  }
  abort(): void {
    this.inner.abort();
    this.#ended();
  }

  #ended(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#state.closeConn();
  }
}

/** Closes idle connections of this thread while streams of any thread wait to open some; until `pool` is closed. */
export async function yieldIdle({ state }: Server, pool: ReusePool): Promise<void> {
  while (!pool.closed) {
    const wanted = state.connsWanted;
    for (let n = wanted; n > 0 && pool.shed(); n--);
    await state.untilConnsWanted(wanted);
  }
}
