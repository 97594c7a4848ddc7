/** The last edits of a request before it goes to a server: what holds for the connection on that side. */
import { removeConnectionFields } from "./connection_fields.ts";
import type { Stream } from "./stream.ts";

/**
 * Sets the connection fields for the server's side (manual `option http-server-close`, `httpclose`,
 * RFC 9112 section 9) and the version that the proxy itself speaks (RFC 9112 section 2.3).
 */
export function prepareRequest(stream: Stream): void {
  const head = stream.request!;
  const upgrade = head.connectionUpgrade && head.upgrade !== "";
  removeConnectionFields(head);
  if (upgrade) head.append("Connection", "Upgrade");
  else {
    const front = stream.frontend.config.options.connection;
    const { connection: back, httpPretendKeepalive } = stream.backend!.config.options;
    const closes = front !== "keep-alive" || back !== "keep-alive";
    if (closes && !httpPretendKeepalive) head.append(connectionName(stream), "close");
  }
  // A request without Host is valid in HTTP/1.0 only.
  if (head.version < 11 && head.host !== "") head.setVersion(11);
}

/** The field that says what becomes of a connection (manual `option http-use-proxy-header`). */
export function connectionName({ proxied }: Stream): string {
  return proxied ? "Proxy-Connection" : "Connection";
}

/** `option httpclose` on either side ends the client's connection as well. */
export function closesClient(stream: Stream): boolean {
  return stream.frontend.config.options.connection === "close" ||
    stream.backend?.config.options.connection === "close";
}
