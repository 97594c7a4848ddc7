/** Fields of HTTP/1 that concern one connection: HTTP/2 has none of them (RFC 9113 section 8.2.2). */
import type { Head } from "../http1/head.ts";
import type { ParseOptions } from "../http1/parse_fields.ts";

/** A head that was accepted on its way here is not refused now. */
export const RELAXED: ParseOptions = { maxhdr: 32768, acceptInvalid: true };

/** Is the field with this name, in lower case, left out? */
export function isConnectionField(name: string): boolean {
  switch (name) {
    case "connection":
    case "keep-alive":
    case "proxy-connection":
    case "transfer-encoding":
    case "upgrade":
    case "http2-settings":
      return true;
  }
  return false;
}

/** Does the head ask for, or agree to, WebSocket? */
export function isWebSocket(head: Head): boolean {
  return head.connectionUpgrade && /(^|[,\s])websocket($|[,;\s])/i.test(head.upgrade);
}
