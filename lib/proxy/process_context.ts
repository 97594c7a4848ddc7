/** What all sessions of one thread share. */
import type { TlsMeter } from "../net/tls/engine.ts";
import type { ProcessView } from "../expr/context.ts";
import type { Clock } from "../net/clock.ts";
import type { OpenDatagram } from "../net/datagram.ts";
import type { Transport } from "../net/conn.ts";
import type { Pipes } from "../net/epoll/pipes.ts";
import type { TimerWheel } from "../net/timers.ts";
import type { ProcessShared } from "../state/process.ts";
import type { ProcessCounters } from "../state/traffic.ts";
import type { Captures } from "./captures.ts";
import type { BufferSource } from "./inbox.ts";
import type { Message } from "./message.ts";

export interface Limits {
  /** most bytes of a request or response head: tune.bufsize - tune.maxrewrite */
  readonly headBytes: number;
  /** most header fields: tune.http.maxhdr */
  readonly maxhdr: number;
}

export interface ProcessContext extends ProcessView {
  readonly clock: Clock;
  /** counts connections that speak TLS */
  readonly tlsMeter?: TlsMeter;
  readonly wheel: TimerWheel;
  readonly transport: Transport;
  readonly openDatagram: OpenDatagram;
  readonly buffers: BufferSource;
  /** moves data inside the kernel; undefined: the transport cannot, or it is not wanted */
  readonly pipes: Pipes | undefined;
  readonly counters: ProcessCounters;
  readonly limits: Limits;
  /** free ones; never more than requests were served at one time */
  readonly messages: Message[];
  /** messages of peers that were no HTTP */
  readonly captures: Captures;
  /** threads of the process */
  readonly threads: number;
  /** what all threads count together: client connections, connections to servers */
  readonly shared: ProcessShared;
  /** descriptors that the process may have */
  readonly descriptorLimit: number;
  stopping: boolean;
  nextStreamId(): number;
  /** Reports an internal error (a bug of ours) without ending anything. */
  internalError(where: string, error: unknown): void;
}
