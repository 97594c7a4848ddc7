/** The part of an answer's body that did not come with its head: read, check its framing, write, repeat. */
import type { BodyReader } from "../http1/body.ts";
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import { PC, SC } from "../state/traffic.ts";
import type { HttpSession } from "./http_session.ts";
import { failClient } from "./respond.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/**
 * Pumps until the body ends: 0, or negative after noting on the stream who failed. A server that closes early
 * is SD, one that falls silent is sD (manual 8.5); the client then sees its connection close.
 */
export async function pumpBulk(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  body: BodyReader,
  clientTimeout: number | undefined,
): Promise<number> {
  const serverTimeout = stream.timeoutServer;
  const { bulk } = session.process.buffers;
  const buffer = bulk.lend();
  try {
    // A read that began while the connection was idle fills the inbox; all later ones the bulk buffer.
    let pending = upstream.inbox.pending;
    for (;;) {
      upstream.watch(serverTimeout);
      let from: Uint8Array = buffer.bytes;
      let n: number;
      if (pending !== undefined) {
        n = upstream.inbox.took(typeof pending === "number" ? pending : await pending);
        pending = undefined;
        from = upstream.inbox.bytes.subarray(upstream.inbox.start, upstream.inbox.end);
        upstream.inbox.consume(upstream.inbox.end);
      } else {
        const r = upstream.conn.read(from);
        n = typeof r === "number" ? r : await r;
      }
      if (n <= 0) {
        if (n === IoStatus.Eof && body.finish() === 0) {
          upstream.unwatch();
          return 0;
        }
        return failServer(stream, upstream);
      }
      const end = body.consume(from, 0, n);
      // What cannot be the rest of a body ends it, as a server's close would (HAProxy says SD).
      if (end < 0) return failServer(stream, upstream);
      stream.bytesOut += end;
      const w = writeAll(session.conn, end === from.length ? from : from.subarray(0, end));
      let status: number;
      if (typeof w === "number") status = w;
      else {
        // While the client takes its time, the server owes nothing; once it has taken all, neither does it.
        upstream.unwatch();
        session.watch("write", clientTimeout);
        status = await w;
        session.watch("nothing", undefined);
      }
      if (status < 0) return failClient(stream, session);
      session.pump?.touch();
      if (body.done) {
        upstream.unwatch();
        // Bytes beyond the answer: nothing asked for them.
        if (end < n) upstream.close();
        return 0;
      }
    }
  } finally {
    bulk.giveBack(buffer);
  }
}

function failServer(stream: Stream, upstream: UpstreamConn): number {
  stream.fail(upstream.expired ? "s" : "S", "D");
  upstream.server.counters.add(SC.srv_abrt, 1);
  stream.backend!.counters.add(PC.srv_abrt, 1);
  return IoStatus.Failed;
}
