/** Which transport a thread uses. */
import type { Clock } from "./clock.ts";
import type { Transport } from "./conn.ts";
import { denoTransport } from "./deno_transport.ts";
import { poller } from "./epoll/poller.ts";
import { epollTransport } from "./epoll/transport.ts";
import type { TimerWheel } from "./timers.ts";

export const TRANSPORTS = ["epoll", "deno"] as const;
export type TransportName = typeof TRANSPORTS[number];

/** epoll where Linux and FFI to libc allow it and `deno` is not wanted; else Deno's own calls. */
export function bestTransport(
  wanted: TransportName | undefined,
  clock: Clock,
  wheel: TimerWheel,
): Transport {
  const epoll = wanted === "deno" ? undefined : epollTransport(clock, wheel);
  return epoll ?? denoTransport(clock, wheel);
}

/** The transports that this machine has, in words, the one that is used by itself first. */
export function transportsHere(): string[] {
  const deno = "deno (Deno.listen, Deno.connect)";
  if (poller() === undefined) return [`${deno}; no epoll: it needs Linux and FFI to libc`];
  return ["epoll (libc)", `${deno}: --transport deno`];
}
