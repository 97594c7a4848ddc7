/**
 * Closing without losing the last answer: when bytes from the client are unread, closing sends RST, and RST
 * destroys what the client has not read yet (RFC 9112 section 9.6). So: FIN first, then read and discard for a
 * bounded time and a bounded number of bytes.
 */
import type { Conn } from "../net/conn.ts";
import type { HttpSession } from "./http_session.ts";
import { FULL, type Inbox } from "./inbox.ts";
import type { ProcessContext } from "./process_context.ts";

/** ms */
const LONGEST = 1000;
/** ms that a client gets to take a last answer */
export const LAST_WRITE_MS = 1000;
/** bytes */
const MOST = 256 * 1024;

export async function lingeringClose(
  conn: Conn,
  inbox: Inbox,
  process: ProcessContext,
): Promise<void> {
  // The end of a stream of HTTP/2 destroys nothing that was sent on it.
  if (conn.httpMajor === 2) return;
  conn.closeWrite();
  const cancel = process.clock.after(LONGEST, () => conn.close());
  let total = 0;
  while (total < MOST) {
    if (inbox.pending === undefined) inbox.consume(inbox.end);
    const r = inbox.fill();
    if (r === FULL) break;
    const n = inbox.took(typeof r === "number" ? r : await r);
    if (n <= 0) break;
    total += n;
  }
  cancel();
}

/** As `lingeringClose`, behind an answer that was sent before the whole request was read. */
export async function lingerAfter(session: HttpSession): Promise<void> {
  if (session.single) return;
  if (session.pump !== undefined) {
    // The pump has a read pending: let it end first. Its writes fail by now.
    session.conn.closeWrite();
    const cancel = session.process.clock.after(LAST_WRITE_MS, () => session.conn.close());
    await session.pump.ended;
    cancel();
  }
  await lingeringClose(session.conn, session.inbox, session.process);
}
