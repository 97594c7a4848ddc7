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
import type { BodyReader } from "../http1/body.ts";
import type { Head } from "../http1/head.ts";
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import type { HttpSession } from "./http_session.ts";
import { removeConnectionFields } from "./connection_fields.ts";
import { closesClient } from "./prepare_request.ts";
import type { Reply } from "./reply.ts";
import { pumpBulk } from "./response_bulk.ts";
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
  if (upstream === undefined) return await sendLocal(stream, session, reply);
  if (head.status === 101 || isConnectTunnel(stream, head)) {
    await sendTunnel(stream, session, upstream);
    return false;
  }
  const body = upstream.body;
  body.begin(head);
  const keep = frameForClient(stream, session, head);
  const reusable = serverMayStay(stream, head);
  const status = await pumpResponse(stream, session, upstream, head, body);
  if (status < 0) {
    upstream.close();
    return false;
  }
  if (session.pumping !== undefined) {
    if (!session.body.done) {
      // The answer is complete before the request: the rest of it has no reader (RFC 9112 section 9.3).
      stream.answered = true;
      upstream.close();
      return false;
    }
    await session.pumping;
  }
  if (reusable && body.done) keepUpstream(stream, session, upstream);
  else upstream.close();
  return keep && !session.expired;
}

/** The answer is the proxy's own: one write. */
async function sendLocal(stream: Stream, session: HttpSession, reply: Reply): Promise<boolean> {
  const head = reply.head;
  const body = reply.body!;
  const keep = frameForClient(stream, session, head);
  const bytes = new Uint8Array(head.sizeBound() + body.length);
  let end = head.write(bytes, 0);
  if (stream.request?.method !== "HEAD") {
    bytes.set(body, end);
    end += body.length;
  }
  stream.bytesOut += end;
  session.watch("write", stream.frontend.config.timeouts.client);
  const r = writeAll(session.conn, bytes.subarray(0, end));
  const status = typeof r === "number" ? r : await r;
  session.watch("nothing", undefined);
  if (status < 0) {
    stream.fail(session.expired ? "c" : "C", "D");
    return false;
  }
  return keep;
}

/**
 * Decides whether the client's connection lives on and sets the answer's connection fields accordingly
 * (RFC 9112 section 9). What the server said about its own connection is not the client's business.
 */
function frameForClient(stream: Stream, session: HttpSession, head: Head): boolean {
  const request = stream.request!;
  const keep = wantsKeepAlive(request) && !request.closeAfter && !stream.closeClient &&
    !closesClient(stream) && head.framing !== "close" &&
    (session.body.done || session.pumping !== undefined) && !session.process.stopping &&
    !session.listening.closed;
  removeConnectionFields(head);
  if (!keep) head.append("Connection", "close");
  else if (request.received.version < 11 || head.version < 11) {
    head.append("Connection", "keep-alive");
  }
  // Chunked is not part of HTTP/1.0, whatever the server says of itself.
  if (head.version < 11 && head.framing === "chunked") head.setVersion(11);
  return keep;
}

function wantsKeepAlive(request: Head): boolean {
  return request.received.version >= 11 ? !request.connectionClose : request.connectionKeepAlive;
}

function serverMayStay(stream: Stream, head: Head): boolean {
  if (head.framing === "close" || head.closeAfter) return false;
  // An HTTP/1.0 request that asked for nothing: the server closes.
  if (stream.request!.version < 11) return false;
  if (stream.backend!.config.options.connection !== "keep-alive") return false;
  if (stream.frontend.config.options.connection !== "keep-alive") return false;
  return head.received.version >= 11 ? !head.connectionClose : head.connectionKeepAlive;
}

function keepUpstream(stream: Stream, session: HttpSession, upstream: UpstreamConn): void {
  upstream.unwatch();
  if (upstream.closed || upstream.inbox.length > 0) {
    upstream.close();
    return;
  }
  if (stream.backend!.config.httpReuse === "never") {
    session.ownUpstream = upstream;
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
  body: BodyReader,
): Promise<number> {
  const inbox = upstream.inbox;
  const clientTimeout = stream.frontend.config.timeouts.client;
  // Part of the body that is here already.
  let bodyEnd = body.consume(inbox.bytes, inbox.start, inbox.end);
  if (bodyEnd < 0) return failBody(stream);
  const have = bodyEnd - inbox.start;
  let status: number;
  if (!head.edited) {
    const bytes = inbox.bytes.subarray(head.received.start, bodyEnd);
    stream.bytesOut += bytes.length;
    const r = writeAll(session.conn, bytes);
    if (typeof r === "number") status = r;
    else {
      session.watch("write", clientTimeout);
      status = await r;
    }
  } else {
    const out = session.process.buffers.full.lend();
    let end = head.write(out.bytes, 0);
    if (end < 0) {
      session.process.buffers.full.giveBack(out);
      stream.fail("P", "H");
      return IoStatus.Failed;
    }
    const together = end + have <= out.bytes.length;
    if (together) {
      out.bytes.set(inbox.bytes.subarray(inbox.start, bodyEnd), end);
      end += have;
    }
    stream.bytesOut += together ? end : end + have;
    const r = writeAll(session.conn, out.bytes.subarray(0, end));
    if (typeof r === "number") status = r;
    else {
      session.watch("write", clientTimeout);
      status = await r;
    }
    session.process.buffers.full.giveBack(out);
    if (status >= 0 && !together) {
      const w = writeAll(session.conn, inbox.bytes.subarray(inbox.start, bodyEnd));
      status = typeof w === "number" ? w : await w;
    }
  }
  inbox.consume(bodyEnd);
  if (status < 0) return failClient(stream, session);
  if (body.done) {
    session.watch("nothing", undefined);
    return 0;
  }
  bodyEnd = await pumpBulk(stream, session, upstream, body, clientTimeout);
  session.watch("nothing", undefined);
  return bodyEnd;
}

export function failClient(stream: Stream, session: HttpSession): number {
  stream.fail(session.expired ? "c" : "C", "D");
  return IoStatus.Failed;
}

function failBody(stream: Stream): number {
  stream.fail("P", "D");
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
    const r = writeAll(session.conn, out.bytes.subarray(0, end));
    status = typeof r === "number" ? r : await r;
    stream.bytesOut += end;
  }
  process.buffers.full.giveBack(out);
  session.settle();
  upstream.unwatch();
  if (status >= 0) status = await passUnread(upstream.inbox, session.conn);
  if (status >= 0) status = await passUnread(session.inbox, upstream.conn);
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
        server: t.server,
        tunnel: t.tunnel,
        clientFin: ft.clientFin,
        serverFin: t.serverFin,
        independent: stream.backend!.config.options.independentStreams,
      },
      stream,
    );
    noteTunnelEnd(stream, await tunnel.run());
  } else stream.fail("C", "D");
  upstream.close();
}

export function noteTunnelEnd(stream: Stream, end: string): void {
  if (end === "client-timeout") stream.fail("c", "D");
  else if (end === "server-timeout") stream.fail("s", "D");
  else if (end === "client-abort") stream.fail("C", "D");
  else if (end === "server-abort") stream.fail("S", "D");
}

/** Sends on what was read before the tunnel began. A pending read is the tunnel's own concern. */
async function passUnread(
  inbox: { bytes: Uint8Array; start: number; end: number; consume(at: number): void },
  to: HttpSession["conn"],
): Promise<number> {
  if (inbox.start === inbox.end) return 0;
  const status = await writeAll(to, inbox.bytes.subarray(inbox.start, inbox.end));
  inbox.consume(inbox.end);
  return status;
}
