/** The engine that does everything HAProxy's does, for both are OpenSSL. */
import type { TlsEngine } from "../engine.ts";
import { OpenSslClientConn } from "./client_conn.ts";
import { makeClientContext, makeServerContext } from "./context.ts";
import { openSsl, textAt } from "./library.ts";
import { ocspText } from "./objects.ts";
import { OpenSslSessions } from "./sessions.ts";
import { OpenSslServerConn } from "./server_conn.ts";

/** The engine, or undefined where FFI is not permitted or OpenSSL 3 is not installed. */
export function openSslEngine(): TlsEngine | undefined {
  const lib = openSsl();
  if (lib === undefined) return undefined;
  return {
    name: "openssl",
    version: textAt(lib.OpenSSL_version(0)),
    missing: new Map(),
    serverContext: (options) => makeServerContext(lib, options),
    clientContext: (options) => makeClientContext(lib, options),
    accept: (inner, { choose, clock, meter }) =>
      new OpenSslServerConn({ lib, inner, clock, meter }, choose),
    sessions: () => new OpenSslSessions(lib),
    ocspText: (der) => ocspText(lib, der),
    connect: (inner, options) =>
      new OpenSslClientConn({ lib, inner, clock: options.clock, meter: options.meter }, options),
  };
}
