/** The server's side: the ClientHello is read first, for the certificate depends on it. */
import { TLSSocket } from "node:tls";
import type { Conn, TlsInfo } from "../../conn.ts";
import { writeAll } from "../../io.ts";
import type { AcceptOptions, TlsFailure } from "../engine.ts";
import { alertRecord, readHello } from "../hello_reader.ts";
import { CLOSED, failure, NodeTlsConn } from "./conn.ts";
import type { NodeServerContext } from "./context.ts";
import { infoOf, peerOf } from "./info.ts";
import type { VerifiedPeers } from "./peers.ts";
import { verdictOf } from "./verdict.ts";

export class NodeServerConn extends NodeTlsConn {
  readonly #options: AcceptOptions;
  readonly #verified: VerifiedPeers;

  constructor(inner: Conn, options: AcceptOptions, verified: VerifiedPeers) {
    super(inner, options.clock, options.meter);
    this.#options = options;
    this.#verified = verified;
  }

  protected override async shake(): Promise<TlsFailure | undefined> {
    const read = await readHello(this.inner);
    if ("failed" in read) return read;
    const { hello, bytes } = read;
    if (!this.isOpen) return CLOSED;
    const context = this.#options.choose(hello);
    if (typeof context === "number") {
      const sent = writeAll(this.inner, alertRecord(context));
      if (typeof sent !== "number") await sent;
      return failure("no certificate for the name");
    }
    const { secure, options, certificate } = context as NodeServerContext;
    const wantsPeer = options.verify !== "none";
    const socket = new TLSSocket(this.below(bytes) as never, {
      isServer: true,
      secureContext: secure,
      ALPNProtocols: options.alpn === undefined ? undefined : [...options.alpn],
      requestCert: wantsPeer,
      rejectUnauthorized: options.verify === "required",
    });
    const judge = (): TlsInfo | TlsFailure => {
      const wrong = wantsPeer ? this.#wrongPeer(socket, options) : undefined;
      if (wrong !== undefined) return wrong;
      return infoOf(socket, { hello, sni: hello.sni, ownDer: certificate, wantsPeer });
    };
    return await this.handshake(socket, "secure", true, judge, ({ message }) => failure(message));
  }

  /** What is wrong with the client's certificate. */
  #wrongPeer(
    socket: TLSSocket,
    { verify, scope }: NodeServerContext["options"],
  ): TlsFailure | undefined {
    const peer = peerOf(socket);
    if (peer === undefined) {
      return verify === "required" ? failure("peer did not return a certificate") : undefined;
    }
    if (socket.isSessionReused()) {
      const known = this.#verified.has(scope, peer, this.#options.clock.wall());
      return known ? undefined : failure("the session is of another listener");
    }
    const code = verdictOf(verifyError(socket), peer, this.#options.clock.wall());
    if (code !== 0) return failure("certificate verify failed", code);
    this.#verified.add(scope, peer);
    return undefined;
  }
}

/**
 * What `node:tls` found wrong with the certificate in a full handshake: only its handle tells. Undefined when it does
 * not tell, or in a way that is not known: who is not verified is not let in.
 */
function verifyError(socket: TLSSocket): string | null | undefined {
  const { _handle: handle } = socket as unknown as {
    _handle?: { verifyError?(): string | { code?: string } | null | undefined };
  };
  const error = handle?.verifyError?.();
  return typeof error === "object" ? error && error.code : error;
}
