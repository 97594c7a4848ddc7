/**
 * Sending an answer whose body goes through filters.
 *
 * Laws:
 * - The next piece is read only when the last one was taken by the client, so what filters hold is bounded by them.
 * - Each tap is told exactly once how the body ended.
 */
import { LAST_CHUNK } from "../http1/chunked.ts";
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import { PC, SC } from "../state/traffic.ts";
import { type BodyPath, roomFor } from "./body_path.ts";
import { addChunk, joined } from "./encoded_chunks.ts";
import type { HttpSession } from "./http_session.ts";
import { failClient } from "./respond.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/** What came is no body, and nothing was sent yet: the client can be told. */
export const BAD_BODY = -102;
/** rules made a head larger than a buffer */
export const HEAD_TOO_LARGE = -101;

const NOTHING = new Uint8Array(0);

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
  let whole = false;
  try {
    const headEnd = upstream.head.write(head.bytes, 0);
    if (headEnd < 0) return HEAD_TOO_LARGE;
    const status = await pump(
      stream,
      session,
      upstream,
      path,
      head.bytes.subarray(0, headEnd),
      buffer.bytes,
    );
    whole = status === 0;
    return status;
  } finally {
    for (const tap of path.taps) tap.end(whole);
    if (!whole) path.encoder?.drop();
    bulk.giveBack(buffer);
    full.giveBack(head);
  }
}

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
  let before = head;
  let piece = inbox.bytes.subarray(inbox.start, inbox.end);
  inbox.lock();
  let status = await pass(stream, session, upstream, path, before, piece);
  inbox.unlock();
  inbox.consume(inbox.start + Math.max(0, status));
  if (status < 0) return status === BAD_BODY ? BAD_BODY : status;
  before = NOTHING;
  let pending = inbox.pending;
  while (!body.done) {
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
    status = await pass(stream, session, upstream, path, before, piece);
    if (status === BAD_BODY) return failServer(stream, upstream);
    if (status < 0) return status;
    session.pump?.touch();
    // Bytes beyond the answer: nothing asked for them.
    if (status < piece.length) upstream.close();
  }
  upstream.unwatch();
  return path.encoder === undefined ? 0 : await finish(stream, session, path);
}

/** Takes a piece as it came and sends what becomes of it: how much of it belonged to the body, or negative. */
async function pass(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  path: BodyPath,
  before: Uint8Array,
  piece: Uint8Array,
): Promise<number> {
  const { encoder, taps, contentPacers } = path;
  const spans: number[] = [];
  const end = upstream.body.consume(piece, 0, piece.length, (start, stop) => {
    spans.push(start, stop);
  });
  if (end < 0) return BAD_BODY;
  const out: Uint8Array[] = before.length > 0 ? [before] : [];
  for (let i = 0; i < spans.length; i += 2) {
    for (let at = spans[i]; at < spans[i + 1];) {
      const n = spans[i + 1] - at;
      const may = contentPacers.length === 0
        ? n
        : await roomFor(contentPacers, n, session.process.clock, () => session.closed);
      if (may === 0) return failClient(stream, session);
      const content = piece.subarray(at, at += may);
      for (const tap of taps) tap.data(content);
      if (encoder === undefined) continue;
      const encoded = encoder.write(content);
      const bytes = encoded instanceof Uint8Array ? encoded : await encoded;
      path.onEncoded?.(content.length, bytes.length);
      addChunk(out, bytes);
      if (contentPacers.length === 0) continue;
      const status = await sendPaced(stream, session, path, joined(out.splice(0)));
      if (status < 0) return status;
    }
  }
  if (encoder === undefined && end > 0) out.push(piece.subarray(0, end));
  const status = await sendPaced(stream, session, path, joined(out));
  return status < 0 ? status : end;
}

async function finish(stream: Stream, session: HttpSession, path: BodyPath): Promise<number> {
  const out: Uint8Array[] = [];
  const last = await path.encoder!.end();
  path.onEncoded?.(0, last.length);
  addChunk(out, last);
  out.push(LAST_CHUNK);
  return await sendPaced(stream, session, path, joined(out));
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

function failServer(stream: Stream, upstream: UpstreamConn): number {
  stream.fail(upstream.expired ? "s" : "S", "D");
  upstream.server.counters.add(SC.srv_abrt, 1);
  stream.backend!.counters.add(PC.srv_abrt, 1);
  return IoStatus.Failed;
}
