/**
 * A request's head from HTTP/2 to HTTP/1 (RFC 9113 section 8, RFC 9112). What comes here was checked byte by byte
 * (lib/http2/message.ts), and the HTTP/1 parser checks it again: nothing a client sends can become a second request.
 */
import { putLatin1 } from "../http1/bytes.ts";
import type { FieldList } from "../http2/field_list.ts";
import type { MessageInfo } from "../http2/message.ts";

/** One for the module: a head is copied out before anything else happens. */
let scratch = new Uint8Array(4096);

export interface RequestHead {
  /** valid until the next call */
  readonly bytes: Uint8Array;
  readonly length: number;
}

const made: { bytes: Uint8Array; length: number } = { bytes: scratch, length: 0 };

/**
 * The head as HTTP/1.1. `chunked`: a body follows whose length is not told. `key`: of a WebSocket handshake, which an
 * extended CONNECT becomes (RFC 8441 section 5); "": it is none.
 */
export function requestHead(
  list: FieldList,
  info: MessageInfo,
  chunked: boolean,
  key: string,
): RequestHead {
  const room = list.size + info.path.length + info.authority.length * 2 + 256;
  if (scratch.length < room) scratch = new Uint8Array(room * 2);
  const out = scratch;
  let at = putLatin1(out, 0, key === "" ? info.method : "GET");
  const target = info.method === "CONNECT" && key === "" ? info.authority : info.path;
  // Piece by piece: a text that is put together first costs a copy.
  out[at++] = 32;
  at = putLatin1(out, at, target);
  at = putLatin1(out, at, " HTTP/1.1\r\n");
  if (info.authority !== "") {
    at = putLatin1(out, at, "host: ");
    at = putLatin1(out, at, info.authority);
    out[at++] = 13;
    out[at++] = 10;
  }
  let cookies = "";
  for (let i = info.first; i < list.count; i++) {
    const name = list.names[i];
    const value = list.values[i];
    switch (name) {
      case "host":
        continue;
      case "cookie":
        // RFC 9113 section 8.2.3: crumbs make one cookie.
        cookies = cookies === "" ? value : `${cookies}; ${value}`;
        continue;
      case "content-length":
        if (info.contentLength < 0 || key !== "" || info.method === "CONNECT") continue;
        info.contentLength = -1;
        break;
      case "sec-websocket-key":
        if (key !== "") continue;
        break;
    }
    at = putLatin1(out, at, name);
    out[at++] = 58;
    out[at++] = 32;
    at = putLatin1(out, at, value);
    out[at++] = 13;
    out[at++] = 10;
  }
  if (cookies !== "") at = putLatin1(out, at, `cookie: ${cookies}\r\n`);
  if (chunked) at = putLatin1(out, at, "transfer-encoding: chunked\r\n");
  if (key !== "") {
    at = putLatin1(
      out,
      at,
      `connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ${key}\r\n`,
    );
  }
  out[at++] = 13;
  out[at++] = 10;
  made.bytes = out;
  made.length = at;
  return made;
}
