/** Which engine this machine has. */
import type { TlsEngine } from "./engine.ts";
import { nodeEngine } from "./node/engine.ts";
import { openSslEngine } from "./openssl/engine.ts";

let best: TlsEngine | undefined;

/** OpenSSL where FFI is permitted and the library is there, else `node:tls`, which can do less. Found once. */
export function bestTlsEngine(): TlsEngine {
  return best ??= openSslEngine() ?? nodeEngine();
}
