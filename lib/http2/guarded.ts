/**
 * Guarded: what a connection remembers of its peer's conduct, and when it has had enough. H2Connection adds the frames.
 */
import { ErrorCode, LARGEST_WINDOW } from "./codes.ts";
import type { H2Error } from "./error.ts";
import type { H2Events } from "./events.ts";
import { Meter } from "./meter.ts";
import { calm, protocolEnd, REFUSED, STREAM_CLOSED } from "./mistakes.ts";
import { Sender } from "./sender.ts";
import type { LocalSettings } from "./settings.ts";
import type { H2Stream } from "./stream.ts";
import { Tallied } from "./tally.ts";

/** Streams that were reset lately: what the peer had sent before it knew is no mistake. */
const REMEMBERED = 256;

export abstract class Guarded<User> extends Sender<User> {
  /** mistakes and oddities of the peer (`tune.h2.*.glitches-threshold`) */
  glitches = 0;
  /** 0: no limit */
  glitchesThreshold = 0;
  /** why the connection is over */
  failed: H2Error | undefined = undefined;
  protected readonly events: H2Events<User>;
  readonly #resets = new Meter(1000, 200);
  readonly #control = new Meter(2000, 1000);
  protected readonly forgotten: Set<number> = new Set();
  /** ms: when the bytes that are being read came */
  protected now = 0;
  /** highest stream that the peer has opened */
  protected lastPeer = 0;
  /** streams after it are not taken any more */
  protected accepted: number = LARGEST_WINDOW;
  /** streams that count against our limit */
  protected activeStreams = 0;

  constructor(role: "client" | "server", local: LocalSettings, events: H2Events<User>) {
    super(role, local);
    this.events = events;
  }

  /** Streams that count as open. */
  get active(): number {
    return this.activeStreams;
  }
  get lastPeerStream(): number {
    return this.lastPeer;
  }

  /** Ends the connection: GOAWAY with the error's code. */
  fail(error: H2Error): H2Error {
    if (this.failed !== undefined) return this.failed;
    this.failed = error;
    this.tally.add(Tallied.ConnectionErrors);
    this.writeGoaway(this.lastPeer, error.code);
    return error;
  }

  /** The first step of a graceful end: no more streams, please. Those that are under way already are taken. */
  drain(): void {
    this.writeGoaway(LARGEST_WINDOW, ErrorCode.NoError);
  }

  /** The second step: streams that come from now on are not taken, and the peer knows. */
  refuseNew(): void {
    if (this.accepted !== LARGEST_WINDOW) return;
    this.accepted = this.lastPeer;
    this.writeGoaway(this.lastPeer, ErrorCode.NoError);
  }

  /** The user of a stream is done with it; once for each stream whose `head` came or that was opened. */
  release(stream: H2Stream<User>): void {
    if (!stream.closed) this.reset(stream, ErrorCode.Cancel);
    stream.user = undefined;
    if (!(stream.localEnded && stream.remoteEnded)) this.activeStreams--;
  }

  protected override opened(): void {
    this.activeStreams++;
  }

  /** A stream has ended on both sides, or was reset. */
  protected override closed(stream: H2Stream<User>): void {
    if (stream.localEnded && stream.remoteEnded) this.activeStreams--;
    else {
      this.forgotten.add(stream.id);
      if (this.forgotten.size > REMEMBERED) {
        for (const oldest of this.forgotten) {
          this.forgotten.delete(oldest);
          break;
        }
      }
    }
  }

  /** A frame that asks for an answer or has no use: too many of them end the connection. */
  protected ask(cost: number, what = "control frames"): 0 | H2Error {
    return this.#control.count(cost, this.now) ? 0 : calm(what);
  }

  /** Has the stream never been opened? */
  protected isIdle(id: number): boolean {
    const peers = (id & 1) === (this.role === "server" ? 1 : 0);
    return peers ? id > this.lastPeer : id > this.lastOpened;
  }

  /** A frame for a stream that is not known: one that was reset, has ended, or never was. */
  protected onUnknown(id: number, what: string): 0 | H2Error {
    if (this.isIdle(id)) return protocolEnd(`${what} on a stream that was never opened`);
    if (this.forgotten.has(id) || id > this.accepted) return 0;
    return this.streamMistake(id, undefined, STREAM_CLOSED);
  }

  /** A mistake that ends one stream. */
  protected streamMistake(
    id: number,
    stream: H2Stream<User> | undefined,
    error: H2Error,
  ): 0 | H2Error {
    if (error.scope === "connection") return error;
    this.writeReset(id, error.code);
    if (stream === undefined) this.forgotten.add(id);
    else {
      this.drop(stream);
      this.events.reset(stream, error.code);
    }
    if (error === REFUSED) return this.checkResets(1);
    this.tally.add(Tallied.StreamErrors);
    this.glitch();
    return this.failed ?? this.ask(10);
  }

  protected checkResets(cost: number): 0 | H2Error {
    if (this.failed !== undefined) return this.failed;
    return this.#resets.count(cost, this.now) ? 0 : calm("streams that are opened for nothing");
  }

  /** Counts an oddity of the peer. Beyond the threshold the connection ends. */
  glitch(): void {
    this.glitches++;
    if (this.glitchesThreshold > 0 && this.glitches >= this.glitchesThreshold) {
      this.fail(calm("glitches"));
    }
  }
}
