/** Opening what a Generation listens on for streams: each place once, a place that stays keeps its socket. */
import { processesOf, threadsOf } from "../config/validate_processes.ts";
import type { ListenFailure, Transport } from "../net/conn.ts";
import type { Frontend } from "../proxy/frontend.ts";
import { Listening } from "../proxy/listening.ts";
import type { Generation } from "./generation.ts";
import { describePlace, type Listen, listensOf } from "./places.ts";

/** Who listens: the process among those of `nbproc` (from 1), the thread among those of `nbthread` (from 0). */
export interface ListenerOwner {
  readonly number: number;
  readonly thread: number;
  readonly transport: Transport;
}

export interface OpenedListeners {
  /** by place: those that were kept, and those that are new */
  readonly listenings: Map<string, Listening>;
  /** those that are not served yet */
  readonly fresh: readonly Listening[];
  /** sentences about those that could not be opened */
  readonly messages: readonly string[];
}

/** Opens what `generation` needs in this thread and `kept` has not; the caller closes `fresh` after a failure. */
export function openListeners(
  generation: Generation,
  kept: ReadonlyMap<string, Listening>,
  owner: ListenerOwner,
): OpenedListeners {
  const listenings = new Map<string, Listening>();
  const fresh: Listening[] = [];
  const messages: string[] = [];
  for (const { listen, frontend } of listensIn(generation, owner)) {
    const old = kept.get(listen.key);
    if (old !== undefined && !old.closed) {
      listenings.set(listen.key, old);
      continue;
    }
    const listener = owner.transport.listen(listen.place, listen.options);
    if ("failed" in listener) {
      messages.push(cannotBind(frontend, listen, listener));
      continue;
    }
    const listening = new Listening(listener, listen.key, listen.bind, frontend);
    listening.tls = generation.tls.listenerOf(listen.bind);
    listening.number = listen.number;
    listening.counters = frontend.sockets?.get(listen.number)?.counters;
    fresh.push(listening);
    listenings.set(listen.key, listening);
  }
  return { listenings, fresh, messages };
}

/** Puts `next` behind its listeners. */
export function handOver(
  listenings: ReadonlyMap<string, Listening>,
  next: Generation,
  owner: ListenerOwner,
): void {
  for (const { listen, frontend } of listensIn(next, owner)) {
    const listening = listenings.get(listen.key)!;
    listening.frontend = frontend;
    if (listening.held) frontend.status = "PAUSED";
    listening.bind = listen.bind;
    listening.tls = next.tls.listenerOf(listen.bind);
    listening.number = listen.number;
    listening.counters = frontend.sockets?.get(listen.number)?.counters;
  }
}

/** Where this thread of this process listens: only TCP ports can be shared. */
export function* listensIn(
  { config, frontends, logForwards }: Generation,
  { number, thread }: ListenerOwner,
): Iterable<{ readonly listen: Listen; readonly frontend: Frontend }> {
  for (const frontend of [...frontends, ...logForwards]) {
    if (frontend.config.disabled || frontend.mode === "udp") continue;
    for (const listen of listensOf(frontend.config, config.global.maxconn)) {
      const { bind, place } = listen;
      if (!processesOf(bind, frontend.config, config.global).includes(number)) continue;
      const threads = threadsOf(bind, place.type === "tcp", config.global);
      if (threads.includes(thread + 1)) yield { listen, frontend };
    }
  }
}

function cannotBind(frontend: Frontend, listen: Listen, failure: ListenFailure): string {
  const kind = frontend.mode === "syslog" ? "log-forward" : frontend.config.kind;
  return `Starting ${kind} ${frontend.name}: cannot bind socket ` +
    `(${failure.message}) for [${describePlace(listen.place)}]`;
}
