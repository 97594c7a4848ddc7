/**
 * Sending an answer whose body goes through filters.
 *
 * Laws:
 * - The next piece is read only when the last one was taken by the client, so what filters hold is bounded by them;
 *   encoded content may wait for more that can be had at once (response_encoded.ts).
 * - Each tap is told exactly once how the body ended.
 */
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import { PC, SC } from "../state/traffic.ts";
import { type BodyPath, roomFor } from "./body_path.ts";
import { Gathered } from "./gathered.ts";
import { pumpEncoded } from "./response_encoded.ts";
import type { HttpSession } from "./http_session.ts";
import { failClient } from "./respond.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/** What came is no body, or more than may come, and nothing was sent yet: the client can be told. */
export const BAD_BODY = -102;
/** rules made a head larger than a buffer */
export const HEAD_TOO_LARGE = -101;

/** Sends head and body: 0, or negative after noting who failed (nothing is noted for the two statuses above). */
export async function sendFiltered(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  path: BodyPath,
): Promise<number> {
  const { full, bulk } = session.process.buffers;
  const head = full.lend();
  const buffer = bulk.lend();
  const encoded = path.encoder === undefined ? undefined : bulk.lend();
  let whole = false;
  try {
    const headEnd = upstream.head.write(head.bytes, 0);
    if (headEnd < 0) return HEAD_TOO_LARGE;
    const before = head.bytes.subarray(0, headEnd);
    const status = encoded === undefined
      ? await pump(stream, session, upstream, path, before, buffer.bytes)
      : await pumpEncoded(
        stream,
        session,
        upstream,
        path,
        new Gathered(encoded.bytes, before),
        buffer.bytes,
      );
    whole = status === 0;
    return status;
  } finally {
    for (const tap of path.taps) tap.end(whole);
    if (!whole) path.encoder?.drop();
    if (encoded !== undefined) bulk.giveBack(encoded);
    bulk.giveBack(buffer);
    full.giveBack(head);
  }
}

/** Content as it came: taps see it, pacers hold it up. */
async function pump(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  path: BodyPath,
  head: Uint8Array,
  buffer: Uint8Array,
): Promise<number> {
  const { inbox, body } = upstream;
  const serverTimeout = stream.backend!.config.timeouts.server;
  // What is here with the head goes out with it.
  let piece = inbox.bytes.subarray(inbox.start, inbox.end);
  let end = show(upstream, path, piece);
  if (end < 0) return BAD_BODY;
  inbox.lock();
  let status = await sendPaced(stream, session, path, joined(head, piece.subarray(0, end)));
  inbox.unlock();
  inbox.consume(inbox.start + end);
  let pending = inbox.pending;
  while (status >= 0 && !body.done) {
    upstream.watch(serverTimeout);
    let n: number;
    if (pending !== undefined) {
      n = inbox.took(typeof pending === "number" ? pending : await pending);
      pending = undefined;
      piece = inbox.bytes.subarray(inbox.start, inbox.end);
      inbox.consume(inbox.end);
    } else {
      const r = upstream.conn.read(buffer);
      n = typeof r === "number" ? r : await r;
      piece = buffer.subarray(0, Math.max(0, n));
    }
    if (n <= 0) {
      if (n !== IoStatus.Eof || body.finish() !== 0) return failServer(stream, upstream);
      break;
    }
    upstream.unwatch();
    end = show(upstream, path, piece);
    if (end < 0) return failBody(stream, upstream, path);
    status = await sendPaced(stream, session, path, piece.subarray(0, end));
    session.pump?.touch();
    // Bytes beyond the answer: nothing asked for them.
    if (end < piece.length) upstream.close();
  }
  upstream.unwatch();
  return status;
}

/** Takes a piece into account and shows its content to the taps: how much of it belongs to the body; -1: it is none, or too large. */
function show({ body }: UpstreamConn, { taps, limit }: BodyPath, piece: Uint8Array): number {
  const end = body.consume(piece, 0, piece.length, (start, stop) => {
    for (const tap of taps) tap.data(piece.subarray(start, stop));
  });
  return body.bytes > limit ? -1 : end;
}

function joined(head: Uint8Array, body: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.length + body.length);
  all.set(head);
  all.set(body, head.length);
  return all;
}

/** Writes as fast as the pacers and the client let it: 0 or negative. */
export async function sendPaced(
  stream: Stream,
  session: HttpSession,
  { pacers }: BodyPath,
  bytes: Uint8Array,
): Promise<number> {
  for (let at = 0; at < bytes.length;) {
    let n = bytes.length - at;
    if (pacers.length > 0) {
      n = await roomFor(pacers, n, session.process.clock, () => session.closed);
      if (n === 0) return failClient(stream, session);
    }
    const w = writeAll(session.conn, bytes.subarray(at, at + n));
    let status: number;
    if (typeof w === "number") status = w;
    else {
      session.watch("write", stream.frontend.config.timeouts.client);
      status = await w;
      session.watch("nothing", undefined);
    }
    if (status < 0) return failClient(stream, session);
    stream.bytesOut += n;
    at += n;
  }
  return 0;
}

/** What has come after a part was sent is no body, or more than may come (`limit-body`). */
export function failBody(stream: Stream, upstream: UpstreamConn, { limit }: BodyPath): number {
  if (upstream.body.bytes <= limit) return failServer(stream, upstream);
  stream.fail("P", "D");
  return IoStatus.Failed;
}

/** The server has broken the answer off, or what it sends is none. */
export function failServer(stream: Stream, upstream: UpstreamConn): number {
  stream.fail(upstream.expired ? "s" : "S", "D");
  upstream.server.counters.add(SC.srv_abrt, 1);
  stream.backend!.counters.add(PC.srv_abrt, 1);
  return IoStatus.Failed;
}
