import { tcpAddress, unixAddress } from "./address.ts";
import { type Address, type Conn, IoStatus } from "./conn.ts";
import { findDescriptor } from "./live_socket.ts";

function nothing(): void {}

/** null, the end, is 0 here. */
function countOf(count: number | null): number {
  return count === null ? IoStatus.Eof : count;
}

/** The answer of `read` and `write` for what Deno or node throws. */
export function ioStatusOf(error: unknown): number {
  const { code, name } = error as { code?: string; name?: string };
  switch (code) {
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
    case "ENOTCONN":
      return IoStatus.Reset;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return IoStatus.TimedOut;
    case "EINTR":
    case "ERR_STREAM_DESTROYED":
    case "ERR_STREAM_PREMATURE_CLOSE":
      return IoStatus.Aborted;
  }
  switch (name) {
    case "Interrupted":
    case "BadResource":
      return IoStatus.Aborted;
    case "ConnectionReset":
    case "BrokenPipe":
    case "ConnectionAborted":
    case "NotConnected":
      return IoStatus.Reset;
    case "TimedOut":
      return IoStatus.TimedOut;
    case "WriteZero":
      return IoStatus.Reset;
  }
  return IoStatus.Failed;
}

/** An abstract socket's name, which Deno shows as a path that begins with NUL, in our `@name`. */
function unixHost(path: string | null): string {
  if (path === null) return "";
  return path.startsWith("\0") ? `@${path.slice(1).replace(/\0+$/, "")}` : path;
}

/** Deno's address as ours. */
export function addressOf(addr: Deno.Addr): Address {
  if (addr.transport === "unix") return unixAddress(unixHost(addr.path));
  const { hostname, port } = addr as Deno.NetAddr;
  return tcpAddress(hostname, port);
}

let descriptorKey: symbol | undefined;

/** Deno keeps it for itself, of accepted connections only: where it does not, it is looked for. */
function knownDescriptor(inner: Deno.Conn): number | undefined {
  descriptorKey ??= Object.getOwnPropertySymbols(inner)
    .find(({ description }) => description === "Deno.internal.fd");
  if (descriptorKey === undefined) return undefined;
  const fd = (inner as unknown as Record<symbol, unknown>)[descriptorKey];
  return typeof fd === "number" && fd > 2 ? fd : undefined;
}

/**
 * A Deno.Conn as Conn: one `then` for each operation, no closures, addresses only when asked for. An
 * operation that the runtime had finished in the very turn of `close` still answers its count.
 */
export class DenoConn implements Conn {
  readonly #inner: Deno.Conn;
  #open = true;
  #local: Address | undefined;
  #remote: Address | undefined;

  /** `local` and `remote`: where they are known better than Deno knows them. */
  constructor(inner: Deno.Conn, local?: Address, remote?: Address) {
    this.#inner = inner;
    this.#local = local;
    this.#remote = remote;
  }

  get local(): Address {
    return this.#local ??= addressOf(this.#inner.localAddr);
  }

  get remote(): Address {
    return this.#remote ??= addressOf(this.#inner.remoteAddr);
  }

  get descriptor(): number | undefined {
    if (!this.#open) return undefined;
    const known = knownDescriptor(this.#inner);
    if (known !== undefined) return known;
    const { localAddr, remoteAddr } = this.#inner;
    if (localAddr.transport !== "tcp") return undefined;
    return findDescriptor(addressOf(localAddr), addressOf(remoteAddr));
  }

  read(into: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    return this.#inner.read(into).then(countOf, ioStatusOf);
  }

  write(from: Uint8Array): number | Promise<number> {
    if (!this.#open) return IoStatus.Aborted;
    return this.#inner.write(from).then(undefined, ioStatusOf);
  }

  closeWrite(): void {
    if (this.#open) this.#inner.closeWrite().then(nothing, nothing);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#inner.close();
  }

  /** Deno has no SO_LINGER: the kernel sends RST only when unread bytes are left. */
  abort(): void {
    this.close();
  }
}
