import {
  type Address,
  type Conn,
  type Intake,
  IoStatus,
  LATER,
  type Lender,
  MORE,
  type Reader,
} from "../conn.ts";
import { Errno, errno, Os } from "../libc.ts";
import { decodeAddress, isIpv4, packIpv4, portOf, unpackIpv4 } from "../sockaddr.ts";
import type { Poller, Watched } from "./poller.ts";
import { statusOf } from "./status.ts";

/** Stands for what lies in a pipe: only its length counts, and nothing is written to it. */
const SPLICED = new Uint8Array(1 << 20);
const SPLICE_FLAGS = Os.SPLICE_F_MOVE | Os.SPLICE_F_NONBLOCK;

/** Nothing to be had or given at this moment. */
const AGAIN = -1000;

/** What a connection to a peer needs to be told of: edges, so that nothing is asked again after each event. */
export const READ_EVENTS = (Os.EPOLLIN | Os.EPOLLRDHUP | Os.EPOLLPRI | Os.EPOLLET) >>> 0;
export const ALL_EVENTS = (READ_EVENTS | Os.EPOLLOUT) >>> 0;
const ENDED = Os.EPOLLHUP | Os.EPOLLERR | Os.EPOLLRDHUP;

const NAME = new Uint8Array(128);
const NAME_LENGTH = new Uint32Array(32);
const NAME_LENGTH_BYTES = new Uint8Array(NAME_LENGTH.buffer);
/** struct linger: on, 0 s */
const RESET = new Uint8Array(128).fill(0).fill(1, 0, 1).subarray(0, 8);

/** The address that `getsockname` or `getpeername` tells. */
export function nameOf(
  ask: (fd: number, name: Uint8Array<ArrayBuffer>, length: Uint8Array<ArrayBuffer>) => number,
  fd: number,
): Address {
  NAME_LENGTH[0] = NAME.length;
  return decodeAddress(NAME, ask(fd, NAME, NAME_LENGTH_BYTES) === 0 ? NAME_LENGTH[0] : 0);
}

const PORTS = 0x1_0000;

/** times that a call is made again whose error is none of those that it has: something else may have written over it */
const TRIES = 3;

/** Whoever waits: one promise at a time is made, so one place for its function is enough. */
let answer: (count: number) => void;
const take = (resolve: (count: number) => void) => void (answer = resolve);

/** What is known of a connection from how it was made. */
export interface ConnOrigin {
  readonly local?: Address;
  readonly remote?: Address;
  /** in place of `remote`: an IPv4 address (`packIpv4`) with its port */
  readonly remoteIp?: number;
  readonly remotePort?: number;
  /** a Unix socket: reads may be short though there is more */
  readonly unix: boolean;
  /** already watched, with ALL_EVENTS */
  readonly watched: boolean;
}

// Facts of a connection, in one number: there are many idle ones.
const WATCHED = 1;
/** told of room to write as well */
const WATCHES_WRITE = 2;
const READABLE = 4;
const WRITABLE = 8;
/** a short read does not mean that there is no more */
const DISTRUSTED = 16;

/** Pipes that a read fills, or a write empties; -1: none. */
interface PipeEnds {
  in: number;
  out: number;
  /** bytes that the read takes at most */
  most: number;
}

/**
 * A connected, non-blocking stream socket. It is watched from its first wait on; a read that got less than there was
 * room for has emptied the socket, so the next one waits for its edge without asking.
 */
export class EpollConn implements Conn, Watched {
  readonly #poller: Poller;
  #fd: number;
  /** a number: of an IPv4 address that nobody has asked for yet and its port */
  #local: Address | number | undefined;
  #remote: Address | undefined;
  /** an IPv4 address that nobody has asked for yet; port -1: none is kept */
  readonly #remoteIp: number;
  readonly #remotePort: number;
  /** WATCHED, … */
  #state: number;
  /** what every further read, or write, answers */
  #readFailed = 0;
  #writeFailed = 0;
  #into: Uint8Array | undefined;
  /** in place of `#into` */
  #intake: Intake | undefined;
  /** is told in place of `#answerRead`; where there is no intake, gives `#into` when there is something to be had */
  #reader: Reader | undefined;
  #from: Uint8Array | undefined;
  /** in place of `into`, or `from` */
  #pipes: PipeEnds | undefined = undefined;
  #answerRead: ((count: number) => void) | undefined = undefined;
  #answerWrite: ((count: number) => void) | undefined = undefined;

  constructor(poller: Poller, fd: number, origin: ConnOrigin) {
    const { local, remote, remoteIp = 0, remotePort = -1, unix, watched } = origin;
    this.#poller = poller;
    this.#fd = fd;
    this.#local = local;
    this.#remote = remote;
    this.#remoteIp = remoteIp;
    this.#remotePort = remotePort;
    this.#state = WRITABLE | (unix ? DISTRUSTED : 0) | (watched ? WATCHED | WATCHES_WRITE : 0);
  }

