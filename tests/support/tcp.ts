/** TCP clients and scripted servers of a test. */
import net from "node:net";
import type { Scope } from "./scope.ts";
import { Peer } from "./peer.ts";
import { freePort } from "./ports.ts";
import { waitFor, within } from "./poll.ts";

/** Connects to `host:port`; closed when the scope ends. */
export async function connect(scope: Scope, address: string): Promise<Peer> {
  const colon = address.lastIndexOf(":");
  const socket = net.connect({
    host: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
    allowHalfOpen: true,
  });
  scope.defer("a client connection", () => void socket.destroy());
  await within(
    10_000,
    `connecting to ${address}`,
    new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    }),
  );
  return new Peer(socket);
}

export interface Origin {
  readonly host: string;
  readonly port: number;
  /** `host:port` */
  readonly address: string;
  /** connections accepted so far */
  readonly accepted: number;
  /** The `n`th connection (from 0); waits for it. */
  connection(n: number): Promise<Peer>;
  /** What scripts threw, except for connections that the proxy closed. */
  readonly failures: readonly unknown[];
}

/**
 * A server whose every connection is driven by `script`. A script that throws closes its connection and is
 * noted in `failures`; one that returns leaves the connection as it is.
 */
export async function startOrigin(
  scope: Scope,
  script: (peer: Peer, index: number) => Promise<void> | void,
  options: { readonly host?: string; readonly port?: number; readonly backlog?: number } = {},
): Promise<Origin> {
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? freePort();
  const peers: Peer[] = [];
  const failures: unknown[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new Peer(socket);
    const index = peers.push(peer) - 1;
    Promise.resolve().then(() => script(peer, index)).catch((error) => {
      failures.push(error);
      peer.close();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: options.backlog }, () => resolve());
  });
  scope.defer("an origin", async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const peer of peers) peer.close();
    await closed;
  });
  return {
    host,
    port,
    address: `${host}:${port}`,
    get accepted() {
      return peers.length;
    },
    failures,
    connection: (n) => waitFor(`connection ${n} at the origin`, () => peers[n]),
  };
}

/** An origin that answers every request on a connection with `answer`, until the connection ends. */
export function startHttpOrigin(
  scope: Scope,
  answer: (
    request: Awaited<ReturnType<Peer["request"]>>,
    index: number,
  ) => string | Promise<string>,
  options: { readonly host?: string; readonly port?: number } = {},
): Promise<Origin> {
  return startOrigin(scope, async (peer, index) => {
    for (;;) {
      let request;
      try {
        request = await peer.request(60_000);
      } catch {
        peer.close();
        return;
      }
      await peer.tryWrite(await answer(request, index));
    }
  }, options);
}

/** A plain 200 answer with this body. */
export function ok(body: string, fields = ""): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}

/** A port where connections are neither accepted nor refused: its accept queue is full. */
export async function startBlackHole(scope: Scope): Promise<string> {
  const port = freePort();
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  scope.defer("a black hole", () => listener.close());
  for (let n = 0; n < 5000; n++) {
    try {
      const conn = await Deno.connect({
        hostname: "127.0.0.1",
        port,
        signal: AbortSignal.timeout(300),
      });
      scope.defer("a filler", () => conn.close());
    } catch {
      return `127.0.0.1:${port}`;
    }
  }
  throw new Error("the accept queue does not fill");
}
