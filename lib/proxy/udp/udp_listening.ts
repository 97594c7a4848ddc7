/**
 * UdpListening: one socket of a frontend of `mode udp`, and its sessions by client address and port.
 *
 * Laws:
 * - There are at most `maxconn` sessions; one address has at most half of them, so that a flood from one client leaves
 *   room for the others. No session is ended to make room: what is new is dropped and counted (`dreq`).
 * - A reload keeps the socket; sessions end on the Generation that they began with.
 */
import type { BindConfig } from "../../config/model.ts";
import type { Server } from "../../balance/server.ts";
import type { Address } from "../../net/conn.ts";
import type { Datagram, Peer } from "../../net/datagram.ts";
import { PC } from "../../state/traffic.ts";
import type { Frontend } from "../frontend.ts";
import type { ProcessContext } from "../process_context.ts";
import type { DatagramListening } from "./datagram_listening.ts";
import { ConnectionIds } from "./quic.ts";
import { UdpSession } from "./udp_session.ts";

/** sessions, where neither the frontend nor the bind line has a `maxconn` */
const MOST = 10_000;

export class UdpListening implements DatagramListening {
  readonly key: string;
  readonly address: Address;
  readonly sessions = new Map<string, UdpSession>();
  bind: BindConfig;
  frontend: Frontend;
  /** `option udp-quic` */
  ids: ConnectionIds<Server> | undefined;
  readonly #socket: Datagram;
  readonly #process: ProcessContext;
  /** how many threads and processes have a socket for the same place: a client's ports are spread over them */
  readonly #sockets: number;
  /** sessions of each address */
  readonly #shares = new Map<string, number>();
  #most = MOST;
  #mostOfAll = MOST;
  #mostOfOne = MOST;
  #closed = false;

  constructor(
    socket: Datagram,
    key: string,
    bind: BindConfig,
    frontend: Frontend,
    process: ProcessContext,
    sockets = 1,
  ) {
    this.#sockets = sockets;
    this.#socket = socket;
    this.key = key;
    this.address = socket.address;
    this.#process = process;
    this.bind = bind;
    this.frontend = frontend;
    this.adopt(frontend, bind);
  }

  /** New sessions belong to this frontend. */
  adopt(frontend: Frontend, bind: BindConfig): void {
    this.frontend = frontend;
    this.bind = bind;
    this.#most = bind.maxconn ?? MOST;
    this.#mostOfAll = frontend.config.maxconn ?? MOST;
    const least = Math.min(this.#most, this.#mostOfAll);
    this.#mostOfOne = Math.max(1, Math.ceil(least / 2 / this.#sockets));
    if (!frontend.config.options.udpQuic) this.ids = undefined;
    else this.ids ??= new ConnectionIds();
  }

  start(): void {
    this.#socket.start(
      this.#process.buffers.full.size,
      (bytes, from) => this.#receive(bytes, from),
      () => this.frontend.counters.add(PC.ereq, 1),
    );
  }

  #receive(bytes: Uint8Array, from: Peer): Promise<unknown> | undefined {
    let session = this.sessions.get(from.key);
    if (session === undefined) {
      try {
        session = this.#begin(bytes, from);
      } catch (error) {
        this.#process.internalError("udp session", error);
      }
    }
    return session?.fromClient(bytes);
  }

  #begin(bytes: Uint8Array, from: Peer): UdpSession | undefined {
    const process = this.#process;
    const { frontend } = this;
    const share = this.#shares.get(from.hostname) ?? 0;
    if (this.#closed) return undefined;
    if (
      this.sessions.size >= this.#most || frontend.state.current >= this.#mostOfAll ||
      share >= this.#mostOfOne
    ) {
      frontend.counters.add(PC.dreq, 1);
      return undefined;
    }
    const session = new UdpSession(this, process, from);
    const { wall } = process;
    frontend.counters.connection(wall());
    if (frontend.admitConnection?.(session) === false) return undefined;
    if (frontend.admitSession?.(session) === false) return undefined;
    frontend.lifetime.hold();
    process.shared.addConnections(1);
    frontend.counters.session(wall(), frontend.state.enter());
    frontend.state.setLastSession(wall());
    process.counters.session(wall());
    this.sessions.set(from.key, session);
    this.#shares.set(from.hostname, share + 1);
    return session.begin(bytes, this.ids?.find(bytes)) ? session : undefined;
  }

  /** Used by the session. */
  send(bytes: Uint8Array, to: Deno.NetAddr): Promise<unknown> | undefined {
    return this.#socket.send(bytes, to);
  }

  /** Used by the session: it has ended. */
  ended(session: UdpSession): void {
    const { host } = session.remote;
    this.sessions.delete(session.key);
    const share = this.#shares.get(host)! - 1;
    if (share > 0) this.#shares.set(host, share);
    else this.#shares.delete(host);
    this.#process.shared.addConnections(-1);
    session.frontend.state.leave();
    session.frontend.lifetime.letGo();
    this.#process.variableLimits.endSession(session);
  }

  /** Ends the sessions that this server serves (`on-marked-down`). */
  killStreams(backend: string, server: string): void {
    for (const session of [...this.sessions.values()]) {
      const { stream } = session;
      if (stream.slot?.name === server && stream.backend?.name === backend) session.end("D");
    }
  }

  /** Closes the socket and ends every session. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    for (const session of [...this.sessions.values()]) session.end("K");
  }
}
