/**
 * Sending the answer to the client.
 *
 * Laws:
 * - The client's connection lives on only when both know where the answer ends, the whole request was read, and
 *   nobody asked for a close (RFC 9112 section 9.3).
 * - Head and first part of the body leave in one write; bodies are pumped from buffer to connection, and the
 *   next piece is read only when the last one was taken.
 * - The server's connection goes back to the pool only when the answer ended cleanly and nothing follows it.
 */
import { readProxyConnection } from "../http1/framing.ts";
import type { Head } from "../http1/head.ts";
import type { IoBuffer } from "../net/buffers.ts";
import { IoStatus } from "../net/conn.ts";
import { afterWrite, writeAll } from "../net/io.ts";
import { emptyBody, onlyHeadAsked, sendHeadOnly } from "./edited_method.ts";
import { badResponse } from "./failure.ts";
import type { HttpSession } from "./http_session.ts";
import { removeConnectionFields } from "./connection_fields.ts";
import { closesClient, connectionName } from "./prepare_request.ts";
import { NO_BODY, type Reply } from "./reply.ts";
import {
  BAD_BODY,
  HEAD_TOO_LARGE as TOO_LARGE,
  sendFiltered,
  sendPaced,
} from "./response_filtered.ts";
import { pumpBulk } from "./response_bulk.ts";
import { sendPieces } from "./send_pieces.ts";
import { sendTunnel } from "./respond_tunnel.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/** Sends `reply`; true when the client's connection may carry another request. Without a promise when nobody waits. */
export function respond(
  stream: Stream,
  session: HttpSession,
  reply: Reply,
): boolean | Promise<boolean> {
  const head = reply.head;
  stream.status = head.status;
  const upstream = reply.upstream;
  if (reply.silent === true) return false;
  if (upstream === undefined) return sendLocal(stream, session, reply);
  if (upstream.closed) {
    // Given up since its head came (abortonclose, shutdown-sessions): its bytes are not ours any more.
    return respond(stream, session, badResponse(stream, upstream));
  }
  if (head.status === 101 || isConnectTunnel(stream, head)) {
    return sendTunnel(stream, session, upstream);
  }
  const request = stream.request!;
  if (request.method !== request.received.method) {
    if (onlyHeadAsked(request)) return respondHead(stream, session, upstream);
    emptyBody(request, head);
  }
  const body = upstream.body;
  body.begin(head);
  const inbox = upstream.inbox;
  // Part of the body that is here already.
  const path = stream.responsePath;
  const bodyEnd = path === undefined ? body.consume(inbox.bytes, inbox.start, inbox.end) : 0;
  if (bodyEnd < 0) {
    // Nothing was sent yet: the client can be told.
    return respond(stream, session, badResponse(stream, upstream));
  }
  // A server that says in either field that it closes does so.
  if (stream.proxied && !head.connectionClose) readProxyConnection(head);
  const keep = frameForClient(stream, session, head, true);
  const reusable = serverMayStay(stream, head);
  const status = path === undefined
    ? pumpResponse(stream, session, upstream, head, bodyEnd)
    : sendFiltered(stream, session, upstream, path);
  return typeof status === "number"
    ? finish(stream, session, upstream, status, keep, reusable)
    : status.then((status) => finish(stream, session, upstream, status, keep, reusable));
}

/** The answer was sent, or was not (`status`): what becomes of the connections on both sides. */
function finish(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  status: number,
  keep: boolean,
  reusable: boolean,
): boolean | Promise<boolean> {
  if (status < 0) {
    stream.responsePath = undefined;
    if (status === BAD_BODY) return respond(stream, session, badResponse(stream, upstream));
    if (status === TOO_LARGE) {
      stream.rewriteFailed();
      return respond(stream, session, badResponse(stream, upstream, 500));
    }
    upstream.close();
    return false;
  }
  stream.watch?.stop();
  if (session.pump === undefined) return part(stream, session, upstream, keep, reusable);
  return finishRequest(stream, session, upstream)
    .then((whole) => whole && part(stream, session, upstream, keep, reusable));
}

/** Both messages are whole: the server's connection rests or ends, and the client's may live on. */
function part(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  keep: boolean,
  reusable: boolean,
): boolean {
  if (reusable && upstream.body.done) keepUpstream(stream, session, upstream);
  else upstream.close();
  return keep && !session.expired;
}

