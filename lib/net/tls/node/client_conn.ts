/** The client's side: connections to servers. */
import { checkServerIdentity, connect, type TLSSocket } from "node:tls";
import { parseIp } from "../../address.ts";
import type { Conn, TlsInfo } from "../../conn.ts";
import type { ConnectTlsOptions, TlsFailure } from "../engine.ts";
import { failure, NodeTlsConn } from "./conn.ts";
import type { NodeClientContext } from "./context.ts";
import { infoOf, peerOf } from "./info.ts";
import { verdictOf, Verify, verifyWords } from "./verdict.ts";

export class NodeClientConn extends NodeTlsConn {
  readonly #options: ConnectTlsOptions;

  constructor(inner: Conn, options: ConnectTlsOptions) {
    super(inner, options.clock, options.meter);
    this.#options = options;
  }

  protected override async shake(): Promise<TlsFailure | undefined> {
    const { sni, verifyHost, context } = this.#options;
    const { secure, options } = context as NodeClientContext;
    const verifies = options.verify !== "none";
    const socket = connect({
      socket: this.below() as never,
      secureContext: secure,
      servername: sni === undefined || parseIp(sni) !== undefined ? undefined : sni,
      ALPNProtocols: options.alpn === undefined ? undefined : [...options.alpn],
      // What is wrong is told by `judge`, before anything is sent.
      rejectUnauthorized: false,
      checkServerIdentity: (_host, certificate) =>
        verifyHost === undefined ? undefined : checkServerIdentity(verifyHost, certificate),
    });
    const judge = (): TlsInfo | TlsFailure => {
      const wrong = verifies ? this.#wrongPeer(socket) : undefined;
      return wrong ?? infoOf(socket, { sni, wantsPeer: true });
    };
    return await this.handshake(
      socket,
      "secureConnect",
      false,
      judge,
      ({ message }) => failure(message.replace(/^received fatal /, "")),
    );
  }

  /** What is wrong with the server's certificate. */
  #wrongPeer(socket: TLSSocket): TlsFailure | undefined {
    if (socket.authorized) return undefined;
    const said = socket.authorizationError as unknown as string | { code?: string } | undefined;
    const { clock, verifyHost } = this.#options;
    const text = typeof said === "object" ? said?.code : said;
    const code = verdictOf(text, peerOf(socket), clock.wall()) || Verify.UNSPECIFIED;
    return failure(
      code === Verify.HOSTNAME_MISMATCH
        ? `the server's certificate is not for '${verifyHost}'`
        : `the server's certificate is not accepted: ${verifyWords(code)}`,
      code,
    );
  }
}
