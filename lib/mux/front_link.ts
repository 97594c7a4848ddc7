/** FrontLink: a client's connection. Each request of it becomes a FrontStream. */
import type { FieldList } from "../http2/field_list.ts";
import type { MessageInfo } from "../http2/message.ts";
import type { LocalSettings } from "../http2/settings.ts";
import type { H2Stream } from "../http2/stream.ts";
import type { Conn } from "../net/conn.ts";
import { FrontStream } from "./front_stream.ts";
import { type Count, Link, type LinkParts } from "./link.ts";
import type { StreamConn } from "./stream_conn.ts";

/** Who serves the connection. */
export interface FrontEvents {
  /** A request has come. */
  stream(stream: FrontStream): void;
  /** A stream was let go; `left` are open. */
  streamEnded(left: number): void;
  /** The connection is over. */
  ended(): void;
}

export class FrontLink extends Link {
  readonly #events: FrontEvents;
  #draining = false;
  /** the client was asked to open no more streams */
  #asked = false;

  constructor(
    conn: Conn,
    settings: LocalSettings,
    glitchesThreshold: number,
    parts: LinkParts,
    events: FrontEvents,
    count?: Count,
  ) {
    super("server", conn, settings, glitchesThreshold, parts, count);
    this.#events = events;
  }

  override head(
    stream: H2Stream<StreamConn>,
    list: FieldList,
    info: MessageInfo,
    end: boolean,
  ): void {
    this.#events.stream(new FrontStream(this, stream, list, info, end));
  }

  override goaway(): void {
    // The client opens no more streams. What runs is finished.
    this.#draining = true;
    this.#endWhenIdle();
  }

  override settings(): void {}

  override streamEnded(): void {
    this.#events.streamEnded(this.h2.active);
    this.#endWhenIdle();
  }

  protected override ended(): void {
    this.#events.ended();
  }

  /**
   * A graceful end (RFC 9113 section 6.8): the client is asked to open no more streams; when it has answered a PING,
   * those that it opened meanwhile have come, and no further ones are taken. The connection closes with its last stream.
   */
  drain(): void {
    if (this.#draining || this.#asked || this.closed) return;
    this.#asked = true;
    if (this.h2.active === 0) {
      this.#draining = true;
      this.h2.refuseNew();
      this.closeSoon();
      return;
    }
    this.h2.drain();
    this.h2.ping(() => {
      this.#draining = true;
      this.h2.refuseNew();
      this.#endWhenIdle();
    });
    this.flushSoon();
  }

  #endWhenIdle(): void {
    if (!this.#draining || this.h2.active > 0 || this.closed) return;
    this.h2.refuseNew();
    this.closeSoon();
  }
}