/** A rule made a HEAD of a request: the server's body is not sent. */
async function respondHead(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
): Promise<boolean> {
  const keep = frameForClient(stream, session, upstream.head, true);
  const sent = await sendHeadOnly(stream, session, upstream);
  if (session.pump !== undefined) await session.pump.ended;
  return sent === 0 && keep && session.body.done && !session.expired;
}

/**
 * The answer may be complete before the request: the rest of it still goes to the server. False: the client's
 * connection is of no more use, because where its next request begins will never be known.
 */
async function finishRequest(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
): Promise<boolean> {
  upstream.complete = true;
  // The pump may be waiting for the server to take a piece.
  if (session.pump!.writing) upstream.watch(stream.timeoutServer);
  await session.pump!.ended;
  upstream.unwatch();
  if (session.body.done && !session.pump!.failed) return true;
  stream.fail(upstream.expired ? "s" : "S", "D");
  upstream.close();
  return session.body.done;
}

/** The answer is the proxy's own: one write. */
function sendLocal(
  stream: Stream,
  session: HttpSession,
  reply: Reply,
): boolean | Promise<boolean> {
  const head = reply.head;
  const body = reply.body!;
  const keep = frameForClient(stream, session, head, false);
  if (reply.pieces !== undefined) return sendPieces(stream, session, reply, keep);
  const asHead = stream.request?.received.method === "HEAD";
  let bytes: Uint8Array;
  let end: number;
  if (reply.whole !== undefined && !head.edited && !asHead) {
    bytes = reply.whole;
    end = bytes.length;
  } else {
    bytes = new Uint8Array(head.sizeBound() + body.length);
    end = head.write(bytes, 0);
    if (!asHead) {
      bytes.set(body, end);
      end += body.length;
    }
  }
  stream.bytesOut += end;
  const path = stream.responsePath;
  if (path !== undefined && reply.applet && path.pacers.length > 0) {
    stream.bytesOut -= end;
    return sendPaced(stream, session, path, bytes.subarray(0, end)).then((n) => n >= 0 && keep);
  }
  session.watch("write", stream.frontend.config.timeouts.client);
  const r = writeAll(session.conn, end === bytes.length ? bytes : bytes.subarray(0, end));
  return typeof r === "number"
    ? localSent(stream, session, r, keep)
    : r.then((status) => localSent(stream, session, status, keep));
}

function localSent(
  stream: Stream,
  session: HttpSession,
  status: number,
  keep: boolean,
): boolean | Promise<boolean> {
  session.watch("nothing", undefined);
  if (status < 0) {
    stream.fail(session.expired ? "c" : "C", "D");
    return false;
  }
  // The last piece of the request may still be on its way to a server that is closed by now.
  if (session.pump !== undefined && keep) return session.pump.ended.then(() => keep);
  return keep;
}

/**
 * Decides whether the client's connection lives on and sets the answer's connection fields accordingly
 * (RFC 9112 section 9). What the server said about its own connection is not the client's business; an error file
 * may say that it closes. `pumps`: what is left of the request will be read while or after the answer is sent.
 */
function frameForClient(
  stream: Stream,
  session: HttpSession,
  head: Head,
  pumps: boolean,
): boolean {
  const request = stream.request!;
  const keep = wantsKeepAlive(request) && !request.closeAfter && !stream.closeClient &&
    !closesClient(stream) && head.framing !== "close" &&
    (session.body.done || (pumps && session.pump !== undefined)) && !session.listening.leaving &&
    !(head.connectionClose && stream.reply?.upstream === undefined);
  if (!keep && !stream.proxied && saysClose(head)) return false;
  removeConnectionFields(head);
  const name = connectionName(stream);
  if (!keep) head.append(name, "close");
  else if (request.received.version < 11 || head.version < 11) head.append(name, "keep-alive");
  // Chunked is not part of HTTP/1.0, whatever the server says of itself.
  if (head.version < 11 && head.framing === "chunked") head.setVersion(11);
  return keep;
}

/** `Connection: close` and nothing else about the connection: then the head can stay as it is. */
function saysClose(head: Head): boolean {
  if (!head.connectionClose || (head.version < 11 && head.framing === "chunked")) return false;
  const at = head.find("connection");
  return head.value(at).toLowerCase() === "close" && head.find("connection", at + 1) < 0 &&
    head.find("keep-alive") < 0 && head.find("proxy-connection") < 0;
}