  get local(): Address {
    const local = this.#local ?? nameOf(this.#poller.libc.getsockname, this.#fd);
    return this.#local = typeof local === "number"
      ? unpackIpv4(local / PORTS | 0, local % PORTS)
      : local;
  }

  get remote(): Address {
    return this.#remote ??= this.#remotePort < 0
      ? nameOf(this.#poller.libc.getpeername, this.#fd)
      : unpackIpv4(this.#remoteIp, this.#remotePort);
  }

  get descriptor(): number | undefined {
    return this.#fd < 0 ? undefined : this.#fd;
  }

  read(into: Uint8Array): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    if (this.#readFailed < 0) return this.#readFailed;
    if ((this.#state & READABLE) !== 0) {
      if (this.#poller.mayGoOn()) {
        const n = this.#receive(into);
        if (n !== AGAIN) return n;
      } else this.#poller.putOff(this);
    }
    this.#into = into;
    return this.#awaitRead();
  }

  readLent(lender: Lender): number | Promise<number> {
    const promise = new Promise(take);
    const r = this.readFor({ room: () => lender.room(), answered: answer });
    return r === LATER ? promise : r;
  }

  readFor(reader: Reader): number {
    if (this.#fd < 0) return IoStatus.Aborted;
    if (this.#readFailed < 0) return this.#readFailed;
    if ((this.#state & READABLE) !== 0) {
      if (this.#poller.mayGoOn()) {
        const into = reader.room();
        const n = this.#receive(into);
        if (n !== AGAIN) return n;
        this.#into = into;
      } else this.#poller.putOff(this);
    }
    return this.#readLater(reader);
  }

  #readLater(reader: Reader): number {
    this.#reader = reader;
    if ((this.#state & WATCHED) === 0) this.#watch(READ_EVENTS);
    return LATER;
  }

  readBy(intake: Intake): number | Promise<number>;
  readBy(intake: Intake, reader: Reader): number;
  readBy(intake: Intake, reader?: Reader): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    if (this.#readFailed < 0) return intake.arrived(this.#readFailed);
    if ((this.#state & READABLE) !== 0) {
      if (this.#poller.mayGoOn()) {
        const n = this.#receiveBy(intake);
        if (n !== AGAIN) return n;
      } else this.#poller.putOff(this);
    }
    this.#intake = intake;
    return reader === undefined ? this.#awaitRead() : this.#readLater(reader);
  }

  /** What comes goes through `intake` until that has something to say; a busy peer is put off to the next round. */
  #receiveBy(intake: Intake): number {
    for (;;) {
      const n = this.#receive(intake.room());
      if (n === AGAIN) return AGAIN;
      const told = intake.arrived(n);
      if (told !== MORE) return told;
      if ((this.#state & READABLE) === 0) return AGAIN;
      if (!this.#poller.mayGoOn()) {
        this.#poller.putOff(this);
        return AGAIN;
      }
    }
  }

  #awaitRead(): Promise<number> {
    const promise = new Promise(take);
    this.#answerRead = answer;
    if ((this.#state & WATCHED) === 0) this.#watch(READ_EVENTS);
    return promise;
  }

  /** As `read`, into the pipe of this descriptor, which must be empty: up to `most` bytes (splice(2)). */
  readToPipe(pipe: number, most: number): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    const pipes = this.#pipes ??= { in: -1, out: -1, most: 0 };
    pipes.in = pipe;
    pipes.most = most;
    const answer = this.read(SPLICED);
    if (typeof answer === "number") pipes.in = -1;
    return answer;
  }

  /** As `write`, from the pipe of this descriptor, which holds `length` bytes. */
  writeFromPipe(pipe: number, length: number): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    const pipes = this.#pipes ??= { in: -1, out: -1, most: 0 };
    pipes.out = pipe;
    const answer = this.write(length === SPLICED.length ? SPLICED : SPLICED.subarray(0, length));
    if (typeof answer === "number") pipes.out = -1;
    return answer;
  }

  write(from: Uint8Array): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    if (this.#writeFailed < 0) return this.#writeFailed;
    if ((this.#state & WRITABLE) !== 0) {
      const n = this.#send(from);
      if (n !== AGAIN) return n;
    }
    this.#from = from;
    const promise = new Promise(take);
    this.#answerWrite = answer;
    if ((this.#state & WATCHED) === 0) this.#watch(ALL_EVENTS);
    else if ((this.#state & WATCHES_WRITE) === 0) {
      this.#state |= WATCHES_WRITE;
      this.#poller.change(this.#fd, ALL_EVENTS);
    }
    return promise;
  }

  #watch(events: number): void {
    this.#state |= events === ALL_EVENTS ? WATCHED | WATCHES_WRITE : WATCHED;
    if (!this.#poller.watch(this.#fd, events, this)) this.fail(IoStatus.Failed);
  }

  #receive(into: Uint8Array): number {
    const { libc } = this.#poller;
    const pipes = this.#pipes;
    const toPipe = pipes !== undefined && pipes.in >= 0;
    for (let tries = 0;;) {
      const n = !toPipe
        ? libc.recv(this.#fd, into as Uint8Array<ArrayBuffer>, into.length, 0)
        : libc.splice(this.#fd, null, pipes.in, null, pipes.most, SPLICE_FLAGS);
      if (n > 0) {
        if (n < into.length && (this.#state & DISTRUSTED) === 0 && !toPipe) {
          this.#state &= ~READABLE;
        }
        return n;
      }
      // The error of a connection is told once: a write may have got it, and then this is not its end.
      if (n === 0) return this.#writeFailed;
      const error = errno();
      if (error === Errno.EAGAIN) {
        this.#state &= ~READABLE;
        return AGAIN;
      }
      if (error === Errno.EINTR) continue;
      const status = statusOf(error);
      if (status !== 0 || ++tries === TRIES) return this.#readFailed = status || IoStatus.Failed;
    }
  }

  #send(from: Uint8Array): number {
    const { libc } = this.#poller;
    const pipes = this.#pipes;
    for (let tries = 0;;) {
      const n = pipes === undefined || pipes.out < 0
        ? libc.send(this.#fd, from as Uint8Array<ArrayBuffer>, from.length, Os.MSG_NOSIGNAL)
        : libc.splice(pipes.out, null, this.#fd, null, from.length, SPLICE_FLAGS);
      if (n > 0) return n;
      const error = n === 0 ? Errno.EAGAIN : errno();
      if (error === Errno.EAGAIN) {
        this.#state &= ~WRITABLE;
        return AGAIN;
      }
      if (error === Errno.EINTR) continue;
      const status = statusOf(error);
      if (status !== 0 || ++tries === TRIES) return this.#writeFailed = status || IoStatus.Failed;
    }
  }

  /** Used by the poller. */
  ready(events: number): void {
    if (this.#fd < 0) return;
    // Its end makes reads short, and so does urgent data: from now on only EAGAIN says that there is no more.
    if ((events & (ENDED | Os.EPOLLPRI)) !== 0) this.#state |= DISTRUSTED;
    if ((events & ~Os.EPOLLOUT) !== 0) this.#state |= READABLE;
    if ((events & (Os.EPOLLOUT | Os.EPOLLHUP | Os.EPOLLERR)) !== 0) this.#state |= WRITABLE;
    if ((this.#state & READABLE) !== 0) this.#goOnReading();
    const from = this.#from;
    if (from !== undefined && (this.#state & WRITABLE) !== 0) {
      const n = this.#send(from);
      if (n !== AGAIN) {
        this.#from = undefined;
        if (this.#pipes !== undefined) this.#pipes.out = -1;
        this.#answerWrite!(n);
      }
    }
  }

  /** There may be something for a read that waits. */
  #goOnReading(): void {
    const intake = this.#intake;
    if (intake !== undefined) {
      const n = this.#receiveBy(intake);
      if (n === AGAIN) return;
      this.#intake = undefined;
      this.#tellReader(n);
      return;
    }
    const into = this.#into ??= this.#reader?.room();
    if (into === undefined) return;
    const n = this.#receive(into);
    if (n === AGAIN) return;
    this.#into = undefined;
    if (this.#pipes !== undefined) this.#pipes.in = -1;
    this.#tellReader(n);
  }

  /** Nothing is to be had from it any more. */
  fail(status: number): void {
    this.#readFailed = this.#writeFailed = status;
    this.#settle(status);
  }

  #tellReader(count: number): void {
    const reader = this.#reader;
    if (reader === undefined) return this.#answerRead!(count);
    this.#reader = undefined;
    this.#poller.answer(reader, count);
  }

  #settle(status: number): void {
    if (this.#into !== undefined || this.#intake !== undefined || this.#reader !== undefined) {
      this.#into = this.#intake = undefined;
      this.#tellReader(status);
    }
    if (this.#from !== undefined) {
      this.#from = undefined;
      this.#answerWrite!(status);
    }
  }

  closeWrite(): void {
    if (this.#fd >= 0) this.#poller.libc.shutdown(this.#fd, Os.SHUT_WR);
  }

  close(): void {
    const fd = this.#fd;
    if (fd < 0) return;
    // They may be asked for afterwards.
    if (this.#local === undefined) this.#keepLocal(fd);
    if (this.#remotePort < 0) this.#remote ??= nameOf(this.#poller.libc.getpeername, fd);
    this.#fd = -1;
    this.#poller.close(fd);
    this.#settle(IoStatus.Aborted);
  }

  #keepLocal(fd: number): void {
    NAME_LENGTH[0] = NAME.length;
    const known = this.#poller.libc.getsockname(fd, NAME, NAME_LENGTH_BYTES) === 0;
    if (known && isIpv4(NAME, NAME_LENGTH[0])) {
      this.#local = (packIpv4(NAME) >>> 0) * PORTS + portOf(NAME);
    } else this.#local = decodeAddress(NAME, known ? NAME_LENGTH[0] : 0);
  }

  abort(): void {
    if (this.#fd < 0) return;
    this.#poller.libc.setsockopt(this.#fd, Os.SOL_SOCKET, Os.SO_LINGER, RESET, RESET.length);
    this.close();
  }
}
