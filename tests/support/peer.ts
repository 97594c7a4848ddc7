/**
 * One end of a TCP connection as a test drives it: reads heads, bodies and single bytes, writes anything,
 * right or wrong. Every wait has a limit, so that a wrong proxy fails the test and does not hang it.
 */
import { createHash } from "node:crypto";
import net from "node:net";
import { within } from "./poll.ts";

export interface Message {
  /** The start line. */
  readonly line: string;
  /** Field lines as they came: `Name: value`. */
  readonly fields: readonly string[];
  /** Everything up to and with the empty line. */
  readonly raw: string;
  /** The values of a field, whatever its case, joined by `, `; undefined when absent. */
  get(name: string): string | undefined;
  /** Status of a response line. */
  readonly status: number;
}

export interface Chunked {
  readonly chunks: readonly string[];
  readonly body: string;
  /** field lines after the last chunk */
  readonly trailers: readonly string[];
}

const LIMIT = 10_000;
const latin1 = new TextDecoder("latin1");

/** The bytes of a string whose characters are all below 256. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The string whose characters are these bytes. */
export function textOf(bytes: Uint8Array): string {
  // TextDecoder("latin1") is windows-1252: exact below 0x80 only.
  let plain = true;
  for (const byte of bytes) if (byte >= 0x80) plain = false;
  if (plain) return latin1.decode(bytes);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export class Peer {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #paused = false;
  /** bytes received so far */
  received = 0;

  constructor(readonly socket: net.Socket) {
    socket.setNoDelay(true);
    socket.on("data", (data: Uint8Array) => {
      this.received += data.length;
      this.#chunks.push(data);
      this.#size += data.length;
      this.#wake?.();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake?.();
    });
    socket.on("error", (error: Error) => {
      this.#error = error;
      this.#ended = true;
      this.#wake?.();
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  /** The other side's `host:port`. */
  get remote(): string {
    return `${this.socket.remoteAddress}:${this.socket.remotePort}`;
  }

  /** Stops reading from the kernel: the other side's buffers fill. */
  pause(): void {
    this.#paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.socket.resume();
  }

  /** Writes all; resolves when the kernel has it. */
  async write(data: string | Uint8Array, limit = LIMIT): Promise<void> {
    const bytes = typeof data === "string" ? bytesOf(data) : data;
    await within(
      limit,
      `writing ${bytes.length} bytes`,
      new Promise<void>((resolve, reject) =>
        this.socket.write(bytes, (error) => error ? reject(error) : resolve())
      ),
    );
  }

  /** Writes and does not mind when the other side has gone. */
  async tryWrite(data: string | Uint8Array): Promise<void> {
    await this.write(data).catch(() => undefined);
  }

  /** Ends our direction only. */
  closeWrite(): void {
    this.socket.end();
  }

  /** Closes both directions. */
  close(): void {
    this.socket.destroy();
  }

  /** Closes with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** One line without its CRLF. */
  async line(limit = LIMIT): Promise<string> {
    const end = await this.#until(() => indexOf(this.#joined(), "\r\n"), "a line", limit);
    return this.#take(end + 2).slice(0, -2);
  }

  /** Exactly `count` bytes. */
  async exactly(count: number, limit = LIMIT): Promise<string> {
    await this.#until(() => this.#size >= count ? count : -1, `${count} bytes`, limit);
    return this.#take(count);
  }

  /** As exactly, as bytes. */
  async bytes(count: number, limit = LIMIT): Promise<Uint8Array> {
    await this.#until(() => this.#size >= count ? count : -1, `${count} bytes`, limit);
    const bytes = this.#joined().slice(0, count);
    this.#drop(count);
    return bytes;
  }

  /** Reads and throws away `count` bytes. */
  async skip(count: number, limit = 60_000): Promise<void> {
    let left = count;
    while (left > 0) {
      await this.#until(() => this.#size > 0 ? 1 : -1, `${left} more bytes`, limit);
      const take = Math.min(left, this.#size);
      this.#drop(take);
      left -= take;
    }
  }

  /** Reads `count` bytes and answers their SHA-256, holding none of them. */
  async digest(count: number, limit = 60_000): Promise<string> {
    const hash = createHash("sha256");
    for (let left = count; left > 0;) {
      await this.#until(() => this.#size > 0 ? 1 : -1, `${left} more bytes`, limit);
      const first = this.#chunks[0];
      const part = first.subarray(0, Math.min(left, first.length));
      hash.update(part);
      this.#drop(part.length);
      left -= part.length;
    }
    return hash.digest("hex");
  }

  /** Everything until the other side ends; a reset counts as an end. */
  async toEnd(limit = LIMIT): Promise<string> {
    await this.#until(() => this.#ended ? 0 : -1, "the end of the stream", limit);
    return this.#take(this.#size);
  }

  /** Waits until the other side closed; true when it did so without sending anything more. */
  async closed(limit = LIMIT): Promise<boolean> {
    return (await this.toEnd(limit)) === "";
  }

  /** True when the connection ended by a reset. */
  get wasReset(): boolean {
    return (this.#error as { code?: string } | undefined)?.code === "ECONNRESET";
  }

  /** True when nothing arrives for `ms` and the connection stays open. */
  async silentFor(ms: number): Promise<boolean> {
    try {
      await this.#until(() => this.#size > 0 || this.#ended ? 0 : -1, "anything", ms);
      return false;
    } catch {
      return true;
    }
  }

  /** A message head. */
  async head(limit = LIMIT): Promise<Message> {
    const end = await this.#until(() => indexOf(this.#joined(), "\r\n\r\n"), "a head", limit);
    const raw = this.#take(end + 4);
    const [line, ...fields] = raw.slice(0, -4).split("\r\n");
    return {
      line,
      fields,
      raw,
      status: Number(line.split(" ")[1]),
      get: (name) => {
        const values = fields.filter((field) =>
          field.slice(0, field.indexOf(":")).toLowerCase() === name.toLowerCase()
        ).map((field) => field.slice(field.indexOf(":") + 1).trim());
        return values.length === 0 ? undefined : values.join(", ");
      },
    };
  }

  /** A head and the body that its Content-Length or chunked coding announces; else until the end. */
  async response(
    options: { readonly limit?: number; readonly noBody?: boolean } = {},
  ): Promise<Message & { readonly body: string }> {
    const head = await this.head(options.limit);
    return { ...head, get: head.get, body: await this.bodyOf(head, options) };
  }

  /** The body of `head`, as a reader of responses finds it. */
  async bodyOf(
    head: Message,
    options: { readonly limit?: number; readonly noBody?: boolean } = {},
  ): Promise<string> {
    if (options.noBody === true || head.status === 204 || head.status === 304) return "";
    if (/chunked/i.test(head.get("transfer-encoding") ?? "")) {
      return (await this.chunked(options.limit)).body;
    }
    const length = head.get("content-length");
    if (length !== undefined) return await this.exactly(Number(length), options.limit);
    return Number.isNaN(head.status) ? "" : await this.toEnd(options.limit);
  }

  /** A request head and its body, as an origin reads it. */
  async request(limit = LIMIT): Promise<Message & { readonly body: string }> {
    const head = await this.head(limit);
    if (/chunked/i.test(head.get("transfer-encoding") ?? "")) {
      return { ...head, get: head.get, body: (await this.chunked(limit)).body };
    }
    const length = Number(head.get("content-length") ?? 0);
    return { ...head, get: head.get, body: length > 0 ? await this.exactly(length, limit) : "" };
  }

  /** A chunked body with its trailers. */
  async chunked(limit = LIMIT): Promise<Chunked> {
    const chunks: string[] = [];
    for (;;) {
      const line = await this.line(limit);
      const size = parseInt(line.split(";")[0], 16);
      if (!(size >= 0)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
      if (size === 0) break;
      chunks.push(await this.exactly(size, limit));
      const end = await this.exactly(2, limit);
      if (end !== "\r\n") throw new Error(`no CRLF after a chunk: ${JSON.stringify(end)}`);
    }
    const trailers: string[] = [];
    for (let line = await this.line(limit); line !== ""; line = await this.line(limit)) {
      trailers.push(line);
    }
    return { chunks, body: chunks.join(""), trailers };
  }

  async #until(look: () => number, what: string, limit: number): Promise<number> {
    const deadline = performance.now() + limit;
    for (;;) {
      const found = look();
      if (found >= 0) return found;
      if (this.#ended) {
        const sofar = JSON.stringify(this.#take(Math.min(this.#size, 400)));
        throw new Error(
          `the connection ended (${this.#error?.message ?? "FIN"}) before ${what}; got ${sofar}`,
        );
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`no ${what} within ${limit} ms; got ${this.#size} bytes`);
      if (!this.#paused) this.socket.resume();
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, left);
      });
      this.#wake = undefined;
      clearTimeout(timer);
    }
  }

  #joined(): Uint8Array {
    if (this.#chunks.length > 1) {
      const all = new Uint8Array(this.#size);
      let at = 0;
      for (const chunk of this.#chunks) {
        all.set(chunk, at);
        at += chunk.length;
      }
      this.#chunks = [all];
    }
    return this.#chunks[0] ?? new Uint8Array(0);
  }

  #take(count: number): string {
    const all = this.#joined();
    const text = textOf(all.subarray(0, count));
    this.#drop(count);
    return text;
  }

  #drop(count: number): void {
    let left = count;
    this.#size -= count;
    while (left > 0) {
      const first = this.#chunks[0];
      if (first.length > left) {
        this.#chunks[0] = first.subarray(left);
        return;
      }
      left -= first.length;
      this.#chunks.shift();
    }
  }
}

function indexOf(bytes: Uint8Array, text: string): number {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = at + text.length <= bytes.length;
    for (let i = 1; same && i < text.length; i++) same = bytes[at + i] === text.charCodeAt(i);
    if (same) return at;
  }
  return -1;
}
