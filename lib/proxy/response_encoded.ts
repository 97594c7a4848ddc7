/**
 * Sending an answer's body through an encoder, in chunks.
 *
 * Laws:
 * - What is encoded waits only while more can be had at once, and no more than GATHERED bytes of it.
 * - The end of the body goes out with its last piece.
 */
import { IoStatus } from "../net/conn.ts";
import { type BodyPath, roomFor } from "./body_path.ts";
import { addEncoded, type Gathered } from "./gathered.ts";
import type { HttpSession } from "./http_session.ts";
import { failClient } from "./respond.ts";
import { BAD_BODY, failBody, failServer, sendPaced } from "./response_filtered.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/** bytes of encoded content that are sent though more could be had at once */
const GATHERED = 16_384;

/** An answer on its way through the encoder. */
interface Encoding {
  readonly stream: Stream;
  readonly session: HttpSession;
  readonly upstream: UpstreamConn;
  readonly path: BodyPath;
  readonly gathered: Gathered;
  /** what the encoder begins with was sent, or is about to be */
  begun: boolean;
  /** something was sent */
  sent: boolean;
}

/** Sends what `gathered` begins with and the whole body: as `sendFiltered`. `buffer` is what is read into. */
export async function pumpEncoded(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  path: BodyPath,
  gathered: Gathered,
  buffer: Uint8Array,
): Promise<number> {
  const encoding = { stream, session, upstream, path, gathered, begun: false, sent: false };
  const { inbox, body } = upstream;
  const serverTimeout = stream.backend!.config.timeouts.server;
  let piece = inbox.bytes.subarray(inbox.start, inbox.end);
  inbox.lock();
  let end = await encode(encoding, piece);
  inbox.unlock();
  if (end < 0) return end;
  inbox.consume(inbox.start + end);
  let pending = inbox.pending;
  while (!body.done) {
    const fromInbox = pending !== undefined;
    const r: number | Promise<number> = pending ?? upstream.conn.read(buffer);
    pending = undefined;
    let n: number;
    if (typeof r === "number" && r > 0) n = r;
    else {
      // Nobody knows when more comes.
      const status = await flush(encoding, false);
      if (status < 0) {
        // The buffer is the read's as long as that goes on.
        upstream.close();
        await r;
        return status;
      }
      upstream.watch(serverTimeout);
      n = await r;
      upstream.unwatch();
    }
    if (fromInbox) {
      inbox.took(n);
      piece = inbox.bytes.subarray(inbox.start, inbox.end);
    } else piece = buffer.subarray(0, Math.max(0, n));
    if (n <= 0) {
      if (n !== IoStatus.Eof || body.finish() !== 0) return failServer(stream, upstream);
      break;
    }
    end = await encode(encoding, piece);
    if (fromInbox) inbox.consume(inbox.end);
    if (end === BAD_BODY && encoding.sent) return failBody(stream, upstream, path);
    if (end < 0) return end;
    // Bytes beyond the answer: nothing asked for them.
    if (end < piece.length) upstream.close();
    if (!body.done && gathered.length >= GATHERED) {
      const status = await flush(encoding, false);
      if (status < 0) return status;
    }
  }
  const encoder = path.encoder!;
  if (!encoding.begun) gathered.add(encoder.head);
  const before = gathered.length;
  const added = addEncoded(gathered, encoder.end());
  if (added !== undefined) await added;
  path.onEncoded?.(0, gathered.length - before);
  return await flush(encoding, true);
}

async function flush(encoding: Encoding, last: boolean): Promise<number> {
  const { stream, session, path, gathered } = encoding;
  encoding.sent = true;
  const status = await sendPaced(stream, session, path, gathered.chunk(last));
  if (status >= 0) session.pump?.touch();
  return status;
}

/** Encodes the content of a piece: how much of it belongs to the body, or negative. */
async function encode(encoding: Encoding, piece: Uint8Array): Promise<number> {
  const { stream, session, upstream, path, gathered } = encoding;
  const { encoder, taps, contentPacers } = path;
  const spans: number[] = [];
  const end = upstream.body.consume(piece, 0, piece.length, (start, stop) => {
    spans.push(start, stop);
  });
  if (end < 0 || upstream.body.bytes > path.limit) return BAD_BODY;
  for (let i = 0; i < spans.length; i += 2) {
    for (let at = spans[i]; at < spans[i + 1];) {
      const n = spans[i + 1] - at;
      const may = contentPacers.length === 0
        ? n
        : await roomFor(contentPacers, n, session.process.clock, () => session.closed);
      if (may === 0) return failClient(stream, session);
      const content = piece.subarray(at, at += may);
      for (const tap of taps) tap.data(content);
      if (!encoding.begun) {
        encoding.begun = true;
        gathered.add(encoder!.head);
      }
      const before = gathered.length;
      const added = addEncoded(gathered, encoder!.write(content));
      if (added !== undefined) await added;
      path.onEncoded?.(content.length, gathered.length - before);
      if (contentPacers.length === 0) continue;
      const status = await flush(encoding, false);
      if (status < 0) return status;
    }
  }
  return end;
}
