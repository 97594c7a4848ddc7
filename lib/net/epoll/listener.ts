import type { Clock } from "../clock.ts";
import type { Address, Conn, Listener } from "../conn.ts";
import { Errno, errno, Os } from "../libc.ts";
import { decodeAddress, isIpv4, packIpv4, portOf } from "../sockaddr.ts";
import { EpollConn } from "./conn.ts";
import type { Poller, Watched } from "./poller.ts";

/** ms that accepting rests after it failed: without descriptors the next try fails as well */
const REST = 100;
/** connections that are accepted in one go */
const BATCH = 64;

const NAME = new Uint8Array(128);
const LENGTH = new Uint32Array(32);
const LENGTH_BYTES = new Uint8Array(LENGTH.buffer);

function nothing(): void {}

export interface ListenerParts {
  readonly poller: Poller;
  readonly clock: Clock;
  readonly fd: number;
  readonly address: Address;
  /** the address that every accepted connection has on this side; undefined: it is asked for */
  readonly local: Address | undefined;
  readonly onClose?: () => void;
}

/** A listening socket: what it accepts inherits its options (TCP_NODELAY, keep-alive, timeouts). */
export class EpollListener implements Listener, Watched {
  readonly address: Address;
  readonly #parts: ListenerParts;
  #fd: number;
  #onConn: (conn: Conn) => void = nothing;
  #onError: (reason: string) => void = nothing;
  #started = false;
  #paused = false;
  #resting = false;
  #watched = false;
  #cancelRest: () => void = nothing;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    this.#fd = parts.fd;
    this.address = parts.address;
  }

  get descriptor(): number {
    return this.#fd;
  }

  start(onConn: (conn: Conn) => void, onError?: (reason: string) => void): void {
    this.#onConn = onConn;
    this.#onError = onError ?? nothing;
    this.#started = true;
    this.#watch();
  }

  pause(): void {
    this.#paused = true;
    this.#watch();
  }

  resume(): void {
    this.#paused = false;
    this.#watch();
  }

  close(): void {
    const fd = this.#fd;
    if (fd < 0) return;
    this.#fd = -1;
    this.#watched = false;
    this.#cancelRest();
    this.#parts.poller.close(fd);
    this.#parts.onClose?.();
  }

  /** Level-triggered, so that connections which wait are told again and again; not at all while nobody wants them. */
  #watch(): void {
    const wanted = this.#started && !this.#paused && !this.#resting && this.#fd >= 0;
    if (wanted === this.#watched) return;
    this.#watched = wanted;
    const { poller } = this.#parts;
    if (!wanted) poller.unwatch(this.#fd);
    else if (!poller.watch(this.#fd, Os.EPOLLIN, this)) this.#rest("failed");
  }

  /** Used by the poller. */
  ready(): void {
    const { poller, local } = this.#parts;
    const { libc } = poller;
    const unix = this.address.family === "unix";
    for (let i = 0; i < BATCH && this.#watched; i++) {
      LENGTH[0] = NAME.length;
      const fd = libc.accept4(this.#fd, NAME, LENGTH_BYTES, Os.SOCK_NONBLOCK | Os.SOCK_CLOEXEC);
      if (fd < 0) {
        switch (errno()) {
          case Errno.EAGAIN:
            return;
          case Errno.EMFILE:
          case Errno.ENFILE:
            return this.#rest("emfile");
          case Errno.EBADF:
          case Errno.EINVAL:
          case Errno.ENOMEM:
          case Errno.ENOBUFS:
          case Errno.ENOTSOCK:
          case Errno.EOPNOTSUPP:
            return this.#rest("failed");
        }
        // It went while it waited, or a signal came: the next one.
        continue;
      }
      poller.holds(fd);
      const v4 = isIpv4(NAME, LENGTH[0]);
      const remote = v4 ? undefined : decodeAddress(NAME, LENGTH[0]);
      const remoteIp = v4 ? packIpv4(NAME) : 0;
      const remotePort = v4 ? portOf(NAME) : -1;
      const origin = { local, remote, remoteIp, remotePort, unix, watched: false };
      const conn = new EpollConn(poller, fd, origin);
      try {
        this.#onConn(conn);
      } catch (error) {
        conn.close();
        throw error;
      }
    }
  }

  #rest(reason: string): void {
    this.#resting = true;
    this.#watch();
    this.#cancelRest = this.#parts.clock.after(REST, () => {
      this.#resting = false;
      this.#watch();
    });
    this.#onError(reason);
  }
}
