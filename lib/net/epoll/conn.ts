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

/** What a call's error means for who reads or writes; 0: nothing that is known. */
function statusOf(error: number): number {
  switch (error) {
    case Errno.ECONNRESET:
    case Errno.EPIPE:
    case Errno.ECONNABORTED:
    case Errno.ENOTCONN:
    case Errno.ECONNREFUSED:
      return IoStatus.Reset;
    case Errno.ETIMEDOUT:
    case Errno.EHOSTUNREACH:
    case Errno.ENETUNREACH:
      return IoStatus.TimedOut;
  }
  return 0;
}

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

/**
 * A connected, non-blocking stream socket. It is watched from its first wait on; a read that got less than there was
 * room for has emptied the socket, so the next one waits for its edge without asking.
 */
export class EpollConn implements Conn, Watched {
  readonly #poller: Poller;
  #fd: number;
  #local: Address | undefined;
  #remote: Address | undefined;
  /** IPv4 addresses that nobody has asked for yet; port -1: none is kept */
  #localIp = 0;
  #localPort = -1;
  readonly #remoteIp: number;
  readonly #remotePort: number;
  #watched: boolean;
  /** told of room to write as well */
  #watchesWrite: boolean;
  #readable = false;
  #writable = true;
  /** a short read does not mean that there is no more */
  #distrust: boolean;
  /** what every further read, or write, answers */
  #readFailed = 0;
  #writeFailed = 0;
  #into: Uint8Array | undefined;
  /** gives `#into` when there is something to be had */
  #lender: Lender | undefined;
  /** in place of `#into` */
  #intake: Intake | undefined;
  /** waits in place of a promise; `#into` may be its */
  #reader: Reader | undefined;
  #from: Uint8Array | undefined;
  /** a pipe in place of `into`, or `from`; -1: none */
  #pipeIn = -1;
  #pipeOut = -1;
  #most = 0;
  #answerRead!: (count: number) => void;
  #answerWrite!: (count: number) => void;

  constructor(poller: Poller, fd: number, origin: ConnOrigin) {
    const { local, remote, remoteIp = 0, remotePort = -1, unix, watched } = origin;
    this.#poller = poller;
    this.#fd = fd;
    this.#local = local;
    this.#remote = remote;
    this.#remoteIp = remoteIp;
    this.#remotePort = remotePort;
    this.#distrust = unix;
    this.#watched = watched;
    this.#watchesWrite = watched;
  }

