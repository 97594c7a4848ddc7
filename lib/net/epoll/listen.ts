/** Opening listening sockets by libc. */
import { parseIp, unixAddress } from "../address.ts";
import type { Clock } from "../clock.ts";
import type { Listener, ListenFailure, ListenOptions, Place } from "../conn.ts";
import { Errno, errno, errnoText, getInt, Os, setInt } from "../libc.ts";
import { listenFailureOf } from "../listen_failure.ts";
import { allowForeignAddress, applyOptions } from "../listener_options.ts";
import { socketIn } from "../namespace.ts";
import { encodeIp, encodeUnix } from "../sockaddr.ts";
import { mayReplace, putInPlace, removeOwn, temporaryPath } from "../unix_socket.ts";
import { nameOf } from "./conn.ts";
import { EpollListener } from "./listener.ts";
import type { Poller } from "./poller.ts";

const BACKLOG = 1024;
/** ports of the kernel's choice that are tried */
const TRIES = 8;
const SOCKET = Os.SOCK_STREAM | Os.SOCK_NONBLOCK | Os.SOCK_CLOEXEC;

/** Opens `place`. Never throws. */
export function listenEpoll(
  poller: Poller,
  clock: Clock,
  place: Place,
  options: ListenOptions,
): Listener | ListenFailure {
  try {
    if (place.type === "fd") return listenFd(poller, clock, place.fd, options);
    if (place.type === "unix") return listenUnix(poller, clock, place.path, options);
    // A port that the kernel has chosen (0) may be another's by the time that it is listened on.
    for (let tries = place.port === 0 ? TRIES : 1;; tries--) {
      const opened = listenTcp(poller, clock, place, options);
      if (!("failed" in opened) || opened.failed !== "addrinuse" || tries === 1) return opened;
    }
  } catch (error) {
    return listenFailureOf(error);
  }
}

/** The failure of the call that was made just now. */
function failure(what?: string): ListenFailure {
  const error = errno();
  const message = what === undefined ? errnoText(error) : `${what}: ${errnoText(error)}`;
  switch (error) {
    case Errno.EADDRINUSE:
      return { failed: "addrinuse", message };
    case Errno.EADDRNOTAVAIL:
      return { failed: "addrnotavailable", message };
    case Errno.EACCES:
    case Errno.EPERM:
      return { failed: "permission", message };
  }
  return { failed: "other", message };
}

function listenTcp(
  poller: Poller,
  clock: Clock,
  place: Place & { type: "tcp" },
  options: ListenOptions,
): Listener | ListenFailure {
  const host = place.host === "" || place.host === "*" ? "0.0.0.0" : place.host;
  const name = encodeIp(host, place.port);
  if (name === undefined) return { failed: "other", message: `${host}:${place.port}: no address` };
  const { libc } = poller;
  const v6 = host.includes(":");
  const fd = socketIn(libc, options.namespace, v6 ? Os.AF_INET6 : Os.AF_INET, SOCKET, 0);
  if (fd < 0) return failure();
  poller.holds(fd);
  const set = (level: number, option: number, value: number) =>
    setInt(libc, fd, level, option, value);
  // A new process can bind beside the old one; threads share a port.
  set(Os.SOL_SOCKET, Os.SO_REUSEADDR, 1);
  set(Os.SOL_SOCKET, Os.SO_REUSEPORT, 1);
  set(Os.IPPROTO_TCP, Os.TCP_NODELAY, 1);
  if (options.keepAlive === true) set(Os.SOL_SOCKET, Os.SO_KEEPALIVE, 1);
  if (v6) set(Os.IPPROTO_IPV6, Os.IPV6_V6ONLY, options.v6only === true ? 1 : 0);
  if (options.transparent === true && !allowForeignAddress(libc, fd, v6)) {
    const failed = failure("transparent");
    poller.close(fd);
    return failed;
  }
  const problem = applyOptions(libc, fd, options);
  if (problem !== undefined) {
    poller.close(fd);
    return { failed: "other", message: problem };
  }
  if (libc.bind(fd, name, name.length) < 0 || libc.listen(fd, options.backlog ?? BACKLOG) < 0) {
    const failed = failure();
    poller.close(fd);
    return failed;
  }
  const address = nameOf(libc.getsockname, fd);
  const any = parseIp(address.host)?.every((byte) => byte === 0) === true;
  return new EpollListener({ poller, clock, fd, address, local: any ? undefined : address });
}

function listenUnix(
  poller: Poller,
  clock: Clock,
  path: string,
  options: ListenOptions,
): Listener | ListenFailure {
  const abstract = path.startsWith("@");
  const bound = abstract ? path : temporaryPath(path);
  const name = encodeUnix(bound);
  if (name === undefined) {
    return { failed: "other", message: `${path}: longer than a socket's path can be` };
  }
  if (!abstract && !mayReplace(path)) {
    return { failed: "addrinuse", message: `${path}: there is a file that is not a socket` };
  }
  const { libc } = poller;
  const fd = socketIn(libc, options.namespace, Os.AF_UNIX, SOCKET, 0);
  if (fd < 0) return failure();
  poller.holds(fd);
  if (libc.bind(fd, name, name.length) < 0 || libc.listen(fd, options.backlog ?? BACKLOG) < 0) {
    const failed = failure(path);
    poller.close(fd);
    return failed;
  }
  const address = unixAddress(path);
  const parts = { poller, clock, fd, address, local: address };
  if (abstract) return new EpollListener(parts);
  try {
    const identity = putInPlace(bound, path, options);
    return new EpollListener({ ...parts, onClose: () => removeOwn(path, identity) });
  } catch (error) {
    poller.close(fd);
    return listenFailureOf(error);
  }
}

/** Adopts a listening descriptor that the process was started with (`bind fd@N`). */
function listenFd(
  poller: Poller,
  clock: Clock,
  fd: number,
  options: ListenOptions,
): Listener | ListenFailure {
  const { libc } = poller;
  const listening = getInt(libc, fd, Os.SOL_SOCKET, Os.SO_ACCEPTCONN);
  if (listening !== 1) {
    const error = listening === undefined ? errno() : 0;
    const what = error === Errno.EBADF
      ? "is not open"
      : error === Errno.ENOTSOCK
      ? "is not a socket"
      : "is not a listening socket";
    return { failed: "other", message: `descriptor ${fd} ${what}` };
  }
  const flags = libc.fcntl(fd, Os.F_GETFL, 0);
  if (libc.fcntl(fd, Os.F_SETFL, flags | Os.O_NONBLOCK) < 0) return failure(`descriptor ${fd}`);
  libc.fcntl(fd, Os.F_SETFD, Os.FD_CLOEXEC);
  poller.holds(fd);
  const named = nameOf(libc.getsockname, fd);
  const unix = named.family === "unix";
  if (!unix) {
    setInt(libc, fd, Os.IPPROTO_TCP, Os.TCP_NODELAY, 1);
    if (options.keepAlive === true) setInt(libc, fd, Os.SOL_SOCKET, Os.SO_KEEPALIVE, 1);
  }
  const address = unix && named.host === "" ? unixAddress(`fd@${fd}`) : named;
  return new EpollListener({ poller, clock, fd, address, local: unix ? address : undefined });
}
