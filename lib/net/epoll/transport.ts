import type { Clock } from "../clock.ts";
import type { Transport } from "../conn.ts";
import { Attempt } from "../deno_connect.ts";
import { denoTransport } from "../deno_transport.ts";
import { TimerWheel } from "../timers.ts";
import { connectEpoll, isNumeric } from "./connect.ts";
import { listenEpoll } from "./listen.ts";
import { poller } from "./poller.ts";

/**
 * The transport over libc's sockets and epoll, on Linux where FFI is permitted; undefined elsewhere. Names, which
 * libc can only look up by blocking, are connected to by the other transport. `own`: not this thread's poller.
 */
export function epollTransport(
  clock: Clock,
  wheel = new TimerWheel(clock),
  own = poller(),
): Transport | undefined {
  if (own === undefined) return undefined;
  const deno = denoTransport(clock, wheel);
  return {
    name: "epoll",
    listen: (place, options) => listenEpoll(own, clock, place, options),
    connect(target, options) {
      if (!isNumeric(target)) return deno.connect(target, options);
      const attempt = new Attempt();
      connectEpoll(own, attempt, target, options, wheel);
      return attempt;
    },
  };
}
