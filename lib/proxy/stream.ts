/**
 * Stream: one request (or, in TCP mode, one connection) on its way through the proxy. It is only data; the
 * steps that change it are in http_session.ts, forward.ts, respond.ts, tcp_session.ts.
 *
 * Laws of a stream (the order in which its instants are set, each at most once per attempt):
 *   accept → requestStart → request (head complete) → queued (a server's slot taken) → connected
 *          → response (head complete) → ended
 * - A stream ends exactly once, by `finish`: it is then counted and logged, never touched again.
 * - The first cause of a failure wins: `fail` does nothing when a termination cause is set already.
 * - A server's slot that a stream holds is given back exactly once (`slot` is cleared with it).
 */
import type { Arriving } from "../expr/arriving.ts";
import type { Content, ProcessView, ServerView, SessionView, StreamView } from "../expr/context.ts";
import type { Variables } from "../expr/variables.ts";
import type { TrackedSlots } from "../stick/counters.ts";
import { latin1 } from "../http1/bytes.ts";
import type { Head } from "../http1/head.ts";
import { LogLevel } from "../log/types.ts";
import type { Address, Conn, TlsInfo } from "../net/conn.ts";
import type { ConnectionError } from "../net/connection_errors.ts";
import { LC, type ListenerCounters } from "../state/listener.ts";
import { PC } from "../state/traffic.ts";
import type { AbortWatch } from "./abort_watch.ts";
import type { CompressionAlgorithm } from "../config/model_compression.ts";
import type { BodyTap, CacheUse } from "../expr/cache_view.ts";
import type { Pacer } from "../expr/pacer.ts";
import { type BodyPath, pathOf } from "./body_path.ts";
import type { Backend } from "./backend.ts";
import type { Frontend } from "./frontend.ts";
import { awaitResponseBody, contentOf } from "./message_body.ts";
import type { Persistence } from "./persistence.ts";
import type { ProcessContext } from "./process_context.ts";
import type { RequestCoding } from "./request_coding.ts";
import type { Reply } from "./reply.ts";
import type { Server } from "../balance/server.ts";
import type { StickStore } from "./stick_store.ts";

/** First termination character: who or what ended the stream (manual 8.5). */
export type Cause = "-" | "C" | "c" | "S" | "s" | "P" | "L" | "R" | "I" | "D" | "K" | "U";
/** Second character: in which state it was. */
export type Phase = "-" | "R" | "Q" | "C" | "H" | "D" | "L" | "T";

/** What a stream needs of the client's connection; implemented by the HTTP and the TCP session. */
export interface StreamOwner extends SessionView {
  /** it speaks HTTP */
  readonly http: boolean;
  readonly frontend: Frontend;
  /** `option socket-stats`: of the listener that it came by */
  readonly listenerCounters?: ListenerCounters | undefined;
  readonly process: ProcessContext;
  /** what was seen of the rules that let it in, for who traces it */
  admission?: readonly object[] | undefined;
  // Where HTTP is spoken:
  readonly body?: { readonly bytes: number };
  requestContent?(): Content | undefined;
  awaitRequestBody?(stream: Stream, ms: number, atLeast: number): Promise<number>;
  sendInterim?(
    stream: Stream,
    status: number,
    fields: readonly (readonly [name: string, value: string])[],
  ): Promise<number> | 0;
}

export class Stream implements StreamView {
  readonly session: StreamOwner;
  readonly frontend: Frontend;
  readonly process: ProcessView;
  readonly streamId: number;
  request: Head | undefined = undefined;
  response: Head | undefined = undefined;
  backend: Backend | undefined = undefined;
  server: ServerView | undefined = undefined;
  /** the server that was chosen last, whether the slot is still held or not */
  lastServer: Server | undefined = undefined;
  /** the server whose slot this stream holds */
  slot: Server | undefined = undefined;

  readonly acceptAt: number;
  requestStartAt = -1;
  requestAt = -1;
  queuedAt = -1;
  connectedAt = -1;
  responseAt = -1;
  endedAt = -1;
  requestDate = 0;
  /** wall ms when the request was complete: what is counted for it is counted at this time */
  wall = 0;

  status = -1;
  bytesIn = 0;
  bytesOut = 0;
  retries = 0;
  actconn = 0;
  /** where there is no connection: over UDP */
  #serverLocal: Address | undefined = undefined;
  serverTls: TlsInfo | undefined = undefined;
  /** the version of HTTP that the server speaks */
  serverHttpMajor: 1 | 2 = 1;
  /** the connection to the server: the present one, or the last */
  serverConn: Conn | undefined = undefined;
  lastRule: StreamView["lastRule"] = undefined;

  cause: Cause = "-";
  phase: Phase = "-";
  /** the answer that goes to the client, once it is known */
  reply: Reply | undefined = undefined;
  /** ends the wait that goes on now (queue, connection, answer); set by whoever waits */
  onGiveUp: (() => void) | undefined = undefined;

