/** What a session does with a client that sent no request, or a bad one: the answer, the counters, the log line. */
import type { Http1Error } from "../http1/error.ts";
import { IoStatus } from "../net/conn.ts";
import { writeAll } from "../net/io.ts";
import { LC } from "../state/listener.ts";
import { PC } from "../state/traffic.ts";
import { endStream } from "./end_stream.ts";
import type { HttpSession } from "./http_session.ts";
import { lingeringClose } from "./lingering_close.ts";
import { Stream } from "./stream.ts";

/** The client left, or its time was up, before a head was complete. */
export function endedEarly(
  session: HttpSession,
  started: boolean,
  first: boolean,
  n: number,
): undefined | Promise<undefined> {
  if (!started && !first) return undefined;
  const nothingSent = session.inbox.length === 0;
  const options = session.frontend.config.options;
  if (nothingSent && (options.dontlognull || !first || options.httpIgnoreProbes)) {
    if (!session.expired) return undefined;
    if (options.httpIgnoreProbes || options.dontlognull) return undefined;
  }
  // One that has only finished sending may still read why.
  if (!session.expired && n === IoStatus.Eof) return refuse(session, 400, "C");
  const stream = badRequest(session, session.expired ? "c" : "C");
  stream.status = session.expired ? 408 : 400;
  countBad(session);
  endStream(stream, session.process);
  return undefined;
}

/** A request, and an error. */
function countBad({ frontend, listenerCounters, process }: HttpSession): void {
  frontend.counters.request(process.wall());
  frontend.counters.add(PC.ereq, 1);
  listenerCounters?.add(LC.ereq, 1);
}

/** Answers what was no request. HAProxy counts no bytes for such an answer. */
export async function refuse(
  session: HttpSession,
  status: number,
  cause: "P" | "C",
): Promise<undefined> {
  const stream = badRequest(session, cause);
  stream.status = status;
  const bytes = session.frontend.answers.bytes(status, stream);
  countBad(session);
  session.watch("write", session.frontend.config.timeouts.client);
  const r = writeAll(session.conn, bytes);
  if (typeof r !== "number") await r;
  endStream(stream, session.process);
  await lingeringClose(session.conn, session.inbox, session.process);
  return undefined;
}

export function refuseError(session: HttpSession, error: Http1Error): Promise<undefined> {
  const { inbox, frontend, process, remote } = session;
  process.captures.add({
    kind: "request",
    at: process.wall(),
    proxy: frontend.name,
    proxyId: frontend.id,
    frontend: frontend.name,
    backend: undefined,
    server: undefined,
    source: remote,
    error,
    bytes: inbox.bytes.subarray(inbox.start, inbox.end),
  });
  return refuse(session, error.status, "P");
}

function badRequest(session: HttpSession, cause: "c" | "C" | "P"): Stream {
  const process = session.process;
  const stream = new Stream(
    session,
    session.frontend,
    process,
    process.nextStreamId(),
    session.acceptAt,
  );
  const now = process.now();
  stream.requestStartAt = session.startedAt;
  stream.requestDate = process.wall() - (now - session.startedAt);
  stream.fail(cause, "R");
  return stream;
}
