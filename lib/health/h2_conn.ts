/** Checks over HTTP/2 (manual 5.2 `check-proto`): a connection of its own with one stream, which is spoken HTTP/1 to. */
import type { ServerConfig } from "../config/model.ts";
import { DEFAULT_LOCAL_SETTINGS } from "../http2/settings.ts";
import { BackLink } from "../mux/back_link.ts";
import { BufferPool, SlabPool } from "../net/buffers.ts";
import type { Conn } from "../net/conn.ts";

/** Checks are few and short: what they read with is not counted among the buffers of traffic. */
const buffers = { wait: new SlabPool(1024, 16384), bulk: new BufferPool(16384, 8) };

/** Are checks of this server to speak HTTP/2, on a connection that agreed on `alpn`? */
export function checksWithH2(server: ServerConfig, alpn: string | undefined): boolean {
  if (server.checkProto !== undefined) return server.checkProto === "h2";
  if (alpn !== undefined) return alpn === "h2";
  return server.proto === "h2" && server.checkPort === undefined && server.checkAddr === undefined;
}

/** The one stream of an HTTP/2 connection on `conn`; closing it closes both. */
export function h2CheckConn(conn: Conn, now: () => number): Conn {
  // A bug of ours is reported as any that nothing has caught.
  const internalError = (_where: string, error: unknown) =>
    queueMicrotask(() => {
      throw error;
    });
  const link = new BackLink(conn, DEFAULT_LOCAL_SETTINGS, 0, { buffers, now, internalError }, {
    idle: () => {
      link.leave();
      link.close();
    },
    ended: () => {},
  });
  link.run();
  return link.open();
}
