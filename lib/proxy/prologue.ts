/** What is sent to a server, or a proxy before it, on a new connection before anything of its stream. */
import type { Server } from "../balance/server.ts";
import type { StreamView } from "../expr/context.ts";
import type { Conn, ConnectFailure } from "../net/conn.ts";
import { ConnError } from "../net/connection_errors.ts";
import { writeAll } from "../net/io.ts";
import { Timer } from "../net/timers.ts";
import { LogLevel } from "../log/types.ts";
import type { Backend } from "./backend.ts";
import type { ProcessContext } from "./process_context.ts";
import type { Stream } from "./stream.ts";
import { websocketProtocol } from "./websocket_protocol.ts";

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

/**
 * Does the TLS handshake, for at most `ms`. Why it failed is logged, at most once a minute for the same reason; who
 * waits for the stream may give it up.
 */
export async function speakTls(
  conn: Conn,
  server: Server,
  backend: Backend,
  stream: Stream,
  process: ProcessContext,
  ms: number | undefined,
): Promise<Conn | ConnectFailure> {
  const client = server.tls!;
  const websocket = websocketProtocol(stream, server) !== undefined;
  const secure = client.connect(conn, server.tlsName?.(stream), websocket);
  let expired = false;
  const timer = new Timer(process.wheel, () => {
    expired = true;
    secure.close();
  });
  if (ms !== undefined) timer.set(Math.max(1, ms));
  stream.onGiveUp = () => secure.close();
  const failure = await secure.establish();
  timer.clear();
  if (failure === undefined) return secure;
  const message = expired ? "it took too long" : failure.message;
  if (!stream.givenUp && client.isNews(message)) {
    const text = `Server ${backend.name}/${server.name}: TLS handshake failed: ${message}.`;
    backend.logger.send(LogLevel.err, text);
  }
  const code = expired
    ? ConnError.TLS_TIMEOUT
    : failure.failed === "closed"
    ? ConnError.TLS_CLOSED
    : ConnError.TLS_HANDSHAKE;
  const error = { code, tls: failure.error ?? { code: 0 } };
  return { failed: expired ? "timeout" : "refused", message, error };
}
