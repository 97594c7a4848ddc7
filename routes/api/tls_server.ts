/**
 * The REST API over TLS, with client certificates: `node:https`, as Deno.serve asks for none.
 *
 * Law: a session that was resumed is not believed. The runtime's servers share the keys of their tickets, so a ticket
 * of another listener would do.
 */
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { Readable } from "node:stream";
import type { ApiConfig } from "../../lib/config/model_api.ts";
import { type Scope, scopeOfSubject, type Subject } from "./auth.ts";

export type Serve = (
  request: Request,
  client: { readonly remote: string; readonly scope?: Scope },
) => Response | Promise<Response>;

/** ms that a client may take for its handshake, and for the head of a request */
const HANDSHAKE_MS = 10_000;

/** Begins to listen. Throws when a file cannot be read; later failures go to `onError`. */
export function serveTls(
  config: ApiConfig,
  serve: Serve,
  onError: (error: Error) => void,
): Server {
  const pem = Deno.readTextFileSync(config.crt!);
  const ca = config.clientCa === undefined ? undefined : Deno.readTextFileSync(config.clientCa);
  const server = createServer({
    cert: pem,
    key: pem,
    ca,
    minVersion: "TLSv1.2",
    requestCert: ca !== undefined,
    // Those without a certificate may have a token.
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_MS,
    headersTimeout: HANDSHAKE_MS,
  }, (incoming, outgoing) => {
    answer(incoming, outgoing, config, serve).catch(() => outgoing.destroy());
  });
  server.on("error", onError);
  server.listen(config.bind!.port, config.bind!.host);
  return server;
}

/** What the certificate of a connection permits; undefined: there is none, or it is not to be believed. */
function scopeOf(socket: TLSSocket, config: ApiConfig): Scope | undefined {
  if (config.clientCa === undefined || !socket.authorized || socket.isSessionReused()) {
    return undefined;
  }
  const { subject } = socket.getPeerCertificate();
  return subject === undefined ? undefined : scopeOfSubject(config, subject as unknown as Subject);
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  config: ApiConfig,
  serve: Serve,
): Promise<void> {
  const socket = incoming.socket as TLSSocket;
  const { method = "GET", url = "/", headers } = incoming;
  const fields = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const each of [value ?? []].flat()) fields.append(name, each);
  }
  const body = method === "GET" || method === "HEAD"
    ? undefined
    : Readable.toWeb(incoming) as unknown as ReadableStream<Uint8Array>;
  const request = new Request(new URL(url, "https://api"), { method, headers: fields, body });
  const scope = scopeOf(socket, config);
  const response = await serve(request, { remote: socket.remoteAddress ?? "", scope });
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body !== null) {
    const reader = response.body.getReader();
    // A reader of events that has gone is not sent any more.
    outgoing.on("close", () => reader.cancel().catch(() => {}));
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      if (!outgoing.write(value)) {
        await new Promise<void>((resolve) => {
          outgoing.once("drain", resolve);
          outgoing.once("close", resolve);
        });
      }
    }
  }
  outgoing.end();
}
