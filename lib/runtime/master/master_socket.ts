/** The master socket (`-S`): opened once, before the process gives up its rights, and open until it ends. */
import type { StatsSocketConfig } from "../../config/model.ts";
import { bestTransport } from "../../net/best_transport.ts";
import { systemClock } from "../../net/clock.ts";
import type { Conn, Listener } from "../../net/conn.ts";
import { TimerWheel } from "../../net/timers.ts";
import { CliConnection } from "../socket/connection.ts";
import { socketPlace } from "../socket/socket_place.ts";
import { MasterDialect } from "./dialect.ts";
import type { MasterHost } from "./worker.ts";

/** Connections at the same time; more wait in the kernel. */
const MOST = 10;
/** ms without a command */
const TIMEOUT = 60_000;
/** bytes of a line and its payload */
const LIMIT = 1 << 20;

export class MasterSocket {
  readonly #listener: Listener;
  readonly #connections = new Set<CliConnection>();
  readonly #waiting: Conn[] = [];
  #serveNow: (conn: Conn) => void = (conn) => conn.close();

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Opens it; a sentence says why that cannot be. Nobody is answered before `serve`. */
  static open(config: StatsSocketConfig): MasterSocket | string {
    const wanted = socketPlace(config);
    const failed = (reason: string) =>
      `cannot bind the master socket (${reason}) [${config.address}]`;
    if (typeof wanted === "string") return failed(wanted);
    const transport = bestTransport(undefined, systemClock, wheel());
    const listener = transport.listen(wanted.place, wanted.options);
    return "failed" in listener ? failed(listener.message) : new MasterSocket(listener);
  }

  /** Answers from now on, with the rights of `level`. */
  serve(
    host: MasterHost,
    level: StatsSocketConfig["level"],
    report: (message: string) => void,
  ): void {
    const timers = wheel();
    this.#serveNow = (conn) => {
      const connection = new CliConnection(conn, {
        dialect: new MasterDialect(host, systemClock.wall),
        wheel: timers,
        internalError: (where, error) => report(`internal error in ${where}: ${error}`),
        level,
        timeout: TIMEOUT,
        limit: LIMIT,
      });
      this.#connections.add(connection);
      connection.run().then(() => this.#ended(connection));
    };
    this.#listener.start(
      (conn) => this.#accept(conn),
      (reason) => report(`accepting on the master socket failed: ${reason}`),
    );
  }

  /** Closes it with its connections. */
  close(): void {
    this.#listener.close();
    for (const conn of this.#waiting.splice(0)) conn.close();
    for (const connection of this.#connections) connection.close();
  }

  #accept(conn: Conn): void {
    if (this.#connections.size >= MOST) this.#waiting.push(conn);
    else this.#serveNow(conn);
    if (this.#connections.size >= MOST) this.#listener.pause();
  }

  #ended(connection: CliConnection): void {
    this.#connections.delete(connection);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#serveNow(next);
    else this.#listener.resume();
  }
}

const wheel = () => new TimerWheel(systemClock);
