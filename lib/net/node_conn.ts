import type { Socket } from "node:net";
import { tcpAddress, unixAddress } from "./address.ts";
import { type Address, type Conn, IoStatus } from "./conn.ts";
import { ioStatusOf } from "./deno_conn.ts";
import { findDescriptor } from "./live_socket.ts";

/**
 * A node:net socket (opened with `allowHalfOpen`) as Conn: for what Deno.Conn cannot do, which is to come
 * from an adopted descriptor or to be bound to a source address. It costs more than a DenoConn.
 */
export class NodeConn implements Conn {
  readonly local: Address;
  readonly remote: Address;
  readonly #socket: Socket;
  #open = true;
  /** What every further read answers, once the stream has ended. */
  #end = 1;
  #into: Uint8Array | undefined;
  #answer: ((count: number) => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { localAddress, remoteAddress } = socket;
    this.local = localAddress === undefined
      ? unixAddress("")
      : tcpAddress(localAddress, socket.localPort ?? 0);
    this.remote = remoteAddress === undefined
      ? unixAddress("")
      : tcpAddress(remoteAddress, socket.remotePort ?? 0);
    socket.on("readable", () => this.#readable());
    socket.on("end", () => this.#finish(IoStatus.Eof));
    socket.on("error", (error) => this.#finish(ioStatusOf(error)));
    socket.on("close", () => this.#finish(IoStatus.Reset));
  }

  get descriptor(): number | undefined {
    return this.#open && this.local.family !== "unix"
      ? findDescriptor(this.local, this.remote)
      : undefined;
  }

  read(into: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    const count = this.#take(into);
    if (count > 0) return count;
    if (this.#end <= 0) return this.#end;
    this.#into = into;
    return new Promise((resolve) => this.#answer = resolve);
  }

  /** The whole of `from` is taken: it is answered when the kernel has it, so that the reader's pace counts. */
  write(from: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    if (this.#end < 0) return this.#end;
    return new Promise((resolve) => {
      this.#socket.write(from, (error) => {
        if (error === undefined || error === null) resolve(from.length);
        else if (!this.#open) resolve(IoStatus.Aborted);
        else resolve(ioStatusOf(error));
      });
    });
  }

  closeWrite(): void {
    if (this.#open) this.#socket.end();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#finish(IoStatus.Aborted);
    this.#socket.destroy();
  }

  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#finish(IoStatus.Aborted);
    this.#socket.resetAndDestroy();
  }

  /** Bytes that the socket has buffered, moved into `into`. Asking an empty one makes it say `end`. */
  #take(into: Uint8Array): number {
    const length = Math.min(this.#socket.readableLength, into.length);
    const chunk = this.#socket.read(length === 0 ? undefined : length) as Uint8Array | null;
    if (chunk === null) return 0;
    if (chunk.length > into.length) {
      // Bytes came between the two calls: what does not fit goes back.
      this.#socket.unshift(chunk.subarray(into.length));
      into.set(chunk.subarray(0, into.length));
      return into.length;
    }
    into.set(chunk);
    return chunk.length;
  }

  #readable(): void {
    if (this.#into === undefined) {
      // Nobody reads: the end must be seen all the same when the buffer is empty.
      if (this.#socket.readableLength === 0) this.#socket.read(0);
      return;
    }
    const count = this.#take(this.#into);
    if (count > 0) this.#settle(count);
  }

  #finish(status: number): void {
    if (this.#end > 0) this.#end = status;
    this.#settle(status);
  }

  #settle(count: number): void {
    const answer = this.#answer;
    this.#into = undefined;
    this.#answer = undefined;
    answer?.(count);
  }
}
