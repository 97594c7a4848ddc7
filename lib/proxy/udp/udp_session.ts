/**
 * UdpSession: what one client address and port sends to a frontend of `mode udp`, and what comes back: one stream,
 * one server, one socket towards it.
 *
 * Laws:
 * - A server's answer is taken from its own address only.
 * - The session ends when neither side has sent anything for the longer of `timeout client` and `timeout server`.
 * - A server that goes down is left with the client's next datagram; no datagram waits in a queue.
 */
import { Arriving } from "../../expr/arriving.ts";
import type { Variables } from "../../expr/variables.ts";
import type { Server } from "../../balance/server.ts";
import type { Address } from "../../net/conn.ts";
import { tcpAddress } from "../../net/address.ts";
import { type Datagram, datagramAddress, type Peer } from "../../net/datagram.ts";
import { Timer } from "../../net/timers.ts";
import { PC } from "../../state/traffic.ts";
import { assign } from "../assign.ts";
import { outgoingFor } from "../server_socket.ts";
import type { Backend } from "../backend.ts";
import { endStream } from "../end_stream.ts";
import type { Frontend } from "../frontend.ts";
import type { ProcessContext } from "../process_context.ts";
import { Stream, type StreamOwner } from "../stream.ts";
import { sourceId } from "./quic.ts";
import type { UdpListening } from "./udp_listening.ts";

/** ms, where the configuration says nothing */
const SILENCE = 60_000;
/** connection ids of QUIC that are kept of one session */
const MOST_IDS = 8;

export class UdpSession implements StreamOwner {
  readonly http = false;
  readonly requestCount = 1;
  readonly remote: Address;
  readonly local: Address;
  readonly frontend: Frontend;
  readonly acceptDate: number;
  variables: Variables | undefined = undefined;
  stream!: Stream;
  readonly #listening: UdpListening;
  readonly process: ProcessContext;
  readonly #client: Peer;
  readonly #timer: Timer;
  readonly #ids: string[] = [];
  #silence = SILENCE;
  #backend: Backend | undefined;
  #upstream: Datagram | undefined;
  #server: Deno.NetAddr | undefined;
  #ended = false;

  constructor(listening: UdpListening, process: ProcessContext, client: Peer) {
    this.#listening = listening;
    this.process = process;
    this.#client = client;
    this.remote = tcpAddress(client.hostname, client.port);
    this.local = listening.address;
    this.frontend = listening.frontend;
    this.acceptDate = process.wall();
    this.#timer = new Timer(process.wheel, () => this.end());
  }

  /** of the client */
  get key(): string {
    return this.#client.key;
  }
  get listenerName(): string | undefined {
    return this.#listening.bind.name;
  }
  get listenerId(): number {
    return this.#listening.bind.id ?? 0;
  }

  /** Finds backend and server for the first datagram; false: there is none, and the session has ended. */
  begin(first: Uint8Array, preferred: Server | undefined): boolean {
    const process = this.process;
    const { frontend } = this;
    const now = process.now();
    const stream = new Stream(this, frontend, process, process.nextStreamId(), now);
    this.stream = stream;
    stream.requestStartAt = stream.requestAt = now;
    stream.requestDate = stream.wall = this.acceptDate;
    stream.arriving = new Arriving(process.buffers.full.size);
    stream.arriving.update(first, true);
    const verdict = frontend.content?.run(stream);
    if (verdict !== undefined && !(verdict instanceof Promise) && verdict.type === "reject") {
      frontend.counters.add(PC.dreq, 1);
      stream.fail("P", "R");
      return this.end();
    }
    const backend = frontend.selectBackend(stream);
    if (backend === undefined) {
      stream.fail("S", "C");
      return this.end();
    }
    this.#backend = backend;
    backend.enter(stream);
    backend.chooseServer?.(stream);
    if (preferred !== undefined && backend.servers.includes(preferred)) {
      stream.preferred = preferred;
    }
    const { client, server } = {
      ...backend.config.timeouts,
      ...definedOf(frontend.config.timeouts),
    };
    this.#silence = Math.max(client ?? 0, server ?? 0) || SILENCE;
    if (!this.#choose()) return this.end();
    stream.arriving = undefined;
    return true;
  }

  /** Takes a slot on a server, and opens a socket towards it. */
  #choose(): boolean {
    const { stream } = this;
    const backend = this.#backend!;
    // Whoever would have to wait is not served: a datagram that is late is of no use.
    stream.givenUp = true;
    const server = assign(stream, backend, this.process);
    stream.givenUp = false;
    if (server === undefined || server instanceof Promise) return false;
    const target = server.targetFor(this.local.port);
    if (target.type !== "tcp") return false;
    this.#server = datagramAddress(target.host, target.port);
    const any = target.host.includes(":") ? "::" : "0.0.0.0";
    this.#upstream?.close();
    const { host = any, port = 0, interface: device } = server.config.source ?? {};
    const namespace = outgoingFor(server, stream, target).socket?.namespace;
    const options = { peer: this.#server, interface: device, namespace };
    const opened = this.process.openDatagram(host, port, options);
    if (this.#server === undefined || "failed" in opened) {
      stream.fail("R", "C");
      return false;
    }
    this.#upstream = opened;
    stream.serverLocal = opened.address;
    stream.connectedAt = this.process.now();
    opened.start(
      this.process.buffers.full.size,
      (bytes, from) => this.#fromServer(bytes, from),
      () => backend.counters.add(PC.eresp, 1),
    );
    return true;
  }

  /** A datagram of the client. */
  fromClient(bytes: Uint8Array): Promise<unknown> | undefined {
    const { stream } = this;
    this.#timer.set(this.#silence);
    if (!stream.slot!.running && !this.#leaveServer()) return undefined;
    stream.bytesIn += bytes.length;
    return this.#upstream!.send(bytes, this.#server!);
  }

  /** The server has gone down: another one takes the session. False: there is none, and it has ended. */
  #leaveServer(): boolean {
    const { stream } = this;
    this.#backend!.pool.release(stream.slot!);
    stream.excluded = stream.slot;
    stream.slot = undefined;
    stream.redispatched = true;
    return this.#choose() || this.end();
  }

  #fromServer(bytes: Uint8Array, from: Deno.NetAddr): Promise<unknown> | undefined {
    const server = this.#server!;
    if (this.#ended || from.port !== server.port || from.hostname !== server.hostname) {
      return undefined;
    }
    this.#timer.set(this.#silence);
    this.stream.bytesOut += bytes.length;
    const { ids } = this.#listening;
    if (ids !== undefined && this.#ids.length < MOST_IDS) this.#learn(bytes);
    return this.#listening.send(bytes, this.#client);
  }

  #learn(bytes: Uint8Array): void {
    const id = sourceId(bytes);
    if (id === undefined || this.#ids.includes(id)) return;
    this.#ids.push(id);
    this.#listening.ids!.add(id, this.stream.slot!);
  }

  /** Ends it, is counted and logged. Answers false. */
  end(cause?: "D" | "K"): false {
    if (this.#ended) return false;
    this.#ended = true;
    this.#timer.clear();
    this.#upstream?.close();
    for (const id of this.#ids) this.#listening.ids?.delete(id);
    if (cause !== undefined) this.stream.fail(cause, "D");
    endStream(this.stream, this.process);
    this.#listening.ended(this);
    return false;
  }
}

/** What is set of some settings. */
function definedOf<T extends object>(settings: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
