/**
 * One connection between two nodes after they have met (HAProxy's peers.txt, "Messages"). Bytes in, bytes out; it is
 * asked for bytes by whoever has the socket, and told of the time.
 *
 * Laws:
 * - Nothing for 5 seconds: the peer is gone. After 3 seconds without anything to say a heartbeat is sent.
 * - What cannot be read ends the connection, after a message that says so. What this node does not know is skipped.
 * - A node that is not whole asks one peer at a time for everything.
 */
import { PeerWriter } from "./encoding.ts";
import { PeerIncoming } from "./incoming.ts";
import { CLASS, CONTROL, MessageReader, PROBLEM, writeControl, writeProblem } from "./messages.ts";
import { PeerOutgoing } from "./outgoing.ts";
import type { Progress, SharedTable } from "./shared_table.ts";

/** ms */
export const HEARTBEAT = 3000;
export const SILENCE = 5000;

export interface PeerSessionOptions {
  readonly tables: readonly SharedTable[];
  readonly progress: Progress;
  /** 0: without times to live */
  readonly minor: number;
  /** most updates that are made at once (`tune.peers.max-updates-at-once`) */
  readonly mostUpdates: number;
  readonly now: () => number;
  readonly wall: () => number;
  readonly isWhole: () => boolean;
  /** the lesson that was asked for has ended; `whole`: the peer has told all that there is */
  readonly onLesson: (whole: boolean) => void;
  readonly onMismatch: (table: string) => void;
  /** a lesson of this node was confirmed */
  readonly onConfirmed?: () => void;
}

export class PeerSession {
  readonly incoming: PeerIncoming;
  readonly outgoing: PeerOutgoing;
  readonly #options: PeerSessionOptions;
  readonly #reader = new MessageReader();
  readonly #out = new PeerWriter(16_384);
  #heardAt: number;
  #spokeAt: number;
  /** why it is over */
  ended: string | undefined;
  /** this node has asked for a lesson */
  asked = false;
  heartbeats = { sent: 0, received: 0 };

  constructor(options: PeerSessionOptions) {
    this.#options = options;
    this.#heardAt = this.#spokeAt = options.now();
    this.incoming = new PeerIncoming(options);
    this.outgoing = new PeerOutgoing({ ...options, timed: options.minor > 0 });
  }

  /** Bytes came. */
  receive(bytes: Uint8Array): void {
    this.#heardAt = this.#options.now();
    this.#reader.push(bytes);
    for (;;) {
      if (this.ended !== undefined) return;
      const message = this.#reader.next();
      if (message === undefined) break;
      if (message === "too-large") this.#end("a message is too large", PROBLEM.size);
      else if (message.class === CLASS.control) this.#control(message.type);
      else if (message.class === CLASS.error) {
        this.ended = message.type === PROBLEM.size
          ? "the peer says that a message was too large"
          : "the peer says that it was not understood";
      } else if (message.class === CLASS.table) {
        if (!this.incoming.take(message)) this.#end("a message is broken", PROBLEM.protocol);
      }
    }
    this.incoming.confirm(this.#out);
  }

  #control(type: number): void {
    switch (type) {
      case CONTROL.resyncRequest:
        this.outgoing.teach();
        return;
      case CONTROL.resyncFinished:
      case CONTROL.resyncPartial:
        this.incoming.confirm(this.#out);
        writeControl(this.#out, CONTROL.resyncConfirm);
        this.asked = false;
        this.#options.onLesson(type === CONTROL.resyncFinished);
        return;
      case CONTROL.resyncConfirm:
        this.outgoing.unconfirmed = false;
        this.#options.onConfirmed?.();
        return;
      case CONTROL.heartbeat:
        this.heartbeats.received++;
        return;
    }
  }

  #end(why: string, problem: number): void {
    this.ended = why;
    writeProblem(this.#out, problem);
  }

  /** Asks the peer for everything. */
  ask(): void {
    this.asked = true;
    writeControl(this.#out, CONTROL.resyncRequest);
  }

  /** Teaches without having been asked: an old process its successor. */
  teach(): void {
    this.outgoing.teach();
  }

  /** What is to be sent now; undefined: nothing. There may be more as soon as it has been sent. */
  produce(): Uint8Array<ArrayBuffer> | undefined {
    const now = this.#options.now();
    if (this.ended === undefined) this.outgoing.produce(this.#out, this.#options.mostUpdates);
    if (this.#out.length === 0) {
      if (this.ended !== undefined || now - this.#spokeAt < HEARTBEAT) return undefined;
      writeControl(this.#out, CONTROL.heartbeat);
      this.heartbeats.sent++;
    }
    this.#spokeAt = now;
    return this.#out.take();
  }

  /** Bytes that wait: who reads must stop when the peer takes none. */
  get waiting(): number {
    return this.#out.length;
  }

  /** True when the peer has been silent for too long. */
  get isSilent(): boolean {
    return this.#options.now() - this.#heardAt > SILENCE;
  }
}
