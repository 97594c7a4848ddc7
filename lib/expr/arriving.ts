/**
 * What one side of a connection has sent and nobody has consumed, while rules look at it (manual 4.2 `tcp-request
 * content`, `tcp-response content`).
 *
 * Laws:
 * - Until it is `final`, more may come. A fetch that would answer otherwise then sets `unsettled`: a condition that
 *   is false only for that is asked again when more has come.
 * - The bytes are the inbox's: who needs a value later takes a copy of it.
 */
import { latin1 } from "../http1/bytes.ts";
import { type ClientHello, parseClientHello } from "../net/client_hello.ts";

/** How a request of HTTP stands at the beginning of the bytes. */
export type HttpSeen = "yes" | "no" | "more";

export class Arriving {
  bytes: Uint8Array = NOTHING;
  /** nothing more will come while rules look */
  final = false;
  /** a fetch has not seen enough */
  unsettled = false;
  /** a condition is to be asked again: set by conditions, read by rules */
  waits = false;
  /** bytes that may come at most */
  readonly limit: number;
  readonly #readHttp: ((bytes: Uint8Array) => HttpSeen) | undefined;
  #text: string | undefined;
  #hello: ClientHello | "more" | undefined | null = null;
  #http: HttpSeen | undefined;

  constructor(limit: number, readHttp?: (bytes: Uint8Array) => HttpSeen) {
    this.limit = limit;
    this.#readHttp = readHttp;
  }

  /** More has come, or nothing more will. */
  update(bytes: Uint8Array, final: boolean): void {
    this.bytes = bytes;
    this.final = final;
    this.#text = undefined;
    this.#hello = null;
    if (this.#http === "more") this.#http = undefined;
  }

  /** latin1 */
  get text(): string {
    return this.#text ??= latin1(this.bytes, 0, this.bytes.length);
  }

  /** A fetch has no answer yet, and may have one later. */
  miss(): undefined {
    if (!this.final) this.unsettled = true;
    return undefined;
  }

  get clientHello(): ClientHello | undefined {
    if (this.#hello === null) this.#hello = parseClientHello(this.bytes);
    return this.#hello === "more" ? this.miss() : this.#hello;
  }

  /** True once the bytes begin with a whole request head. */
  get isHttp(): boolean {
    this.#http ??= this.#readHttp?.(this.bytes) ?? "no";
    if (this.#http === "more") this.miss();
    return this.#http === "yes";
  }
}

const NOTHING = new Uint8Array(0);
