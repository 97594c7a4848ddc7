/** What is sent to a server, or a proxy before it, on a new connection before anything of its stream. */
import type { Server } from "../balance/server.ts";
import type { StreamView } from "../expr/context.ts";
import type { Conn, ConnectFailure } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";

/** Begins the connection; the one to go on with, or why there is none (then it is closed). Never rejects. */
export type Prologue = (conn: Conn, server: Server, stream: StreamView) =>
  | Conn
  | ConnectFailure
  | Promise<Conn | ConnectFailure>;

/** Sends the header of the PROXY protocol. */
export const sendProxyHeader: Prologue = (conn, server, stream) => {
  const written = writeAll(conn, server.proxyHeader!(stream));
  const answer = (status: number): Conn | ConnectFailure => {
    if (status >= 0) return conn;
    conn.close();
    return { failed: "refused", message: "the connection ended before the PROXY header was sent" };
  };
  return typeof written === "number" ? answer(written) : written.then(answer);
};
