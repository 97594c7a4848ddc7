/**
 * The UDP sockets that a process listens at: those of its frontends of `mode udp`, and of `log-forward` sections. Where
 * libc opens them, every thread and process has one of its own for the same place, and the kernel spreads the clients
 * (SO_REUSEPORT); elsewhere only the first thread of the first process has any.
 */
import type { BindConfig } from "../config/model.ts";
import { processesOf, threadsOf } from "../config/validate_processes.ts";
import type { Frontend } from "../proxy/frontend.ts";
import type { DatagramListening } from "../proxy/udp/datagram_listening.ts";
import { SyslogListening } from "../proxy/syslog/syslog_listening.ts";
import { UdpListening } from "../proxy/udp/udp_listening.ts";
import type { Generation } from "./generation.ts";
import { describePlace, type Listen, listensOf } from "./places.ts";
import type { ProcessState } from "./process_state.ts";

/** Sockets for a Generation that is not the running one yet. */
export interface OpenedDatagrams {
  readonly all: ReadonlyMap<string, DatagramListening>;
  readonly fresh: readonly DatagramListening[];
}

export class DatagramListenings {
  readonly #process: ProcessState;
  #open: ReadonlyMap<string, DatagramListening> = new Map();

  constructor(process: ProcessState) {
    this.#process = process;
  }

  /** Opens what `generation` needs and is not open yet; mistakes go to `messages`, then nothing new stays open. */
  prepare(generation: Generation, messages: string[]): OpenedDatagrams {
    const all = new Map<string, DatagramListening>();
    const fresh: DatagramListening[] = [];
    for (const each of this.#listens(generation)) {
      const { listen } = each;
      const old = this.#open.get(listen.key);
      const opened = old ?? this.#listen(each);
      if (typeof opened === "string") messages.push(opened);
      else {
        all.set(listen.key, opened);
        if (old === undefined) fresh.push(opened);
      }
    }
    if (messages.length > 0) this.discard({ all, fresh });
    return { all, fresh };
  }

  #listen({ listen, frontend, sockets }: UdpListen): DatagramListening | string {
    const { place } = listen;
    const kind = frontend.mode === "syslog" ? "log-forward" : frontend.config.kind;
    const failed = (message: string) =>
      `Starting ${kind} ${frontend.name}: cannot bind socket (${message}) ` +
      `for [udp@${describePlace(place)}]`;
    if (place.type !== "tcp") return failed("a UDP socket has an address and a port");
    const socket = this.#process.openDatagram(place.host, place.port, {
      shared: sockets > 1,
      interface: listen.options.interface,
      namespace: listen.options.namespace,
    });
    if ("failed" in socket) return failed(socket.message);
    if (frontend.mode === "syslog") {
      return new SyslogListening(socket, listen.key, frontend, this.#process);
    }
    return new UdpListening(socket, listen.key, listen.bind, frontend, this.#process, sockets);
  }

  discard({ fresh }: OpenedDatagrams): void {
    for (const listening of fresh) listening.close();
  }

  /** These are the sockets of the running Generation now. */
  adopt(opened: OpenedDatagrams, generation: Generation): void {
    for (const [key, listening] of this.#open) if (!opened.all.has(key)) listening.close();
    this.#open = opened.all;
    for (const { listen, frontend } of this.#listens(generation)) {
      this.#open.get(listen.key)!.adopt(frontend, listen.bind);
    }
    for (const listening of opened.fresh) listening.start();
  }

  killStreams(backend: string, server: string): void {
    for (const listening of this.#open.values()) listening.killStreams(backend, server);
  }

  close(): void {
    for (const listening of this.#open.values()) listening.close();
  }

  *#listens(
    { config, frontends, logForwards }: Generation,
  ): Iterable<UdpListen> {
    const { number, thread } = this.#process;
    for (const frontend of [...frontends, ...logForwards]) {
      const binds = datagramBinds(frontend);
      if (frontend.config.disabled || binds.length === 0) continue;
      for (const listen of listensOf({ ...frontend.config, binds })) {
        // Connection ids of QUIC are not shared.
        const shared = this.#process.openDatagram.hasOptions === true &&
          !frontend.config.options.udpQuic;
        const processes = processesOf(listen.bind, frontend.config, config.global);
        const threads = threadsOf(listen.bind, shared, config.global);
        const owners = shared ? processes : processes.slice(0, 1);
        if (!owners.includes(number) || !threads.includes(thread + 1)) continue;
        yield { listen, frontend, sockets: owners.length * threads.length };
      }
    }
  }
}

interface UdpListen {
  readonly listen: Listen;
  readonly frontend: Frontend;
  /** of all threads and processes */
  readonly sockets: number;
}

function datagramBinds({ mode, config }: Frontend): readonly BindConfig[] {
  return mode === "udp" ? config.binds : config.datagramBinds ?? [];
}
