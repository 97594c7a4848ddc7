/**
 * The runtime sockets of the process (manual 3.1 `stats socket`): opened before it gives up its rights, kept over
 * reloads while they stay as they are, closed when it ends.
 *
 * Laws:
 * - `open` changes nothing that runs: what it has opened is taken by `adopt` or given up by `discard`.
 * - At most `MAX_CONNECTIONS` are served at a time on all sockets together; more wait in the kernel's backlog.
 */
import type { GlobalConfig } from "../../config/model.ts";
import { socketProcess } from "../../config/validate_processes.ts";
import type { Conn, Listener } from "../../net/conn.ts";
import type { Answer, CliSession, RuntimeHost, SocketView } from "./command.ts";
import { CliConnection, type Dialect } from "./connection.ts";
import { processDialect } from "./process_dialect.ts";
import type { Level } from "./level.ts";
import { socketPlace } from "./socket_place.ts";

/** HAProxy's default of `stats maxconn`. */
export const MAX_CONNECTIONS = 10;

interface OpenSocket extends SocketView {
  readonly listener: Listener;
  level: Level;
  started: boolean;
}

/** What a configuration's sockets are, opened but not yet taken. */
export interface OpenedSockets {
  readonly global: GlobalConfig;
  readonly sockets: ReadonlyMap<string, { readonly socket: OpenSocket; readonly level: Level }>;
}

export class RuntimeSockets {
  readonly #host: RuntimeHost;
  readonly #dialect: Dialect;
  /** The answer to a command that came another way. */
  readonly execute: (words: readonly string[], session: CliSession, payload?: string) => Answer;
  readonly #report: (message: string) => void;
  #sockets = new Map<string, OpenSocket>();
  #global: GlobalConfig | undefined;
  readonly #connections = new Set<CliConnection>();
  /** accepted beyond the limit, before their listener had stopped */
  readonly #waiting: { readonly conn: Conn; readonly socket: OpenSocket }[] = [];

  constructor(host: RuntimeHost, report: (message: string) => void) {
    this.#host = host;
    const dialect = processDialect(host, () => this.views);
    this.#dialect = dialect;
    this.execute = dialect.execute;
    this.#report = report;
  }

  /** In the order of the configuration. */
  get views(): readonly SocketView[] {
    return [...this.#sockets.values()];
  }

  /** Opens what `global` asks for and is not open; the answer is sentences when something cannot be. */
  open(global: GlobalConfig): OpenedSockets | { readonly messages: readonly string[] } {
    const sockets = new Map<string, { socket: OpenSocket; level: Level }>();
    const messages: string[] = [];
    for (const config of global.statsSockets) {
      if (socketProcess(config, global) !== this.#host.state.number) continue;
      const wanted = socketPlace(config);
      const fail = (reason: string) =>
        messages.push(`Starting stats socket: cannot bind socket (${reason}) [${config.address}]`);
      if (typeof wanted === "string") {
        fail(wanted);
        continue;
      }
      const { level } = config;
      const kept = this.#sockets.get(wanted.key);
      if (kept !== undefined) {
        sockets.set(wanted.key, { socket: kept, level });
        continue;
      }
      if (sockets.has(wanted.key)) continue;
      const listener = this.#host.state.transport.listen(wanted.place, wanted.options);
      if ("failed" in listener) fail(listener.message);
      else {
        const socket: OpenSocket = { name: wanted.name, listener, level, started: false };
        sockets.set(wanted.key, { socket, level });
      }
    }
    const opened = { global, sockets };
    if (messages.length === 0) return opened;
    this.discard(opened);
    return { messages };
  }

  /** Gives up what `open` has opened. */
  discard(opened: OpenedSockets): void {
    for (const { socket } of opened.sockets.values()) if (!socket.started) socket.listener.close();
  }

  /** Serves on these; sockets that are not among them are closed, their connections stay. */
  adopt(opened: OpenedSockets): void {
    const before = this.#sockets;
    this.#global = opened.global;
    this.#sockets = new Map();
    for (const [key, { socket, level }] of opened.sockets) {
      socket.level = level;
      this.#sockets.set(key, socket);
      if (!socket.started) this.#start(socket);
    }
    for (const [key, socket] of before) if (!this.#sockets.has(key)) socket.listener.close();
  }

  /** No new connections. */
  closeListeners(): void {
    for (const { listener } of this.#sockets.values()) listener.close();
    this.#sockets.clear();
    for (const { conn } of this.#waiting.splice(0)) conn.close();
  }

  /** Closes everything. */
  close(): void {
    this.closeListeners();
    for (const connection of this.#connections) connection.close();
  }

  #start(socket: OpenSocket): void {
    socket.started = true;
    socket.listener.start(
      (conn) => this.#accept(conn, socket),
      (reason) => this.#report(`accepting on ${socket.name} failed: ${reason}`),
    );
    if (this.#full) socket.listener.pause();
  }

  get #full(): boolean {
    return this.#connections.size >= (this.#global?.statsMaxconn ?? MAX_CONNECTIONS);
  }

  #accept(conn: Conn, socket: OpenSocket): void {
    if (this.#full) this.#waiting.push({ conn, socket });
    else this.#serve(conn, socket);
    if (this.#full) { for (const { listener } of this.#sockets.values()) listener.pause(); }
  }

  #serve(conn: Conn, socket: OpenSocket): void {
    const { statsTimeout, tune } = this.#global!;
    const connection = new CliConnection(conn, {
      dialect: this.#dialect,
      wheel: this.#host.state.wheel,
      internalError: this.#host.state.internalError,
      level: socket.level,
      timeout: statsTimeout,
      limit: tune.bufsize,
    });
    this.#connections.add(connection);
    connection.run().then(() => this.#end(connection));
  }

  #end(connection: CliConnection): void {
    this.#connections.delete(connection);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#serve(next.conn, next.socket);
    else if (!this.#full) { for (const { listener } of this.#sockets.values()) listener.resume(); }
  }
}
