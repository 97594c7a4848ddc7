/** The header of the PROXY protocol on a connection that is the proxy's own: a check's (manual 5.2). */
import type { ServerConfig } from "../../config/model.ts";
import { sendsProxy } from "../../config/model_proxy_header.ts";
import type { Conn } from "../../net/conn.ts";
import { sslTlv, writeV1, writeV2 } from "../../net/proxy_protocol/write.ts";

/**
 * True when the checks of a server begin with a header: as its other connections do, unless they go somewhere else
 * (`port`, `addr`), where only `check-send-proxy` says so.
 */
export function checksWithHeader(server: ServerConfig): boolean {
  if (server.checkSendProxy === true) return true;
  return sendsProxy(server.sendProxy) && server.checkPort === undefined &&
    server.checkAddr === undefined;
}

/** Version 2 says LOCAL; version 1 tells both ends of the check's own connection. */
export function checkHeader({ local, remote }: Conn, { sendProxy }: ServerConfig): Uint8Array {
  if (sendProxy?.v2 === true) {
    const ssl = sendProxy.options.includes("ssl") ? [sslTlv(undefined)] : [];
    return writeV2(undefined, ssl, sendProxy.options.includes("crc32c"));
  }
  return writeV1({ source: local, destination: remote });
}
