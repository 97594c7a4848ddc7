/**
 * What rules see of a body before it is forwarded, and the wait for more of it (manual 4.2 `wait-for-body`,
 * `option http-buffer-request`).
 *
 * Laws:
 * - What is looked at stays where it lies: it is forwarded, or sent again, as if nobody had looked.
 * - Nothing beyond one buffer of tune.bufsize is waited for.
 * - A wait that ends early leaves its read pending in the inbox; only an answer that closes may follow.
 */
import type { Content } from "../expr/context.ts";
import { BodyReader } from "../http1/body.ts";
import { bytesOfLatin1, latin1 } from "../http1/bytes.ts";
import type { Head } from "../http1/head.ts";
import { writeAll } from "../net/io.ts";
import { Timer, type TimerWheel } from "../net/timers.ts";
import type { HttpSession } from "./http_session.ts";
import { FULL, type Inbox } from "./inbox.ts";
import type { Stream } from "./stream.ts";
import type { UpstreamConn } from "./upstream.ts";

/** The content of the body that lies in `bytes[from, to)`, without framing. */
export function contentOf(head: Head, bytes: Uint8Array, from: number, to: number): Content {
  const reader = new BodyReader();
  reader.begin(head);
  let text = "";
  reader.consume(bytes, from, to, (start, end) => text += latin1(bytes, start, end));
  return { text, complete: reader.done };
}

/** How a wait ended: there is enough, time is up, the peer has gone away, or it sent what is no body. */
type End = "enough" | "late" | "gone" | "bad";

/** One read that is given up after `ms`; undefined: time is up, and the read stays pending. */
function within(
  read: number | Promise<number>,
  until: Promise<undefined>,
): Promise<number | undefined> {
  return Promise.race([read, until]);
}

interface Wait {
  readonly inbox: Inbox;
  readonly wheel: TimerWheel;
  readonly ms: number;
  /** where the message begins: it stays whole */
  readonly begin: number;
  /** the bytes lie elsewhere now: by this many bytes before */
  readonly moved: (by: number) => void;
  /** more bytes are there */
  readonly look: () => End | undefined;
}

async function waitFor({ inbox, wheel, ms, begin, moved, look }: Wait): Promise<End> {
  const ended = look();
  if (ended !== undefined) return ended;
  let timer: Timer | undefined;
  const until = new Promise<undefined>((resolve) => {
    timer = new Timer(wheel, () => resolve(undefined));
    timer.set(ms);
  });
  // The message is unread as a whole while its buffer may be exchanged.
  const consumed = inbox.start - begin;
  inbox.start = begin;
  try {
    for (;;) {
      const from = inbox.start;
      const read = inbox.fill();
      moved(from - inbox.start);
      if (read === FULL) return "enough";
      const n = await within(read, until);
      if (n === undefined) return "late";
      inbox.took(n);
      if (n <= 0) return "gone";
      const end = look();
      if (end !== undefined) return end;
    }
  } finally {
    inbox.start += consumed;
    timer!.clear();
  }
}

const CONTINUE = bytesOfLatin1("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * Waits for the request's body: until it is whole, `atLeast` bytes of it are there (0: all), the buffer is full, or
 * `ms` have passed. Answers 0 to go on, or the status that the stream ends with.
 */
export async function awaitRequestBody(
  stream: Stream,
  session: HttpSession,
  ms: number,
  atLeast: number,
): Promise<number> {
  const { message, inbox } = session;
  const { head, body } = message;
  if (body.done || session.settled || (atLeast > 0 && body.bytes >= atLeast)) return 0;
  if (head.expectContinue && head.version >= 11 && body.bytes === 0) {
    // The client waits for this as well; the server need not be asked any more (RFC 9110 section 10.1.1).
    const r = writeAll(session.conn, CONTINUE);
    if ((typeof r === "number" ? r : await r) < 0) return gone(stream);
    stream.bytesOut += CONTINUE.length;
    head.removeAll("expect");
  }
  const end = await waitFor({
    inbox,
    wheel: session.process.wheel,
    ms,
    begin: inbox.start,
    moved: (by) => {
      message.headEnd -= by;
      message.bodyEnd -= by;
      head.rebase(inbox.bytes, inbox.start);
    },
    look: () => {
      message.bodyEnd = body.consume(inbox.bytes, message.bodyEnd, inbox.end);
      if (message.bodyEnd < 0) return "bad";
      return body.done || (atLeast > 0 && body.bytes >= atLeast) ? "enough" : undefined;
    },
  });
  if (end === "enough") {
    stream.requestAt = session.process.now();
    return 0;
  }
  stream.closeClient = true;
  stream.requestAt = -1;
  switch (end) {
    case "late":
      stream.fail("c", "R");
      return 408;
    case "gone":
      return gone(stream);
    default:
      message.bodyEnd = inbox.end;
      stream.fail("P", "R");
      return 400;
  }
}

function gone(stream: Stream): number {
  stream.closeClient = true;
  stream.fail("C", "R");
  return 400;
}

/** As `awaitRequestBody`, for what a server has begun to answer. The connection is closed when it fails. */
export async function awaitResponseBody(
  stream: Stream,
  upstream: UpstreamConn,
  wheel: TimerWheel,
  ms: number,
  atLeast: number,
): Promise<number> {
  const { head, inbox } = upstream;
  const body = new BodyReader();
  body.begin(head);
  let at = inbox.start;
  const end = await waitFor({
    inbox,
    wheel,
    ms,
    begin: head.received.start,
    moved: (by) => {
      at -= by;
      head.rebase(inbox.bytes, inbox.start);
    },
    look: () => {
      at = body.consume(inbox.bytes, at, inbox.end);
      if (at < 0) return "bad";
      return body.done || (atLeast > 0 && body.bytes >= atLeast) ? "enough" : undefined;
    },
  });
  switch (end) {
    case "late":
      stream.fail("s", "H");
      return 504;
    case "gone":
      // What a server's close ends is whole; all else is noticed when it is forwarded.
      if (body.finish() === 0) return 0;
      stream.fail("S", "H");
      return 502;
    case "bad":
      stream.fail("P", "H");
      return 502;
  }
  return 0;
}
