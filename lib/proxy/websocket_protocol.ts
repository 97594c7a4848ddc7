/** Which streams have connections of their own because they are WebSocket (manual 5.2 `ws`). */
import type { Server } from "../balance/server.ts";
import type { HttpProto } from "../config/model_h2.ts";
import { isWebSocket } from "../mux/connection_fields.ts";
import type { Stream } from "./stream.ts";

/**
 * What is spoken on a connection that is made for this stream alone; undefined: what is spoken to the server otherwise,
 * on connections that others may use.
 */
export function websocketProtocol(stream: Stream, server: Server): HttpProto | undefined {
  const { websockets } = server;
  // A request that was only looked at on a TCP connection is not one of ours.
  if (websockets === undefined || !stream.session.http || stream.request === undefined) {
    return undefined;
  }
  return isWebSocket(stream.request) ? websockets : undefined;
}
