/** The handshake of WebSocket (RFC 6455 section 4), which HTTP/2 has replaced by extended CONNECT (RFC 8441). */
import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A new Sec-WebSocket-Key: 16 random bytes. */
export function websocketKey(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toBase64();
}

/** The Sec-WebSocket-Accept that belongs to a key. */
export function websocketAccept(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}
