/** The last message of each proxy that was no HTTP, for `show errors` (management manual 9.3). */
import type { Http1Error } from "../http1/error.ts";
import type { Address } from "../net/conn.ts";

export interface Capture {
  /** counts from 0 */
  readonly event: number;
  readonly kind: "request" | "response";
  /** wall ms */
  readonly at: number;
  /** the proxy whose peer sent it */
  readonly proxy: string;
  readonly proxyId: number;
  readonly frontend: string;
  readonly backend: string | undefined;
  readonly server: string | undefined;
  readonly source: Address;
  readonly error: Http1Error;
  /** what had come of it, at most a buffer */
  readonly bytes: Uint8Array;
}

export class Captures {
  readonly #last = new Map<string, Capture>();
  total = 0;

  /** Keeps a copy of `bytes`; the one before of the same proxy and kind is forgotten. */
  add(capture: Omit<Capture, "event">): void {
    const { proxy, kind, bytes } = capture;
    this.#last.set(`${proxy} ${kind}`, { ...capture, event: this.total++, bytes: bytes.slice() });
  }

  /** In the order in which proxies had their first one. */
  all(): Iterable<Capture> {
    return this.#last.values();
  }
}
