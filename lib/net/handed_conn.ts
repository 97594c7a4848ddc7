import type { Address, Conn, TlsInfo } from "./conn.ts";
import type { ProxyHeader } from "./proxy_protocol/header.ts";

/** What the new owner of a connection is to see of it. */
export interface Handed {
  readonly local?: Address;
  readonly remote?: Address;
  readonly proxyHeader?: ProxyHeader;
  /** read already, and not consumed: read again before anything else */
  readonly rest?: Uint8Array;
}

/**
 * A connection of which somebody has read the beginning (a header of the PROXY protocol), handed on as if it began
 * behind that. No read may be pending on it.
 */
export class HandedConn implements Conn {
  readonly local: Address;
  readonly remote: Address;
  readonly proxyHeader: ProxyHeader | undefined;
  readonly #inner: Conn;
  #rest: Uint8Array | undefined;
  #open = true;

  constructor(inner: Conn, { local, remote, proxyHeader, rest }: Handed) {
    this.#inner = inner;
    this.local = local ?? inner.local;
    this.remote = remote ?? inner.remote;
    this.proxyHeader = proxyHeader ?? inner.proxyHeader;
    this.#rest = rest !== undefined && rest.length > 0 ? rest : undefined;
  }

  get tls(): TlsInfo | undefined {
    return this.#inner.tls;
  }
  get descriptor(): number | undefined {
    return this.#inner.descriptor;
  }

  get under(): Conn | undefined {
    return this.#rest === undefined ? this.#inner : undefined;
  }

  read(into: Uint8Array): number | Promise<number> {
    const rest = this.#rest;
    if (rest === undefined || !this.#open) return this.#inner.read(into);
    const count = Math.min(rest.length, into.length);
    into.set(count === rest.length ? rest : rest.subarray(0, count));
    this.#rest = count === rest.length ? undefined : rest.subarray(count);
    return count;
  }

  write(from: Uint8Array): number | Promise<number> {
    return this.#inner.write(from);
  }

  closeWrite(): void {
    this.#inner.closeWrite();
  }

  close(): void {
    this.#open = false;
    this.#rest = undefined;
    this.#inner.close();
  }

  abort(): void {
    this.#open = false;
    this.#rest = undefined;
    this.#inner.abort();
  }
}
