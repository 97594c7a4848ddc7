/** Which engine this machine has. */
import type { TlsEngine } from "./engine.ts";
import { openSslEngine } from "./openssl/engine.ts";

let best: TlsEngine | undefined | null = null;

/** OpenSSL where FFI is permitted and the library is there; undefined: TLS is not possible. Found once. */
export function bestTlsEngine(): TlsEngine | undefined {
  if (best === null) best = openSslEngine();
  return best;
}
