/** Connecting through another proxy: SOCKS4 (manual 5.2 `socks4`) or HTTP (`http-proxy`, sluice's own). */
import type { Conn, ConnectFailure } from "./conn.ts";
import { ConnError } from "./connection_errors.ts";
import { askHttpProxy, connectRequest } from "./http_connect.ts";
import { askSocks4 } from "./socks4.ts";
import { Timer, type TimerWheel } from "./timers.ts";

/** A proxy before a server. */
export interface UpstreamProxy {
  readonly kind: "socks4" | "http";
  readonly host: string;
  readonly port: number;
  /** `user:password` for an HTTP proxy */
  readonly auth?: string;
}

/**
 * Asks the proxy at the other end of `conn` for a connection to `host`, for at most `ms` (undefined: any time). The
 * connection to go on with, or why there is none: then it is closed. Never rejects.
 */
export async function throughProxy(
  conn: Conn,
  { kind, auth }: UpstreamProxy,
  host: string,
  port: number,
  wheel: TimerWheel,
  ms: number | undefined,
): Promise<Conn | ConnectFailure> {
  let expired = false;
  const timer = new Timer(wheel, () => {
    expired = true;
    conn.close();
  });
  if (ms !== undefined) timer.set(Math.max(1, ms));
  let made: Conn | readonly [why: string, code: number];
  if (kind === "socks4") made = await askSocks4(conn, host, port) ?? conn;
  else {
    const answer = await askHttpProxy(conn, connectRequest(host, port, auth));
    made = typeof answer === "string" ? [answer, ConnError.SOCKET] : answer;
  }
  timer.clear();
  if (!("length" in made)) return made;
  conn.close();
  const name = kind === "socks4" ? "SOCKS4" : "HTTP";
  const error = { code: made[1] };
  return expired
    ? { failed: "timeout", message: `the ${name} proxy did not answer in time`, error }
    : { failed: "refused", message: `${name} proxy: ${made[0]}`, error };
}
