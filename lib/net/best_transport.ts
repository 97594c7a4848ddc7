/** Which transport a thread uses. */
import type { Clock } from "./clock.ts";
import type { Transport } from "./conn.ts";
import { denoTransport } from "./deno_transport.ts";
import { poller } from "./epoll/poller.ts";
import { epollTransport } from "./epoll/transport.ts";
import type { TimerWheel } from "./timers.ts";

export const TRANSPORTS = ["epoll", "deno"] as const;
export type TransportName = typeof TRANSPORTS[number];

/** The transport that is wanted, by itself Deno's own; `epoll` needs Linux and FFI to libc, and is that one elsewhere. */
export function bestTransport(
  wanted: TransportName | undefined,
  clock: Clock,
  wheel: TimerWheel,
): Transport {
  const epoll = wanted === "epoll" ? epollTransport(clock, wheel) : undefined;
  return epoll ?? denoTransport(clock, wheel);
}

/** The transports that this machine has, in words, the one that is used by itself first. */
export function transportsHere(): string[] {
  const deno = "deno (Deno.listen, Deno.connect)";
  if (poller() === undefined) return [`${deno}; no epoll: it needs Linux and FFI to libc`];
  return [deno, "epoll (libc): --transport epoll"];
}
