/** A connection in memory. Its laws are those of TCP at their strictest: RST destroys what was not read yet. */
import { Buffer } from "node:buffer";
import {
  type Address,
  type Conn,
  IoStatus,
  type Lender,
  type Reader,
  type TlsInfo,
} from "./conn.ts";
import { tellLater } from "./io.ts";
import { MemoryPipe } from "./memory_pipe.ts";

export interface ConnSettings {
  /** bytes that one direction holds before its writer has to wait */
  readonly capacity: number;
  /** true: operations answer a number when they can, as epoll does; false: always a promise, as Deno does */
  readonly immediate: boolean;
}

export class MemoryConn implements Conn {
  readonly local: Address;
  readonly remote: Address;
  readonly tls?: TlsInfo;
  readonly #in: MemoryPipe;
  readonly #out: MemoryPipe;
  readonly #immediate: boolean;
  readonly #onClose: () => void;
  #open = true;
  #writeClosed = false;
  #reading = false;
  #writing = false;

  constructor(
    local: Address,
    remote: Address,
    input: MemoryPipe,
    output: MemoryPipe,
    immediate: boolean,
    onClose: () => void,
    tls?: TlsInfo,
  ) {
    this.tls = tls;
    this.local = local;
    this.remote = remote;
    this.#in = input;
    this.#out = output;
    this.#immediate = immediate;
    this.#onClose = onClose;
  }

  /** False after `close`. */
  get open(): boolean {
    return this.#open;
  }

  /** Bytes that came and were not read. */
  get unread(): number {
    return this.#in.size;
  }

  readLent(lender: Lender): number | Promise<number> {
    return this.read(lender);
  }

  readFor(reader: Reader): number {
    return tellLater(reader, this.read(reader));
  }

  read(into: Uint8Array | Lender): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    if (this.#reading) throw new Error("a second read while one is pending");
    if (this.#immediate) {
      const n = this.#in.read(into);
      if (typeof n === "number") return n;
      this.#reading = true;
      return n.then(this.#readDone);
    }
    this.#reading = true;
    // The memory is written to as late as can be: whoever reuses it meanwhile is found out.
    return Promise.resolve()
      .then(() => this.#open ? this.#in.read(into) : IoStatus.Aborted)
      .then(this.#readDone);
  }

  readonly #readDone = (n: number): number => {
    this.#reading = false;
    return n;
  };

  write(from: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    if (this.#writing) throw new Error("a second write while one is pending");
    if (this.#writeClosed) return IoStatus.Reset;
    if (this.#immediate) {
      const n = this.#out.write(from);
      return typeof n === "number" ? n : this.#watched(from, n);
    }
    return this.#watched(
      from,
      Promise.resolve().then(() => this.#open ? this.#out.write(from) : IoStatus.Aborted),
    );
  }

  /** Makes sure that nobody changes the bytes of a write before it is answered. */
  async #watched(from: Uint8Array, pending: Promise<number>): Promise<number> {
    this.#writing = true;
    const before = from.slice();
    const n = await pending;
    this.#writing = false;
    if (n > 0 && Buffer.compare(before, from) !== 0) {
      throw new Error("the bytes of a pending write were changed");
    }
    return n;
  }

  closeWrite(): void {
    if (!this.#open) return;
    if (this.#writing) throw new Error("closeWrite while a write is pending");
    this.#writeClosed = true;
    this.#out.finish();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#in.abortReader();
    this.#out.abortWriter();
    const unread = this.#in.size > 0;
    this.#in.deaf = true;
    if (unread) this.#reset();
    else {
      // A peer that waits to write will never be read.
      this.#in.onUnheard = () => this.#reset();
      this.#out.finish();
    }
    this.#onClose();
  }

  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#in.abortReader();
    this.#out.abortWriter();
    this.#reset();
    this.#onClose();
  }

  #reset(): void {
    this.#in.break(IoStatus.Reset);
    this.#out.break(IoStatus.Reset);
  }
}

/** Both ends of a new connection. */
export function connPair(
  client: Address,
  server: Address,
  seenByServer: { readonly local: Address; readonly remote: Address; readonly tls?: TlsInfo },
  settings: ConnSettings,
  onClose: () => void = () => {},
): { readonly client: MemoryConn; readonly server: MemoryConn } {
  const up = new MemoryPipe(settings.capacity);
  const down = new MemoryPipe(settings.capacity);
  const { immediate } = settings;
  return {
    client: new MemoryConn(client, server, down, up, immediate, onClose),
    server: new MemoryConn(
      seenByServer.local,
      seenByServer.remote,
      up,
      down,
      immediate,
      onClose,
      seenByServer.tls,
    ),
  };
}