  // What most streams never have is no part of them; its defaults lie in the prototype (RARE).
  /** mode tcp: what the client, and what the server has sent, while rules look at it */
  declare arriving: Arriving | undefined;
  declare answering: Arriving | undefined;
  /** persistence names this server */
  declare preferred: Server | undefined;
  /** undefined: the backend has no cookie, and no rule chose a server */
  declare persistence: Persistence | undefined;
  /** this server has just failed the stream */
  declare excluded: Server | undefined;
  /** of the server's answer that a rule has denied; -1: none was */
  declare deniedStatus: number;
  /** `http-request disable-l7-retry`: it may be sent again only when the connection could not be made */
  declare l7RetryDisabled: boolean;
  declare lenient: boolean;
  /** it was sent in vain before: no idle connection any more */
  declare freshOnly: boolean;
  /** `option http-use-proxy-header`, and it is a request for a proxy */
  declare proxied: boolean;
  declare redispatched: boolean;
  declare priorityClass: number;
  declare priorityOffset: number;
  declare srvQueue: number;
  declare backendQueue: number;
  declare serverError: ConnectionError | undefined;
  declare serverMarks: StreamView["serverMarks"];
  declare source: Address | undefined;
  declare destination: Address | undefined;
  declare uniqueId: string | undefined;
  /** is told of the end (OpenTelemetry); undefined: the request is not traced */
  declare trace: { end(stream: Stream): void } | undefined;
  declare serverTimeout: number | undefined;
  declare tunnelTimeout: number | undefined;
  declare maxRetries: number | undefined;
  declare earlyHints: StreamView["earlyHints"];
  declare capturedRequestHeaders: readonly (string | undefined)[];
  declare capturedResponseHeaders: readonly (string | undefined)[];
  declare requestCookie: string | undefined;
  declare responseCookie: string | undefined;
  declare variables: Variables | undefined;
  /** `<STATS>`: what of the proxy itself answers, as it stands in the log in place of a server */
  declare applet: string | undefined;
  declare tracked: TrackedSlots | undefined;
  /** bytes that the request's body may have (`limit-body`), and that it had more */
  declare requestLimit: number;
  declare requestTooLarge: boolean;
  /** what the request's body is compressed by; undefined: it goes as it comes */
  declare requestCoding: RequestCoding | undefined;
  /** what the request's body is slowed down by; undefined: nothing */
  declare requestPacers: Pacer[] | undefined;
  /** filters that the answer's body goes through; undefined: none */
  declare responsePath: BodyPath | undefined;
  /** Accept-Encoding of the request, which the server is not told (`compression offload`) */
  declare acceptEncoding: string | undefined;
  declare cacheUse: CacheUse | undefined;
  declare cacheHit: string | undefined;
  /** what the answer is compressed by */
  declare compressed: CompressionAlgorithm | undefined;
  /** what `stick` rules will write of the server, once it is known */
  declare stickStores: StickStore[] | undefined;
  /** `http-request set-log-level`: undefined = as usual, -1 = silent */
  declare logLevel: number | undefined;
  /** `option http-server-close`/`httpclose` or a rule wants the client's connection closed after this */
  declare closeClient: boolean;
  /** `option abortonclose` */
  declare watch: AbortWatch | undefined;
  /** whatever the stream waits for, it need not wait any more */
  declare givenUp: boolean;

  constructor(
    session: StreamOwner,
    frontend: Frontend,
    process: ProcessView,
    id: number,
    acceptAt: number,
  ) {
    this.session = session;
    this.frontend = frontend;
    this.process = process;
    this.streamId = id;
    this.acceptAt = acceptAt;
  }

  /** Four characters of manual 8.5; the last two are about persistence cookies. */
  get termination(): string {
    const { cookie } = (this.backend ?? this.frontend).config;
    // Nothing to tell: there was no request, or the cookie is only read.
    if (
      cookie === undefined || this.request === undefined ||
      (cookie.mode === "passive" && !cookie.indirect)
    ) {
      return this.cause === "-" && this.phase === "-" ? "----" : `${this.cause}${this.phase}--`;
    }
    const cookies = this.persistence;
    return this.cause + this.phase + (cookies?.request ?? "N") + (cookies?.response ?? "N");
  }

  /** mistakes and oddities of the server on its HTTP/2 connection */
  get serverGlitches(): number | undefined {
    return this.serverConn?.glitches;
  }

  /** the ends of the connection to the server: asked for only when somebody wants to know */
  get serverLocal(): Address | undefined {
    return this.#serverLocal ?? this.serverConn?.local;
  }
  set serverLocal(address: Address) {
    this.#serverLocal = address;
  }
  get serverRemote(): Address | undefined {
    return this.serverConn?.remote;
  }

