import { createConnection } from "node:net";
import { connect } from "node:tls";
import { systemClock } from "../../lib/net/clock.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";
import { openSslEngine } from "../../lib/net/tls/openssl/engine.ts";
import { nodeEngine } from "../../lib/net/tls/node/engine.ts";
import { findProgram } from "../support/needs.ts";
import { Authority } from "../support/certificates.ts";
import { type ForeignPeer, testConformance } from "./conformance.ts";
import { streamCases } from "./conformance_stream.ts";
import { clientContext, serverContext, tlsTransport } from "./tls_support.ts";

/** node:tls, which is not what is tested here. */
function dial(port: number): ForeignPeer {
  const raw = createConnection({ host: "127.0.0.1", port, allowHalfOpen: true });
  raw.on("error", () => {});
  // Half-open, as the socket below it is.
  const socket = connect({ socket: raw, rejectUnauthorized: false });
  return { socket, reset: () => raw.resetAndDestroy() };
}

const engines = [openSslEngine(), nodeEngine()].filter((engine) => engine !== undefined);

if (findProgram("openssl") !== undefined) {
  const issued = Authority.make("Root").issue({ names: ["localhost"] });
  for (const engine of engines) {
    for (const under of [denoTransport(systemClock), epollTransport(systemClock)]) {
      if (under === undefined) continue;
      const [server, client] = [serverContext(engine, issued), clientContext(engine)];
      const transport = tlsTransport(under, engine, server, client);
      testConformance({ transport, v6only: false, resets: false, dial }, streamCases);
    }
  }
}
