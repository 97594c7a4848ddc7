/** BackLink: a connection to a server, on which requests are streams. */
import type { FieldList } from "../http2/field_list.ts";
import type { MessageInfo } from "../http2/message.ts";
import type { LocalSettings } from "../http2/settings.ts";
import type { H2Stream } from "../http2/stream.ts";
import type { Conn } from "../net/conn.ts";
import { BackStream } from "./back_stream.ts";
import { type Count, Link, type LinkParts } from "./link.ts";
import type { StreamConn } from "./stream_conn.ts";

/** Who keeps the connection. */
export interface BackEvents {
  /** A stream was let go; `left` are open. */
  idle(link: BackLink, left: number): void;
  ended(link: BackLink): void;
}

export class BackLink extends Link {
  /** streams that it has carried */
  requests = 0;
  /** streams that were handed out and not let go yet */
  used = 0;
  readonly #limit: number;
  readonly #events: BackEvents;
  #leaving = false;
  #waiting: (() => void)[] = [];

  constructor(
    conn: Conn,
    settings: LocalSettings,
    glitchesThreshold: number,
    parts: LinkParts,
    events: BackEvents,
    count?: Count,
  ) {
    super("client", conn, settings, glitchesThreshold, parts, count);
    this.#limit = settings.maxConcurrentStreams;
    this.#events = events;
  }

  /** A stream that was handed out can still be opened. */
  get lives(): boolean {
    return !this.closed && this.h2.failed === undefined && this.h2.goawayFrom === undefined;
  }

  /** It is neither over nor about to be. */
  get mayUse(): boolean {
    return this.lives && !this.#leaving;
  }

  /** Another stream may be opened. */
  get hasRoom(): boolean {
    return this.mayUse && this.used < Math.min(this.#limit, this.h2.peer.maxConcurrentStreams) &&
      this.h2.mayOpen;
  }

  /** A new stream; the caller has looked at `hasRoom`, or the connection is new. */
  open(): BackStream {
    this.used++;
    return new BackStream(this, this.requests++ === 0);
  }

  /** Resolves when the server's SETTINGS have come, or the connection is over. */
  whenSettled(): Promise<void> {
    if (this.h2.peer.received || this.closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  override head(
    stream: H2Stream<StreamConn>,
    list: FieldList,
    info: MessageInfo,
    end: boolean,
  ): void {
    (stream.user as BackStream | undefined)?.onHead(list, info, end);
  }

  override goaway(): void {
    this.#closeWhenIdle();
  }

  override settings(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  override streamEnded(): void {
    this.used--;
    this.#events.idle(this, this.used);
    if (!this.mayUse) this.#closeWhenIdle();
  }

  protected override ended(): void {
    this.settings();
    this.#events.ended(this);
  }

  /** Takes no more streams and closes with the last one. */
  leave(): void {
    this.#leaving = true;
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.used > 0 || this.closed) return;
    this.h2.refuseNew();
    this.closeSoon();
  }
}
