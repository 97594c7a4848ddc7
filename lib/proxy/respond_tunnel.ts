/** Answers that begin a tunnel: the head, then bytes both ways. */
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import type { HttpSession } from "./http_session.ts";
import type { Inbox } from "./inbox.ts";
import { failClient } from "./respond.ts";
import { splicingOf } from "./splicing.ts";
import type { Stream } from "./stream.ts";
import { Tunnel } from "./tunnel.ts";
import type { UpstreamConn } from "./upstream.ts";

/** 101 or the answer to CONNECT: the head, then bytes both ways (RFC 9110 sections 7.8, 9.3.6). */
export async function sendTunnel(
  stream: Stream,
  session: HttpSession,
  upstream: UpstreamConn,
): Promise<false> {
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
  return false;
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
