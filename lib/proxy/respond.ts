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
import { IoStatus } from "../net/conn.ts";
import { afterWrite, writeAll } from "../net/io.ts";
import { emptyBody, onlyHeadAsked, sendHeadOnly } from "./edited_method.ts";
import { badResponse } from "./failure.ts";
import type { HttpSession } from "./http_session.ts";
import type { Inbox } from "./inbox.ts";
import { removeConnectionFields } from "./connection_fields.ts";
import { closesClient, connectionName } from "./prepare_request.ts";
import type { Reply } from "./reply.ts";
import {
  BAD_BODY,
  HEAD_TOO_LARGE as TOO_LARGE,
  sendFiltered,
  sendPaced,
} from "./response_filtered.ts";
import { pumpBulk } from "./response_bulk.ts";
import { sendPieces } from "./send_pieces.ts";
import { splicingOf } from "./splicing.ts";
import type { Stream } from "./stream.ts";
import { Tunnel } from "./tunnel.ts";
import type { UpstreamConn } from "./upstream.ts";

/** Sends `reply`; true when the client's connection may carry another request. */
export async function respond(
  stream: Stream,
  session: HttpSession,
  reply: Reply,
): Promise<boolean> {
  const head = reply.head;
  stream.status = head.status;
  const upstream = reply.upstream;
  if (reply.silent === true) return false;
  if (upstream === undefined) return await sendLocal(stream, session, reply);
  if (upstream.closed) {
    // Given up since its head came (abortonclose, shutdown-sessions): its bytes are not ours any more.
    return await respond(stream, session, badResponse(stream, upstream));
  }
  if (head.status === 101 || isConnectTunnel(stream, head)) {
    await sendTunnel(stream, session, upstream);
    return false;
  }
  const request = stream.request!;
  if (request.method !== request.received.method) {
    if (onlyHeadAsked(request)) {
      const keep = frameForClient(stream, session, head, true);
      const sent = await sendHeadOnly(stream, session, upstream);
      if (session.pump !== undefined) await session.pump.ended;
      return sent === 0 && keep && session.body.done && !session.expired;
    }
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
    return await respond(stream, session, badResponse(stream, upstream));
  }
  // A server that says in either field that it closes does so.
  if (stream.proxied && !head.connectionClose) readProxyConnection(head);
  const keep = frameForClient(stream, session, head, true);
  const reusable = serverMayStay(stream, head);
  const status = path === undefined
    ? await pumpResponse(stream, session, upstream, head, bodyEnd)
    : await sendFiltered(stream, session, upstream, path);
  if (status < 0) {
    stream.responsePath = undefined;
    if (status === BAD_BODY) return await respond(stream, session, badResponse(stream, upstream));
    if (status === TOO_LARGE) {
      stream.rewriteFailed();
      return await respond(stream, session, badResponse(stream, upstream, 500));
    }
    upstream.close();
    return false;
  }
  stream.watch?.stop();
  if (session.pump !== undefined && !await finishRequest(stream, session, upstream)) return false;
  if (reusable && body.done) keepUpstream(stream, session, upstream);
  else upstream.close();
  return keep && !session.expired;
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
  upstream.answered = true;
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
async function sendLocal(stream: Stream, session: HttpSession, reply: Reply): Promise<boolean> {
  const head = reply.head;
  const body = reply.body!;
  const keep = frameForClient(stream, session, head, false);
  if (reply.pieces !== undefined) return await sendPieces(stream, session, reply, keep);
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
    if (await sendPaced(stream, session, path, bytes.subarray(0, end)) < 0) return false;
    return keep;
  }
  session.watch("write", stream.frontend.config.timeouts.client);
  const r = writeAll(session.conn, bytes.subarray(0, end));
  const status = typeof r === "number" ? r : await r;
  session.watch("nothing", undefined);
  if (status < 0) {
    stream.fail(session.expired ? "c" : "C", "D");
    return false;
  }
  // The last piece of the request may still be on its way to a server that is closed by now.
  if (session.pump !== undefined && keep) await session.pump.ended;
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
    (session.body.done || (pumps && session.pump !== undefined)) && !session.listening.closed &&
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

/** Head, then body, from the server's inbox to the client: 0, or negative after noting who failed. */
async function pumpResponse(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
  head: Head,
  bodyEnd: number,
): Promise<number> {
  const { inbox, body } = upstream;
  const clientTimeout = stream.frontend.config.timeouts.client;
  const have = bodyEnd - inbox.start;
  let status: number;
  inbox.lock();
  if (!head.edited) {
    const bytes = inbox.bytes.subarray(head.received.start, bodyEnd);
    stream.bytesOut += bytes.length;
    let r = session.conn.write(bytes);
    if (typeof r !== "number") {
      session.watch("write", clientTimeout);
      r = await r;
    }
    const rest = afterWrite(session.conn, bytes, r);
    if (typeof rest === "number") status = rest;
    else {
      session.watch("write", clientTimeout);
      status = await rest;
    }
  } else {
    const out = session.process.buffers.full.lend();
    let end = head.write(out.bytes, 0);
    if (end < 0) {
      session.process.buffers.full.giveBack(out);
      inbox.unlock();
      return TOO_LARGE;
    }
    const together = end + have <= out.bytes.length;
    if (together) {
      out.bytes.set(inbox.bytes.subarray(inbox.start, bodyEnd), end);
      end += have;
    }
    stream.bytesOut += together ? end : end + have;
    const bytes = out.bytes.subarray(0, end);
    let r = session.conn.write(bytes);
    if (typeof r !== "number") {
      session.watch("write", clientTimeout);
      r = await r;
    }
    const rest = afterWrite(session.conn, bytes, r);
    if (typeof rest === "number") status = rest;
    else {
      session.watch("write", clientTimeout);
      status = await rest;
    }
    session.process.buffers.full.giveBack(out);
    if (status >= 0 && !together) {
      session.watch("write", clientTimeout);
      const w = writeAll(session.conn, inbox.bytes.subarray(inbox.start, bodyEnd));
      status = typeof w === "number" ? w : await w;
    }
  }
  inbox.unlock();
  inbox.consume(bodyEnd);
  session.watch("nothing", undefined);
  if (status < 0) return failClient(stream, session);
  return body.done ? 0 : await pumpBulk(stream, session, upstream, body, clientTimeout);
}

export function failClient(stream: Stream, session: HttpSession): number {
  stream.fail(session.expired ? "c" : "C", "D");
  return IoStatus.Failed;
}

function isConnectTunnel(stream: Stream, head: Head): boolean {
  return stream.request!.method === "CONNECT" && head.status >= 200 && head.status < 300;
}

/** 101 or the answer to CONNECT: the head, then bytes both ways (RFC 9110 sections 7.8, 9.3.6). */
async function sendTunnel(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
): Promise<void> {
  const process = session.process;
  const out = process.buffers.full.lend();
  const end = upstream.head.write(out.bytes, 0);
  let status: number = IoStatus.Failed;
  if (end > 0) {
    session.watch("write", stream.frontend.config.timeouts.client);
    const r = writeAll(session.conn, out.bytes.subarray(0, end));
    status = typeof r === "number" ? r : await r;
    stream.bytesOut += end;
  }
  process.buffers.full.giveBack(out);
  session.settle();
  stream.watch?.stop();
  if (status >= 0) {
    stream.bytesOut += upstream.inbox.length;
    status = await passUnread(upstream.inbox, session.conn);
  }
  session.watch("nothing", undefined);
  if (status < 0) {
    failClient(stream, session);
  } else {
    stream.bytesIn += session.inbox.length;
    upstream.watch(stream.timeoutServer);
    status = await passUnread(session.inbox, upstream.conn);
    upstream.unwatch();
    if (status < 0) stream.fail(upstream.expired ? "s" : "S", "D");
  }
  if (status >= 0) {
    const t = stream.backend!.config.timeouts;
    const ft = stream.frontend.config.timeouts;
    const tunnel = new Tunnel(
      session.conn,
      upstream.conn,
      process.buffers,
      process.wheel,
      {
        client: ft.client,
        server: stream.timeoutServer,
        tunnel: stream.timeoutTunnel,
        clientFin: ft.clientFin,
        serverFin: t.serverFin,
        independent: stream.backend!.config.options.independentStreams,
      },
      stream,
      splicingOf(stream.frontend.config.options, stream.backend!.config.options, process),
    );
    stream.onGiveUp = () => tunnel.kill();
    noteTunnelEnd(stream, await tunnel.run(session.inbox));
  }
  upstream.close();
}

export function noteTunnelEnd(stream: Stream, end: string): void {
  if (end === "client-timeout") stream.fail("c", "D");
  else if (end === "server-timeout") stream.fail("s", "D");
  else if (end === "client-abort") stream.fail("C", "D");
  else if (end === "server-abort") stream.fail("S", "D");
}

/** Sends on what was read before the tunnel began. */
async function passUnread(inbox: Inbox, to: HttpSession["conn"]): Promise<number> {
  if (inbox.length === 0) return 0;
  inbox.lock();
  const status = await writeAll(to, inbox.bytes.subarray(inbox.start, inbox.end));
  inbox.unlock();
  inbox.consume(inbox.end);
  return status;
}