  get local(): Address {
    return this.#local ??= this.#localPort < 0
      ? nameOf(this.#poller.libc.getsockname, this.#fd)
      : unpackIpv4(this.#localIp, this.#localPort);
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
    if (this.#readable) {
      if (this.#poller.mayGoOn()) {
        const n = this.#receive(into);
        if (n !== AGAIN) return n;
      } else this.#poller.putOff(this);
    }
    this.#into = into;
    return this.#awaitRead();
  }

  readLent(lender: Lender): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    if (this.#readFailed < 0) return this.#readFailed;
    if (this.#readable) {
      if (this.#poller.mayGoOn()) return this.read(lender.room());
      this.#poller.putOff(this);
    }
    this.#lender = lender;
    return this.#awaitRead();
  }

  readFor(reader: Reader): number {
    if (this.#fd < 0) return IoStatus.Aborted;
    if (this.#readFailed < 0) return this.#readFailed;
    if (this.#readable) {
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
    if (!this.#watched) this.#watch(READ_EVENTS);
    return LATER;
  }

  readBy(intake: Intake): number | Promise<number>;
  readBy(intake: Intake, reader: Reader): number;
  readBy(intake: Intake, reader?: Reader): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    if (this.#readFailed < 0) return intake.arrived(this.#readFailed);
    if (this.#readable) {
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
      if (!this.#readable) return AGAIN;
      if (!this.#poller.mayGoOn()) {
        this.#poller.putOff(this);
        return AGAIN;
      }
    }
  }

  #awaitRead(): Promise<number> {
    const promise = new Promise(take);
    this.#answerRead = answer;
    if (!this.#watched) this.#watch(READ_EVENTS);
    return promise;
  }

  /** As `read`, into the pipe of this descriptor, which must be empty: up to `most` bytes (splice(2)). */
  readToPipe(pipe: number, most: number): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    this.#pipeIn = pipe;
    this.#most = most;
    const answer = this.read(SPLICED);
    if (typeof answer === "number") this.#pipeIn = -1;
    return answer;
  }

  /** As `write`, from the pipe of this descriptor, which holds `length` bytes. */
  writeFromPipe(pipe: number, length: number): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    this.#pipeOut = pipe;
    const answer = this.write(length === SPLICED.length ? SPLICED : SPLICED.subarray(0, length));
    if (typeof answer === "number") this.#pipeOut = -1;
    return answer;
  }

  write(from: Uint8Array): number | Promise<number> {
    if (this.#fd < 0) return IoStatus.Aborted;
    if (this.#writeFailed < 0) return this.#writeFailed;
    if (this.#writable) {
      const n = this.#send(from);
      if (n !== AGAIN) return n;
    }
    this.#from = from;
    const promise = new Promise(take);
    this.#answerWrite = answer;
    if (!this.#watched) this.#watch(ALL_EVENTS);
    else if (!this.#watchesWrite) {
      this.#watchesWrite = true;
      this.#poller.change(this.#fd, ALL_EVENTS);
    }
    return promise;
  }

  #watch(events: number): void {
    this.#watched = true;
    this.#watchesWrite = events === ALL_EVENTS;
    if (!this.#poller.watch(this.#fd, events, this)) this.fail(IoStatus.Failed);
  }

  #receive(into: Uint8Array): number {
    const { libc } = this.#poller;
    for (let tries = 0;;) {
      const n = this.#pipeIn < 0
        ? libc.recv(this.#fd, into as Uint8Array<ArrayBuffer>, into.length, 0)
        : libc.splice(this.#fd, null, this.#pipeIn, null, this.#most, SPLICE_FLAGS);
      if (n > 0) {
        if (n < into.length && !this.#distrust && this.#pipeIn < 0) this.#readable = false;
        return n;
      }
      // The error of a connection is told once: a write may have got it, and then this is not its end.
      if (n === 0) return this.#writeFailed;
      const error = errno();
      if (error === Errno.EAGAIN) {
        this.#readable = false;
        return AGAIN;
      }
      if (error === Errno.EINTR) continue;
      const status = statusOf(error);
      if (status !== 0 || ++tries === TRIES) return this.#readFailed = status || IoStatus.Failed;
    }
  }

  #send(from: Uint8Array): number {
    const { libc } = this.#poller;
    for (let tries = 0;;) {
      const n = this.#pipeOut < 0
        ? libc.send(this.#fd, from as Uint8Array<ArrayBuffer>, from.length, Os.MSG_NOSIGNAL)
        : libc.splice(this.#pipeOut, null, this.#fd, null, from.length, SPLICE_FLAGS);
      if (n > 0) return n;
      const error = n === 0 ? Errno.EAGAIN : errno();
      if (error === Errno.EAGAIN) {
        this.#writable = false;
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
    if ((events & (ENDED | Os.EPOLLPRI)) !== 0) this.#distrust = true;
    if ((events & ~Os.EPOLLOUT) !== 0) this.#readable = true;
    if ((events & (Os.EPOLLOUT | Os.EPOLLHUP | Os.EPOLLERR)) !== 0) this.#writable = true;
    if (this.#lender !== undefined && this.#readable) {
      this.#into = this.#lender.room();
      this.#lender = undefined;
    }
    if (this.#intake !== undefined) {
      if (this.#readable) {
        const n = this.#receiveBy(this.#intake);
        if (n !== AGAIN) {
          this.#intake = undefined;
          this.#tellReader(n);
        }
      }
    } else if (this.#reader !== undefined && this.#readable) this.#into ??= this.#reader.room();
    const into = this.#into;
    if (into !== undefined && this.#readable) {
      const n = this.#receive(into);
      if (n !== AGAIN) {
        this.#into = undefined;
        this.#pipeIn = -1;
        this.#tellReader(n);
      }
    }
    const from = this.#from;
    if (from !== undefined && this.#writable) {
      const n = this.#send(from);
      if (n !== AGAIN) {
        this.#from = undefined;
        this.#pipeOut = -1;
        this.#answerWrite(n);
      }
    }
  }

  /** Nothing is to be had from it any more. */
  fail(status: number): void {
    this.#readFailed = this.#writeFailed = status;
    this.#settle(status);
  }

  #tellReader(count: number): void {
    const reader = this.#reader;
    if (reader === undefined) return this.#answerRead(count);
    this.#reader = undefined;
    this.#poller.answer(reader, count);
  }

  #settle(status: number): void {
    if (
      this.#into !== undefined || this.#lender !== undefined || this.#intake !== undefined ||
      this.#reader !== undefined
    ) {
      this.#into = this.#lender = this.#intake = undefined;
      this.#tellReader(status);
    }
    if (this.#from !== undefined) {
      this.#from = undefined;
      this.#answerWrite(status);
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
      this.#localIp = packIpv4(NAME);
      this.#localPort = portOf(NAME);
    } else this.#local = decodeAddress(NAME, known ? NAME_LENGTH[0] : 0);
  }

  abort(): void {
    if (this.#fd < 0) return;
    this.#poller.libc.setsockopt(this.#fd, Os.SOL_SOCKET, Os.SO_LINGER, RESET, RESET.length);
    this.close();
  }
}
