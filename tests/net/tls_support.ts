/** A transport whose connections speak TLS: what the conformance table and the tests of engines use. */
import type { Conn, Transport } from "../../lib/net/conn.ts";
import { systemClock } from "../../lib/net/clock.ts";
import type {
  ClientContext,
  ClientContextOptions,
  ServerContext,
  ServerContextOptions,
  TlsEngine,
  TlsFailure,
} from "../../lib/net/tls/engine.ts";
import type { Issued } from "../support/certificates.ts";

export function serverContext(
  engine: TlsEngine,
  issued: Issued,
  more: Partial<ServerContextOptions> = {},
): ServerContext {
  const context = engine.serverContext({
    pair: { certificates: [issued.certificate, issued.chain], key: issued.key },
    scope: "test",
    verify: "none",
    tickets: true,
    ...more,
  });
  if (typeof context === "string") throw new Error(context);
  return context;
}

export function clientContext(
  engine: TlsEngine,
  more: Partial<ClientContextOptions> = {},
): ClientContext {
  const context = engine.clientContext({ verify: "none", tickets: true, ...more });
  if (typeof context === "string") throw new Error(context);
  return context;
}

/** `under` with TLS on both ends of every connection. */
export function tlsTransport(
  under: Transport,
  engine: TlsEngine,
  server: ServerContext,
  client: ClientContext,
): Transport {
  const clock = systemClock;
  return {
    name: `${engine.name} over ${under.name}`,
    listen(place, options) {
      const listener = under.listen(place, options);
      if ("failed" in listener) return listener;
      return {
        get address() {
          return listener.address;
        },
        start: (onConn, onError) =>
          listener.start(async (conn) => {
            const secure = engine.accept(conn, { choose: () => server, clock });
            if (await secure.establish() === undefined) onConn(secure);
          }, onError),
        pause: () => listener.pause(),
        resume: () => listener.resume(),
        close: () => listener.close(),
      };
    },
    connect(target, options) {
      const connecting = under.connect(target, options);
      const promise = connecting.promise.then(async (conn) => {
        if ("failed" in conn) return conn;
        const secure = engine.connect(conn, { context: client, clock });
        const failure = await secure.establish();
        if (failure === undefined) return secure;
        return { failed: "other", message: failure.message } as const;
      });
      return { promise, cancel: () => connecting.cancel() };
    },
  };
}

/** Both ends of a handshake, whatever came of it. */
export async function shake(
  under: Transport,
  accept: (conn: Conn) => { establish(): Promise<TlsFailure | undefined> } & Conn,
  connect: (conn: Conn) => { establish(): Promise<TlsFailure | undefined> } & Conn,
) {
  const listener = under.listen({ type: "tcp", host: "127.0.0.1", port: 0 }, {});
  if ("failed" in listener) throw new Error(listener.message);
  const accepted = new Promise<Conn>((resolve) => listener.start(resolve));
  const { host, port } = listener.address;
  const plain = await under.connect({ type: "tcp", host, port }, { timeout: 5000 }).promise;
  if ("failed" in plain) throw new Error(plain.message);
  const server = accept(await accepted);
  const client = connect(plain);
  const [serverFailure, clientFailure] = await Promise.all([
    server.establish(),
    client.establish(),
  ]);
  listener.close();
  const done = () => {
    client.close();
    server.close();
  };
  return { server, client, serverFailure, clientFailure, done };
}
