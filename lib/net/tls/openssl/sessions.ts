import type { SessionHolder } from "../engine.ts";
import type { OpenSsl } from "./library.ts";

/** Most names for which a server's session is kept. */
const MOST = 64;

/** Sessions of one server, the newest of each name; each is used once (RFC 8446 C.4). */
export class OpenSslSessions implements SessionHolder {
  readonly #lib: OpenSsl;
  readonly #sessions = new Map<string, Deno.PointerValue>();
  #open = true;

  constructor(lib: OpenSsl) {
    this.#lib = lib;
  }

  take(sni: string | undefined): Deno.PointerValue | undefined {
    const key = sni ?? "";
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    return session;
  }

  put(sni: string | undefined, session: unknown): void {
    const key = sni ?? "";
    const old = this.#sessions.get(key) ??
      (this.#sessions.size < MOST ? undefined : this.take(this.#sessions.keys().next().value));
    if (old !== undefined) this.#lib.SSL_SESSION_free(old);
    if (this.#open) this.#sessions.set(key, session as Deno.PointerValue);
    else this.#lib.SSL_SESSION_free(session as Deno.PointerValue);
  }

  free(): void {
    this.#open = false;
    for (const session of this.#sessions.values()) this.#lib.SSL_SESSION_free(session);
    this.#sessions.clear();
  }
}
