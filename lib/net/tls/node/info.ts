/** What a finished handshake of `node:tls` agreed on. */
import type { TLSSocket } from "node:tls";
import type { TlsInfo } from "../../conn.ts";
import { certificateOf, clientCertificateOf } from "../shown.ts";

type Der = Uint8Array<ArrayBuffer>;

/** `more`: what the connection knows besides. The peer's certificate is left out unless it was asked for. */
export function infoOf(
  socket: TLSSocket,
  more: Partial<TlsInfo> & { readonly wantsPeer: boolean },
): TlsInfo {
  const { alpnProtocol } = socket;
  const { wantsPeer, ...known } = more;
  const peerDer = wantsPeer ? peerOf(socket) : undefined;
  const cipher = socket.getCipher()?.name ?? "";
  const bits = /AES.?128/.test(cipher) ? 128 : 256;
  const resumed = socket.isSessionReused();
  const info: TlsInfo = {
    version: socket.getProtocol() ?? "",
    cipher,
    alpn: typeof alpnProtocol === "string" && alpnProtocol !== "" ? alpnProtocol : undefined,
    resumed,
    keyBits: bits,
    algorithmBits: bits,
    peerDer,
    peerChain: peerDer && [peerDer],
    peerIsFresh: peerDer !== undefined && !resumed,
    verifyResult: 0,
    caError: 0,
    caErrorDepth: 0,
    crtError: 0,
    ...known,
  };
  return {
    ...info,
    clientCertificate: clientCertificateOf(info),
    certificate: certificateOf(info),
  };
}

/** DER of the certificate that the peer showed, also on a resumed session. */
export function peerOf(socket: TLSSocket): Der | undefined {
  const raw = socket.getPeerCertificate()?.raw;
  return raw === undefined ? undefined : Uint8Array.from(raw);
}
