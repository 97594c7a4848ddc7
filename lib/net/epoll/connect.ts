/** Connecting by libc. */
import {
  type ConnectFailure,
  type ConnectOptions,
  type ConnectSocketOptions,
  IoStatus,
  type Target,
} from "../conn.ts";
import type { Attempt } from "../deno_connect.ts";
import {
  bindToDevice,
  Errno,
  errno,
  errnoText,
  getInt,
  type Libc,
  Os,
  resetOnClose,
  setInt,
} from "../libc.ts";
import { allowForeignAddress, setKeepAlive } from "../listener_options.ts";
import { ConnError } from "../connection_errors.ts";
import { markSocket } from "../live_socket.ts";
import { socketIn } from "../namespace.ts";
import { type Destination, destinationOf, encodeIp } from "../sockaddr.ts";
import type { TimerWheel } from "../timers.ts";
import { ALL_EVENTS, EpollConn } from "./conn.ts";
import type { Poller, Watched } from "./poller.ts";

const SOCKET = Os.SOCK_STREAM | Os.SOCK_NONBLOCK | Os.SOCK_CLOEXEC;

function failureOf(error: number): ConnectFailure {
  const message = errnoText(error);
  switch (error) {
    case Errno.ECONNREFUSED:
    case Errno.ECONNRESET:
    case Errno.ENOENT:
      return { failed: "refused", message };
    case Errno.ETIMEDOUT:
      return { failed: "timeout", message };
    case Errno.ENETUNREACH:
    case Errno.EHOSTUNREACH:
    case Errno.EHOSTDOWN:
    case Errno.ENETDOWN:
      return { failed: "unreachable", message };
    case Errno.EMFILE:
    case Errno.ENFILE:
    case Errno.EAGAIN:
    case Errno.EADDRINUSE:
    case Errno.EADDRNOTAVAIL:
    case Errno.ENOBUFS:
    case Errno.ENOMEM:
      return { failed: "resource", message };
  }
  return { failed: "other", message };
}

/** A connection that is being made. */
class Coming implements Watched {
  readonly #poller: Poller;
  readonly #fd: number;
  readonly #attempt: Attempt;
  readonly #remote: Destination["remote"];
  readonly #unix: boolean;
  #open = true;

  constructor(
    poller: Poller,
    fd: number,
    attempt: Attempt,
    remote: Destination["remote"],
    unix: boolean,
  ) {
    this.#poller = poller;
    this.#fd = fd;
    this.#attempt = attempt;
    this.#remote = remote;
    this.#unix = unix;
  }

