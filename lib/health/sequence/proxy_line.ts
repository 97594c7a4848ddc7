/** The header of the PROXY protocol, version 1, of a connection that is the proxy's own (its document, section 2.1). */
import type { Conn } from "../../net/conn.ts";

const text = new TextEncoder();

export function proxyLine({ local, remote }: Conn): Uint8Array {
  if (local.family === "unix" || remote.family === "unix" || local.family !== remote.family) {
    return text.encode("PROXY UNKNOWN\r\n");
  }
  return text.encode(
    `PROXY TCP${local.family} ${local.host} ${remote.host} ${local.port} ${remote.port}\r\n`,
  );
}
