import { parseIp, unixAddress } from "./address.ts";
import type { Clock } from "./clock.ts";
import type {
  ConnectOptions,
  Listener,
  ListenFailure,
  ListenOptions,
  Place,
  Target,
  Transport,
} from "./conn.ts";
import { Attempt, connectDeno, connectFrom } from "./deno_connect.ts";
import { addressOf } from "./deno_conn.ts";
import { DenoListener } from "./deno_listener.ts";
import { connectEpoll } from "./epoll/connect.ts";
import { listenEpoll } from "./epoll/listen.ts";
import { poller } from "./epoll/poller.ts";
import { listenFailureOf } from "./listen_failure.ts";
import { listenWithOptions, wantsSocketOptions } from "./listener_options.ts";
import { listenFd } from "./node_listener.ts";
import { TimerWheel } from "./timers.ts";
import { kernelPath, mayReplace, putInPlace, removeOwn, temporaryPath } from "./unix_socket.ts";

/**
 * The transport over Deno.listen and Deno.connect: it works wherever Deno does and is the reference for
 * others. TCP sockets are bound with SO_REUSEPORT, so that a new process can bind beside the old one, and
 * have TCP_NODELAY. What it cannot do: `v6only` on `::`, a backlog for Unix sockets (it is 1024), and a
 * reset on `abort`.
 */
export function denoTransport(clock: Clock, wheel = new TimerWheel(clock)): Transport {
  return {
    name: "deno",
    listen(place, options) {
      try {
        if (place.type === "fd") return listenFd(place.fd, options);
        if (options.namespace !== undefined) return listenLibc(place, options, clock);
        if (place.type === "unix") return listenUnix(place.path, options, clock);
        if (options.transparent === true || options.noLinger === true) {
          return listenLibc(place, options, clock);
        }
        return listenTcp(place, options, clock);
      } catch (error) {
        return listenFailureOf(error);
      }
    },
    connect(target, options) {
      const attempt = new Attempt();
      if (
        options.socket?.namespace !== undefined || (target.type === "tcp" && needsLibc(options))
      ) {
        connectLibc(attempt, target, options, wheel);
      } else if (options.source !== undefined && target.type === "tcp") {
        connectFrom(attempt, target, options.source, options, wheel);
      } else {
        connectDeno(attempt, target, options, wheel);
      }
      return attempt;
    },
  };
}

/** Whether a connection can only be made by libc. */
function needsLibc({ source, socket }: ConnectOptions): boolean {
  return source?.transparent === true ||
    (socket !== undefined && Object.values(socket).some((each) => each !== undefined));
}

const NEEDS_LIBC = "it needs libc by FFI, which is not permitted or not there";

/** A socket of libc's: as a connection it is like any other. */
function connectLibc(
  attempt: Attempt,
  target: Target,
  options: ConnectOptions,
  wheel: TimerWheel,
): void {
  const loop = poller();
  if (loop === undefined) attempt.finish({ failed: "resource", message: NEEDS_LIBC });
  else connectEpoll(loop, attempt, target, options, wheel);
}

/** What must be told to a socket before it is bound, or holds for its connections when they are closed. */
function listenLibc(
  place: Place,
  options: ListenOptions,
  clock: Clock,
): Listener | ListenFailure {
  const loop = poller();
  return loop === undefined
    ? { failed: "other", message: `transparent, namespace, option nolinger: ${NEEDS_LIBC}` }
    : listenEpoll(loop, clock, place, options);
}

function listenTcp(
  place: Place & { type: "tcp" },
  options: ListenOptions,
  clock: Clock,
): Listener | ListenFailure {
  const hostname = place.host === "" || place.host === "*" ? "0.0.0.0" : place.host;
  if (options.v6only === true && parseIp(hostname)?.every((byte) => byte === 0)) {
    const message = "v6only: this transport cannot keep IPv4 away from ::, it always takes both";
    return { failed: "other", message };
  }
  const open = () =>
    Deno.listen({ hostname, port: place.port, reusePort: true, tcpBacklog: options.backlog });
  const inner = wantsSocketOptions(options) ? listenWithOptions(open, options) : open();
  if (typeof inner === "string") return { failed: "other", message: inner };
  const hooks = { keepAlive: options.keepAlive === true };
  return new DenoListener(inner, addressOf(inner.addr), clock, hooks);
}

function listenUnix(
  path: string,
  options: ListenOptions,
  clock: Clock,
): Listener | ListenFailure {
  const abstract = path.startsWith("@");
  const bound = kernelPath(abstract ? path : temporaryPath(path));
  if (bound === undefined) {
    return { failed: "other", message: `${path}: longer than a socket's path can be` };
  }
  const local = unixAddress(path);
  const hooks = { keepAlive: false, local };
  if (abstract) {
    return new DenoListener(Deno.listen({ transport: "unix", path: bound }), local, clock, hooks);
  }
  if (!mayReplace(path)) {
    return { failed: "addrinuse", message: `${path}: there is a file that is not a socket` };
  }
  const inner = Deno.listen({ transport: "unix", path: bound });
  try {
    const identity = putInPlace(bound, path, options);
    const onClose = () => removeOwn(path, identity);
    return new DenoListener(inner, local, clock, { ...hooks, onClose });
  } catch (error) {
    inner.close();
    return listenFailureOf(error);
  }
}