  /** Used by the poller. */
  ready(events: number): void {
    if (!this.#open) return;
    let reset = false;
    if ((events & (Os.EPOLLERR | Os.EPOLLHUP)) !== 0) {
      const error = getInt(this.#poller.libc, this.#fd, Os.SOL_SOCKET, Os.SO_ERROR) ?? errno();
      // It was there, and is gone already: whoever reads hears of it.
      reset = error === Errno.ECONNRESET || error === Errno.EPIPE;
      if (error !== 0 && !reset) {
        this.drop();
        return this.#attempt.finish(failureOf(error));
      }
    } else if ((events & Os.EPOLLOUT) === 0) return;
    this.#open = false;
    const origin = { remote: this.#remote, unix: this.#unix, watched: true };
    const conn = new EpollConn(this.#poller, this.#fd, origin);
    this.#poller.handOver(this.#fd, conn);
    // What came with the connection's own event is not told again.
    if (reset) conn.fail(IoStatus.Reset);
    else conn.ready(events);
    this.#attempt.made(conn);
  }

  drop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#poller.close(this.#fd);
  }
}

/** Connects to an IP address or a Unix socket; the answer comes through `attempt`. */
export function connectEpoll(
  poller: Poller,
  attempt: Attempt,
  target: Target,
  options: ConnectOptions,
  wheel: TimerWheel,
): void {
  const { libc } = poller;
  const destination = destinationOf(target);
  if (destination === undefined) {
    const message = target.type === "unix"
      ? `${target.path}: longer than a socket's path can be`
      : `${target.host}:${target.port}: no address`;
    return attempt.finish({ failed: "other", message });
  }
  const { name, remote } = destination;
  const unix = target.type === "unix";
  const fd = socketIn(libc, options.socket?.namespace, name[0], SOCKET, 0);
  if (fd < 0) return attempt.finish(failureOf(errno()));
  poller.holds(fd);
  const problem = unix ? undefined : prepare(poller, fd, options, name[0] === Os.AF_INET6);
  if (problem !== undefined) {
    poller.close(fd);
    return attempt.finish(problem);
  }
  const connected = libc.connect(fd, name, name.length);
  const error = connected === 0 ? 0 : errno();
  if (error === 0) {
    return attempt.made(new EpollConn(poller, fd, { remote, unix, watched: false }));
  }
  if (error !== Errno.EINPROGRESS && error !== Errno.EINTR) {
    poller.close(fd);
    return attempt.finish(failureOf(error));
  }
  const coming = new Coming(poller, fd, attempt, remote, unix);
  if (!poller.watch(fd, ALL_EVENTS, coming)) {
    const failed = failureOf(errno());
    coming.drop();
    return attempt.finish(failed);
  }
  attempt.begin(wheel, options.timeout, coming);
}

function prepare(
  poller: Poller,
  fd: number,
  { keepAlive, source, socket, marks }: ConnectOptions,
  v6: boolean,
): ConnectFailure | undefined {
  const { libc } = poller;
  setInt(libc, fd, Os.IPPROTO_TCP, Os.TCP_NODELAY, 1);
  if (keepAlive === true) setInt(libc, fd, Os.SOL_SOCKET, Os.SO_KEEPALIVE, 1);
  const problem = socket && applySocketOptions(libc, fd, socket);
  if (problem !== undefined) return { failed: "resource", message: problem };
  if (marks !== undefined) markSocket({ descriptor: fd }, marks);
  if (source === undefined) return undefined;
  if (source.transparent === true) {
    if (!allowForeignAddress(libc, fd, v6)) {
      return { failed: "resource", message: `usesrc: ${errnoText(errno())}` };
    }
  }
  const name = encodeIp(source.host, source.port ?? 0);
  if (name === undefined) {
    return { failed: "resource", message: `${source.host}: not an IP address` };
  }
  // The port is chosen when it connects, and may be one that is in use to another peer.
  if (source.port === undefined || source.port === 0) {
    setInt(libc, fd, Os.IPPROTO_IP, Os.IP_BIND_ADDRESS_NO_PORT, 1);
  } else setInt(libc, fd, Os.SOL_SOCKET, Os.SO_REUSEADDR, 1);
  if (libc.bind(fd, name, name.length) === 0) return undefined;
  const message = `${source.host}: ${errnoText(errno())}`;
  return { failed: "resource", message, error: { code: ConnError.CANT_BIND } };
}

/** A sentence says which of them the system does not take. */
function applySocketOptions(
  libc: Libc,
  fd: number,
  options: ConnectSocketOptions,
): string | undefined {
  const { interface: device, fastOpen, noLinger } = options;
  if (device !== undefined && !bindToDevice(libc, fd, device)) {
    return `interface ${device}: ${errnoText(errno())}`;
  }
  // A hint: without it the handshake comes first.
  if (fastOpen === true) setInt(libc, fd, Os.IPPROTO_TCP, Os.TCP_FASTOPEN_CONNECT, 1);
  if (noLinger === true) resetOnClose(libc, fd);
  return setKeepAlive(libc, fd, options);
}

/** Whether a target can be reached without asking for a name. */
export function isNumeric(target: Target): boolean {
  return target.type === "unix" || destinationOf(target) !== undefined;
}
