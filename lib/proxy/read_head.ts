/**
 * Reading one request head of a client's connection, without waiting: whoever runs the session waits for more bytes
 * where there are not enough.
 */
import { skipEmptyLines } from "../http1/find_end.ts";
import { findRequestEnd, parseRequest } from "../http1/parse_request.ts";
import { endedEarly, refuse, refuseError } from "./bad_request.ts";
import type { HttpSession } from "./http_session.ts";
import { Message } from "./message.ts";

/** The head is not whole yet: read on. */
export const MORE = -1;

/** The position after the head, MORE, or what is to be awaited before the connection ends. */
type Found = number | undefined | Promise<undefined>;

/** Begins to read a request head: as `look`. */
export function beginReading(session: HttpSession): Found {
  session.inbox.shrink();
  session.adopt();
  session.scanned = 0;
  if (isFirst(session)) {
    session.startedAt = session.acceptAt;
    session.watch("head", headTimeout(session));
  } else session.startedAt = -1;
  return look(session);
}

/** No request came before it on its connection: it is awaited from the start. */
function isFirst(session: HttpSession): boolean {
  return session.requestCount === 0 || session.single;
}

function headTimeout(session: HttpSession): number | undefined {
  const { httpRequest, client } = session.frontend.config.timeouts;
  return httpRequest ?? client;
}

/** A read of the inbox has answered `n`: as `look`. */
export function came(session: HttpSession, n: number): Found {
  if (session.inbox.took(n) > 0 && !session.expired) return look(session);
  return endedEarly(session, session.startedAt >= 0, isFirst(session), n);
}

/** Looks for a head in the inbox: the position after it, MORE, or what is to be awaited before the connection ends. */
function look(session: HttpSession): Found {
  const { inbox } = session;
  if (inbox.length > 0) {
    if (session.startedAt < 0) {
      session.startedAt = session.process.now();
      if (session.waiting === "idle") session.watch("head", headTimeout(session));
    }
    const start = skipEmptyLines(inbox.bytes, inbox.start, inbox.end);
    if (start !== inbox.start) {
      inbox.consume(start);
      session.scanned = 0;
    }
    if (inbox.length > 0) {
      const { parseOptions } = session.frontend;
      const from = inbox.start + session.scanned;
      const end = findRequestEnd(inbox.bytes, inbox.start, from, inbox.end, parseOptions);
      session.scanned = inbox.length;
      if (end >= 0) return parse(session, end);
      if (inbox.length > session.process.limits.headBytes) return refuse(session, 400, "P");
    }
  }
  if (session.startedAt >= 0) {
    if (session.waiting !== "head") session.watch("head", headTimeout(session));
  } else if (session.waiting !== "idle") {
    // Nobody will let this connection go later.
    if (session.listening.leaving) return undefined;
    const { httpKeepAlive, httpRequest, client } = session.frontend.config.timeouts;
    session.watch("idle", httpKeepAlive ?? httpRequest ?? client);
  }
  return MORE;
}

/** The head that ends at `end` is whole. */
function parse(session: HttpSession, end: number): Found {
  const { inbox, process } = session;
  if (end - inbox.start > process.limits.headBytes) return refuse(session, 400, "P");
  const message = session.message = process.messages.pop() ?? new Message();
  const { head } = message;
  const { parseOptions } = session.frontend;
  const error = parseRequest(head, inbox.bytes, inbox.start, end, parseOptions);
  if (error === 0) {
    if (session.single) head.received.version = 20;
    return end;
  }
  if (error.code === "h2-preface" && session.mayBecomeH2) {
    session.giveMessageBack();
    session.preface = true;
    return undefined;
  }
  return refuseError(session, error);
}
