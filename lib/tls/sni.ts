/** Which certificate for which name (manual 5.1 `crt`, `crt-list`). */
import { type ClientHello, takesEcdsa, takesRsa } from "../net/tls/client_hello.ts";

/** A certificate of a listener, as far as choosing one needs it. */
export interface SniEntry {
  readonly kind: "rsa" | "ecdsa" | "other";
  /** names and `*.` patterns in lower case; those that begin with `!` are excluded */
  readonly names: readonly string[];
}

/** The certificates of one listener by name: a hash look-up for the name and one for its wildcard. */
export class SniIndex<E extends SniEntry> {
  readonly #byName = new Map<string, E[]>();
  readonly #excluded = new Map<E, ReadonlySet<string>>();
  readonly #default: readonly E[];

  /** `defaults`: the first certificate, and the others of its bundle. */
  constructor(entries: Iterable<E>, defaults: readonly E[]) {
    this.#default = defaults;
    for (const entry of entries) {
      const excluded = entry.names.filter((name) => name.startsWith("!")).map((n) => n.slice(1));
      if (excluded.length > 0) this.#excluded.set(entry, new Set(excluded));
      for (const name of entry.names) {
        if (name.startsWith("!")) continue;
        const list = this.#byName.get(name);
        if (list === undefined) this.#byName.set(name, [entry]);
        else list.push(entry);
      }
    }
  }

  /** The entry for a client; undefined: none has its name, and `strict` forbids the default one. */
  choose(hello: ClientHello, strict: boolean): E | undefined {
    const { sni } = hello;
    if (sni !== undefined) {
      const name = sni.endsWith(".") ? sni.slice(0, -1) : sni;
      const found = this.#pick(this.#byName.get(name), name, hello) ??
        this.#pick(this.#byName.get(wildcardOf(name)), name, hello);
      if (found !== undefined) return found;
    }
    return strict ? undefined : pickKind(this.#default, hello) ?? this.#default[0];
  }

  #pick(list: readonly E[] | undefined, name: string, hello: ClientHello): E | undefined {
    if (list === undefined) return undefined;
    if (this.#excluded.size === 0) return pickKind(list, hello);
    return pickKind(list.filter((entry) => !this.#isExcluded(entry, name)), hello);
  }

  #isExcluded(entry: E, name: string): boolean {
    const excluded = this.#excluded.get(entry);
    return excluded !== undefined && (excluded.has(name) || excluded.has(wildcardOf(name)));
  }
}

/** `www.example.org` → `*.example.org`; a name without a dot has none. */
function wildcardOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : `*${name.slice(dot)}`;
}

/** ECDSA for those who take it, as HAProxy; else the first whose kind they take, else the first. */
function pickKind<E extends SniEntry>(list: readonly E[], hello: ClientHello): E | undefined {
  if (list.length < 2) return list[0];
  const of = (kind: E["kind"]) => list.find((entry) => entry.kind === kind);
  return (takesEcdsa(hello) ? of("ecdsa") : undefined) ??
    (takesRsa(hello) ? of("rsa") : undefined) ?? list[0];
}
