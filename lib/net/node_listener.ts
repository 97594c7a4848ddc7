import { createServer, type Server, type Socket } from "node:net";
import { tcpAddress, unixAddress } from "./address.ts";
import type { Address, Conn, Listener, ListenFailure, ListenOptions } from "./conn.ts";
import { NodeConn } from "./node_conn.ts";

/** Connections that are held back while the listener is paused; more are closed. */
const BACKLOG = 1024;

function nothing(): void {}

/**
 * Adopts a listening descriptor that the process was started with (`bind fd@N`). Deno.listen cannot, so
 * this goes through node:net, which always accepts: while paused, connections are accepted and held unread.
 */
export function listenFd(fd: number, options: ListenOptions): Listener | ListenFailure {
  let kind: string;
  try {
    kind = Deno.readLinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return { failed: "other", message: `descriptor ${fd} is not open` };
  }
  if (!kind.startsWith("socket:")) {
    return { failed: "other", message: `descriptor ${fd} is not a socket` };
  }
  try {
    return new NodeListener(fd, options);
  } catch (error) {
    return { failed: "other", message: `descriptor ${fd}: ${(error as Error).message}` };
  }
}

class NodeListener implements Listener {
  readonly address: Address;
  readonly #server: Server;
  readonly #limit: number;
  #held: Socket[] = [];
  #onConn: ((conn: Conn) => void) | undefined;
  #onError: (reason: string) => void = nothing;
  #failed = false;
  #paused = false;
  #open = true;

  constructor(fd: number, options: ListenOptions) {
    const keepAlive = options.keepAlive === true;
    this.#limit = options.backlog ?? BACKLOG;
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive, pauseOnConnect: true },
      (socket) => this.#take(socket),
    );
    this.#server.on("error", () => this.#fail());
    this.#server.listen({ fd });
    const bound = this.#server.address();
    this.address = bound === null || typeof bound === "string"
      ? unixAddress(bound ?? `fd@${fd}`)
      : tcpAddress(bound.address, bound.port);
  }

  start(onConn: (conn: Conn) => void, onError?: (reason: string) => void): void {
    this.#onConn = onConn;
    this.#onError = onError ?? nothing;
    if (this.#failed) this.#onError("failed");
    this.#release();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#release();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#server.close(nothing);
    for (const socket of this.#held.splice(0)) socket.destroy();
  }

  #fail(): void {
    this.#failed = true;
    if (this.#open) this.#onError("failed");
  }

  #take(socket: Socket): void {
    // An error of a held socket must not end the process; NodeConn learns of it from `errored`.
    socket.on("error", nothing);
    if (!this.#open || this.#held.length >= this.#limit) {
      socket.destroy();
    } else if (this.#paused || this.#onConn === undefined) {
      this.#held.push(socket);
    } else {
      this.#onConn(new NodeConn(socket));
    }
  }

  #release(): void {
    while (this.#held.length > 0 && !this.#paused && this.#open && this.#onConn !== undefined) {
      this.#onConn(new NodeConn(this.#held.shift() as Socket));
    }
  }
}
