/**
 * Challenges of ACME that wait for an authority's visit, in shared memory: whichever thread it comes to can answer.
 * http-01 (RFC 8555 8.3) is answered by a policy, tls-alpn-01 (RFC 8737) by a listener of TLS.
 *
 * Laws:
 * - The first thread writes, all read. The version is odd while it writes; who sees that takes what it had.
 * - Nothing secret is in it: an authority asks for it in the open.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../net/clock.ts";
import type { ServerContext, TlsEngine } from "../net/tls/engine.ts";
import { makeCertificate, makeKey } from "../net/tls/issue.ts";

/** The protocol by which authorities ask (RFC 8737 6.2). */
export const ACME_PROTOCOL = "acme-tls/1";
/** bytes of the shared block */
export const CHALLENGE_BYTES = 64 * 1024;
/** version and length */
const HEAD = 8;
const DAY = 86_400_000;

export interface Challenge {
  readonly domain: string;
  readonly token: string;
  /** token and thumbprint of the account's key (RFC 8555 8.1) */
  readonly answer: string;
}

export class AcmeChallenges {
  readonly #head: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #clock: Clock;
  #version = 0;
  #list: readonly Challenge[] = [];
  readonly #contexts = new Map<string, ServerContext>();

  /** `block`: CHALLENGE_BYTES that all threads share. */
  constructor(block: SharedArrayBuffer, clock: Clock) {
    this.#head = new Int32Array(block, 0, 2);
    this.#bytes = new Uint8Array(block, HEAD);
    this.#clock = clock;
  }

  /** Those that are answered from now on. */
  set(list: readonly Challenge[]): void {
    const text = new TextEncoder().encode(JSON.stringify(list));
    if (text.length > this.#bytes.length) throw new RangeError("too many challenges at a time");
    Atomics.add(this.#head, 0, 1);
    this.#bytes.set(text);
    Atomics.store(this.#head, 1, text.length);
    Atomics.add(this.#head, 0, 1);
  }

  /** Those that are answered now. */
  get list(): readonly Challenge[] {
    const version = Atomics.load(this.#head, 0);
    if (version === this.#version || version % 2 === 1) return this.#list;
    const text = this.#bytes.slice(0, Atomics.load(this.#head, 1));
    if (Atomics.load(this.#head, 0) !== version) return this.#list;
    this.#version = version;
    this.#list = JSON.parse(new TextDecoder().decode(text));
    this.free();
    return this.#list;
  }

  /** What an authority wants to read at `/.well-known/acme-challenge/TOKEN`. */
  answer(token: string): string | undefined {
    return this.list.find((each) => each.token === token)?.answer;
  }

  /** The context for an authority that asks for this name by tls-alpn-01. */
  context(domain: string | undefined, engine: TlsEngine): ServerContext | undefined {
    const challenge = this.list.find((each) => each.domain === domain);
    if (challenge === undefined) return undefined;
    const known = this.#contexts.get(challenge.domain);
    if (known !== undefined) return known;
    const now = this.#clock.wall();
    const key = makeKey({ type: "ecdsa", curve: "P-256" });
    const certificate = makeCertificate({
      names: [challenge.domain],
      from: now - DAY,
      until: now + DAY,
      key,
      acmeIdentifier: createHash("sha256").update(challenge.answer).digest(),
    });
    const context = engine.serverContext({
      pair: { certificates: [certificate], key },
      scope: ACME_PROTOCOL,
      verify: "none",
      tickets: false,
      alpn: [ACME_PROTOCOL],
    });
    if (typeof context === "string") return undefined;
    this.#contexts.set(challenge.domain, context);
    return context;
  }

  free(): void {
    for (const context of this.#contexts.values()) context.free();
    this.#contexts.clear();
  }
}
