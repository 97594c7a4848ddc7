/**
 * TlsListener: the TLS of one `bind` line. Its certificates are choosen by name; each has an engine's context of its
 * own, because a crt-list may give each its own settings.
 */
import type { ServerContext, ServerContextOptions } from "../net/tls/engine.ts";
import type { TlsEngine } from "../net/tls/engine.ts";
import { namesOf } from "../net/tls/certificate.ts";
import type { ClientHello } from "../net/tls/client_hello.ts";
import { ACME_PROTOCOL, type AcmeChallenges } from "./challenges.ts";
import type { CertificateGenerator } from "./generator.ts";
import { Alert } from "../net/tls/hello_reader.ts";
import type { LoadedPair } from "./pair.ts";
import { type SniEntry, SniIndex } from "./sni.ts";

/** Where an entry came from: `show ssl crt-list` and `del ssl crt-list` name it. */
export interface EntrySource {
  /** the certificate's file */
  readonly path: string;
  /** the crt-list's file and line; undefined: a `crt` */
  readonly list?: string;
  readonly line?: number;
  /** `default-crt` */
  readonly isDefault?: boolean;
  readonly settings: readonly string[];
  readonly filters: readonly string[];
}

/** One certificate of one listener. */
export class ListenerEntry implements SniEntry {
  readonly source: EntrySource;
  options: Omit<ServerContextOptions, "pair">;
  readonly #engine: TlsEngine;
  #pair: LoadedPair;
  #context: ServerContext;

  private constructor(
    engine: TlsEngine,
    source: EntrySource,
    options: Omit<ServerContextOptions, "pair">,
    pair: LoadedPair,
    context: ServerContext,
  ) {
    this.#engine = engine;
    this.source = source;
    this.options = options;
    this.#pair = pair;
    this.#context = context;
  }

  /** A text: why the engine does not take it. */
  static make(
    engine: TlsEngine,
    source: EntrySource,
    options: Omit<ServerContextOptions, "pair">,
    pair: LoadedPair,
  ): ListenerEntry | string {
    const context = engine.serverContext({ ...options, pair });
    if (typeof context === "string") return context;
    return new ListenerEntry(engine, source, options, pair, context);
  }

  get kind(): LoadedPair["kind"] {
    return this.#pair.kind;
  }
  get pair(): LoadedPair {
    return this.#pair;
  }
  get context(): ServerContext {
    return this.#context;
  }

  /** The filters of a crt-list line; without a positive one, the certificate's own names besides. */
  get names(): readonly string[] {
    const { filters } = this.source;
    if (filters.includes("!*")) return [];
    const own = filters.some((filter) => !filter.startsWith("!")) ? [] : namesOf(this.#pair.leaf);
    return [...own, ...filters];
  }

  /** A context for another pair, to be put in place by `use` when all of them could be made. */
  prepare(pair: LoadedPair, options = this.options): ServerContext | string {
    return this.#engine.serverContext({ ...options, pair });
  }

  use(pair: LoadedPair, context: ServerContext, options = this.options): void {
    this.#context.free();
    this.options = options;
    this.#pair = pair;
    this.#context = context;
  }

  free(): void {
    this.#context.free();
  }
}

export class TlsListener {
  readonly engine: TlsEngine;
  /** `bind :443` of which frontend, for messages and the runtime socket */
  readonly name: string;
  readonly strictSni: boolean;
  /** the crt-lists that it reads */
  readonly lists: readonly string[];
  readonly #entries: ListenerEntry[];
  #index!: SniIndex<ListenerEntry>;

  readonly #challenges: AcmeChallenges | undefined;
  readonly #generator: CertificateGenerator | undefined;

  constructor(parts: {
    readonly engine: TlsEngine;
    readonly name: string;
    readonly strictSni: boolean;
    readonly entries: readonly ListenerEntry[];
    readonly lists: readonly string[];
    /** undefined: no certificate is got from an authority */
    readonly challenges?: AcmeChallenges;
    /** undefined: no certificates are made on the fly */
    readonly generator?: CertificateGenerator;
  }) {
    this.lists = parts.lists;
    this.engine = parts.engine;
    this.name = parts.name;
    this.strictSni = parts.strictSni;
    this.#challenges = parts.challenges;
    this.#generator = parts.generator;
    this.#entries = [...parts.entries];
    this.refresh();
  }

  get entries(): readonly ListenerEntry[] {
    return this.#entries;
  }

  add(entries: readonly ListenerEntry[]): void {
    this.#entries.push(...entries);
    this.refresh();
  }

  remove(entry: ListenerEntry): void {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return;
    this.#entries.splice(at, 1);
    this.refresh();
    entry.free();
  }

  /** Names have changed: those of a certificate that was exchanged, or a line of a list. */
  refresh(): void {
    const named = this.#entries.filter(({ source }) => source.isDefault === true);
    if (named.length > 0) {
      this.#index = new SniIndex(this.#entries, named);
      return;
    }
    const [first] = this.#entries;
    // The first certificate, and those of its bundle for other kinds of keys.
    const base = first?.source.path.replace(BUNDLE_EXTENSION, "");
    const defaults = this.#entries.filter((entry) =>
      entry === first ||
      (entry.source.path !== base && entry.source.path.replace(BUNDLE_EXTENSION, "") === base)
    );
    this.#index = new SniIndex(this.#entries, defaults);
  }

  /** The context for a client, or the alert that refuses it. */
  choose(hello: ClientHello): ServerContext | number {
    if (this.#challenges !== undefined && hello.alpn[0] === ACME_PROTOCOL) {
      const asked = this.#challenges.context(hello.sni, this.engine);
      if (asked !== undefined) return asked;
    }
    const found = this.#index.choose(hello, this.strictSni || this.#generator !== undefined);
    if (found !== undefined) return found.context;
    if (this.#generator !== undefined) {
      const made = hello.sni === undefined ? undefined : this.#generator.context(hello.sni);
      if (made !== undefined) return made;
      if (!this.strictSni) return this.#index.choose(hello, false)!.context;
    }
    return Alert.UNRECOGNIZED_NAME;
  }

  free(): void {
    for (const entry of this.#entries) entry.free();
    this.#generator?.free();
  }
}

const BUNDLE_EXTENSION = /\.(rsa|ecdsa|dsa)$/;