  get serverDescriptor(): number | undefined {
    return this.serverConn?.descriptor;
  }

  requestBody(): Content | undefined {
    return this.session.requestContent?.();
  }

  responseBody(): Content | undefined {
    const { reply } = this;
    if (reply?.applet && reply.body !== undefined) {
      const { size } = this.session.process.buffers.full;
      return { text: latin1(reply.body, 0, Math.min(size, reply.body.length)), complete: true };
    }
    const upstream = reply?.upstream;
    if (upstream === undefined || upstream.closed) return undefined;
    const { head, inbox } = upstream;
    return contentOf(head, inbox.bytes, inbox.start, inbox.end);
  }

  limitBody(side: "request" | "response", bytes: number): boolean {
    const { reply } = this;
    if (side === "request") {
      this.requestLimit = bytes;
      return tellsMore(this.request, bytes) || (this.session.body?.bytes ?? 0) > bytes;
    }
    if (reply === undefined) return false;
    if (reply.upstream === undefined) return (reply.body?.length ?? 0) > bytes;
    pathOf(this).limit = bytes;
    return tellsMore(reply.upstream.head, bytes);
  }

  awaitRequestBody(ms: number, atLeast: number): Promise<number> | 0 {
    return this.session.awaitRequestBody?.(this, ms, atLeast) ?? 0;
  }

  awaitResponseBody(ms: number, atLeast: number): Promise<number> | 0 {
    const upstream = this.reply?.upstream;
    if (upstream === undefined || upstream.closed) return 0;
    return awaitResponseBody(this, upstream, this.session.process.wheel, ms, atLeast);
  }

  sendInterim(
    status: number,
    fields: readonly (readonly [name: string, value: string])[],
  ): Promise<number> | 0 {
    return this.session.sendInterim?.(this, status, fields) ?? 0;
  }

  /** A log line of its own, beside that at the end. */
  log(): void {
    this.frontend.log(this, this.logLevel ?? LogLevel.info, false);
  }

  /** A rewrite that did not fit is counted as `wrew`. */
  rewriteFailed(): void {
    this.frontend.counters.add(PC.wrew, 1);
    this.session.listenerCounters?.add(LC.wrew, 1);
    if (this.backend !== undefined) this.backend.counters.add(PC.wrew, 1);
  }

  /** ms that the server may take: what a rule says, else the backend */
  get timeoutServer(): number | undefined {
    return this.serverTimeout ?? this.backend?.config.timeouts.server;
  }
  get timeoutTunnel(): number | undefined {
    return this.tunnelTimeout ?? this.backend?.config.timeouts.tunnel;
  }

  /** how often it may be tried again */
  get retryLimit(): number {
    return this.maxRetries ?? this.backend?.config.retries ?? 0;
  }

  /** Lets `ms` pass; less when the stream is given up meanwhile. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.session.process.clock.after(ms, resolve);
      this.onGiveUp = () => {
        cancel();
        resolve();
      };
    });
  }

  /** What a failure now would be a failure in. */
  get where(): Phase {
    if (this.responseAt >= 0) return "D";
    if (this.connectedAt >= 0) return "H";
    return this.queuedAt >= 0 ? "C" : "Q";
  }

  /** Ends the stream from outside: whoever waits for something in it is woken and finds out why. */
  giveUp(cause: Cause): void {
    this.fail(cause, this.where);
    this.givenUp = true;
    this.onGiveUp?.();
  }

  /** Lets a body go no faster than `pacer` says (`set-bandwidth-limit`). */
  pace(direction: "in" | "out", pacer: Pacer): void {
    if (direction === "in") (this.requestPacers ??= []).push(pacer);
    else pathOf(this).pacers.push(pacer);
  }

  /** Lets `tap` see the content of the server's answer as it passes. */
  tapResponse(tap: BodyTap): void {
    pathOf(this).taps.push(tap);
  }

  /** Notes why the stream fails; the first cause wins. */
  fail(cause: Cause, phase: Phase): void {
    if (this.cause !== "-") return;
    this.cause = cause;
    this.phase = phase;
  }
}

const NOTHING: readonly (string | undefined)[] = [];

const RARE = {
  deniedStatus: -1,
  l7RetryDisabled: false,
  lenient: false,
  freshOnly: false,
  proxied: false,
  redispatched: false,
  priorityClass: 0,
  priorityOffset: 0,
  srvQueue: 0,
  backendQueue: 0,
  requestLimit: Infinity,
  requestTooLarge: false,
  closeClient: false,
  givenUp: false,
  capturedRequestHeaders: NOTHING,
  capturedResponseHeaders: NOTHING,
} satisfies Partial<Stream>;

Object.assign(Stream.prototype, RARE);

/** A message says that its body has more than so many bytes. */
function tellsMore(head: Head | undefined, bytes: number): boolean {
  return head?.framing === "length" && head.contentLength > bytes;
}
