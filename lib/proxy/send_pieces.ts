/**
 * Sends an answer of the proxy's own that is made while it is sent: a statistics page of thousands of servers, metrics.
 *
 * Laws:
 * - The next pieces are made when the client has taken the ones before, so that little of it is ever in memory.
 * - Other connections get their turn between pieces, even when this client takes everything at once.
 */
import { writeAll } from "../net/io.ts";
import { Turns } from "../net/turn.ts";
import type { HttpSession } from "./http_session.ts";
import type { Reply } from "./reply.ts";
import type { Stream } from "./stream.ts";

/** Characters that are gathered before they are sent. */
const GATHERED = 16 * 1024;

const encoder = new TextEncoder();
const LAST_CHUNK = encoder.encode("0\r\n\r\n");

/** Sends the head and the pieces; true when the client's connection may carry another request (`keep`). */
export async function sendPieces(
  stream: Stream,
  session: HttpSession,
  reply: Reply,
  keep: boolean,
): Promise<boolean> {
  const { head } = reply;
  const chunked = head.framing === "chunked";
  const write = async (bytes: Uint8Array): Promise<boolean> => {
    stream.bytesOut += bytes.length;
    session.watch("write", stream.frontend.config.timeouts.client);
    const r = writeAll(session.conn, bytes);
    const status = typeof r === "number" ? r : await r;
    session.watch("nothing", undefined);
    return status >= 0;
  };
  const start = new Uint8Array(head.sizeBound());
  let good = await write(start.subarray(0, head.write(start, 0)));
  if (good && stream.request?.received.method !== "HEAD") {
    const turns = new Turns();
    let text = "";
    for (const piece of reply.pieces!) {
      text += piece;
      if (text.length >= GATHERED) {
        good = await write(framed(text, chunked));
        text = "";
      }
      if (turns.due) await turns.give();
      if (!good || session.closed) break;
    }
    if (good && text !== "") good = await write(framed(text, chunked));
    if (good && chunked) good = await write(LAST_CHUNK);
  }
  if (good && !session.closed) return keep && !session.expired;
  stream.fail(session.expired ? "c" : "C", "D");
  return false;
}

/** RFC 9112 section 7.1 */
function framed(text: string, chunked: boolean): Uint8Array {
  const bytes = encoder.encode(text);
  if (!chunked) return bytes;
  const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
  const out = new Uint8Array(size.length + bytes.length + 2);
  out.set(size);
  out.set(bytes, size.length);
  out[out.length - 2] = 13;
  out[out.length - 1] = 10;
  return out;
}
