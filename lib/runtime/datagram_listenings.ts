/** The UDP sockets that a process listens at: those of its frontends of `mode udp`. Only the first thread has any. */
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
    for (const { listen, frontend } of this.#listens(generation)) {
      const old = this.#open.get(listen.key);
      const opened = old ?? this.#listen(listen, frontend);
      if (typeof opened === "string") messages.push(opened);
      else {
        all.set(listen.key, opened);
        if (old === undefined) fresh.push(opened);
      }
    }
    if (messages.length > 0) this.discard({ all, fresh });
    return { all, fresh };
  }

  #listen(listen: Listen, frontend: Frontend): DatagramListening | string {
    const { place } = listen;
    const failed = (message: string) =>
      `Starting ${frontend.config.kind} ${frontend.name}: cannot bind socket (${message}) ` +
      `for [udp@${describePlace(place)}]`;
    if (place.type !== "tcp") return failed("a UDP socket has an address and a port");
    const socket = this.#process.openDatagram(place.host, place.port);
    if ("failed" in socket) return failed(socket.message);
    if (frontend.mode === "syslog") {
      return new SyslogListening(socket, listen.key, frontend, this.#process);
    }
    return new UdpListening(socket, listen.key, listen.bind, frontend, this.#process);
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
    { frontends, logForwards }: Generation,
  ): Iterable<{ readonly listen: Listen; readonly frontend: Frontend }> {
    if (this.#process.thread > 0 || this.#process.number > 1) return;
    for (const frontend of frontends) {
      if (frontend.config.disabled || frontend.mode !== "udp") continue;
      for (const listen of listensOf(frontend.config)) yield { listen, frontend };
    }
    for (const frontend of logForwards) {
      const { config } = frontend;
      const binds = config.datagramBinds ?? [];
      for (const listen of listensOf({ ...config, binds })) yield { listen, frontend };
    }
  }
}