function wantsKeepAlive(request: Head): boolean {
  // A close anywhere in the fields outweighs everything (RFC 9112 section 9.3).
  return !request.connectionClose &&
    (request.received.version >= 11 || request.connectionKeepAlive);
}

function serverMayStay(stream: Stream, head: Head): boolean {
  if (head.framing === "close" || head.closeAfter) return false;
  // An HTTP/1.0 request that asked for nothing: the server closes.
  if (stream.request!.version < 11) return false;
  if (stream.backend!.config.options.connection !== "keep-alive") return false;
  if (stream.frontend.config.options.connection !== "keep-alive") return false;
  return !head.connectionClose && (head.received.version >= 11 || head.connectionKeepAlive);
}

function keepUpstream(stream: Stream, session: HttpSession, upstream: UpstreamConn): void {
  if (upstream.server.toDestination || upstream.alone || stream.serverMarks !== undefined) {
    upstream.close();
    return;
  }
  if (stream.backend!.config.httpReuse === "never" || upstream.server.isPrivate) {
    session.own.put(upstream, session.frontend.config.maxSessionSrvConns);
    return;
  }
  if (upstream.pool === undefined) upstream.close();
  else upstream.pool.put(upstream);
}

/**
 * Head, then body, from the server's inbox to the client: 0, or negative after noting who failed. The usual answer is
 * here whole and taken at once: no promise is made then.
 */
function pumpResponse(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  head: Head,
  bodyEnd: number,
): number | Promise<number> {
  const { inbox } = upstream;
  if (!head.edited) {
    const bytes = inbox.bytes.subarray(head.received.start, bodyEnd);
    stream.bytesOut += bytes.length;
    inbox.lock();
    const r = session.conn.write(bytes);
    return r === bytes.length
      ? headSent(stream, session, upstream, bodyEnd, 0)
      : sendRest(stream, session, upstream, bodyEnd, bytes, r, undefined, NO_BODY);
  }
  const { full } = session.process.buffers;
  const out = full.lend();
  let end = head.write(out.bytes, 0);
  if (end < 0) {
    full.giveBack(out);
    return TOO_LARGE;
  }
  let later = inbox.bytes.subarray(inbox.start, bodyEnd);
  stream.bytesOut += end + later.length;
  if (end + later.length <= out.bytes.length) {
    out.bytes.set(later, end);
    end += later.length;
    later = NO_BODY;
  }
  const bytes = out.bytes.subarray(0, end);
  inbox.lock();
  const r = session.conn.write(bytes);
  if (r === end && later.length === 0) {
    full.giveBack(out);
    return headSent(stream, session, upstream, bodyEnd, 0);
  }
  return sendRest(stream, session, upstream, bodyEnd, bytes, r, out, later);
}

/** The client takes its time: `r` is what its connection has answered to the write of `bytes`; `later` follows them. */
async function sendRest(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  bodyEnd: number,
  bytes: Uint8Array,
  r: number | Promise<number>,
  out: IoBuffer | undefined,
  later: Uint8Array,
): Promise<number> {
  session.watch("write", stream.frontend.config.timeouts.client);
  let status = await afterWrite(session.conn, bytes, typeof r === "number" ? r : await r);
  if (out !== undefined) session.process.buffers.full.giveBack(out);
  if (status >= 0 && later.length > 0) status = await writeAll(session.conn, later);
  return headSent(stream, session, upstream, bodyEnd, status);
}

/** What was here of the answer was sent (or `status` says that it was not): the rest of the body follows. */
function headSent(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  bodyEnd: number,
  status: number,
): number | Promise<number> {
  const { inbox, body } = upstream;
  inbox.unlock();
  inbox.consume(bodyEnd);
  session.watch("nothing", undefined);
  if (status < 0) return failClient(stream, session);
  if (body.done) return 0;
  return pumpBulk(stream, session, upstream, body, stream.frontend.config.timeouts.client);
}

export function failClient(stream: Stream, session: HttpSession): number {
  stream.fail(session.expired ? "c" : "C", "D");
  return IoStatus.Failed;
}

function isConnectTunnel(stream: Stream, head: Head): boolean {
  return stream.request!.method === "CONNECT" && head.status >= 200 && head.status < 300;
}
