/** Certificates of a connection as the header of the PROXY protocol tells them. */
import type { TlsInfo } from "../conn.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";

const parsed = new WeakMap<Uint8Array, Certificate | undefined>();

/** A certificate, read once for each DER. */
export function certificateIn(der: Uint8Array<ArrayBuffer> | undefined): Certificate | undefined {
  if (der === undefined) return undefined;
  if (!parsed.has(der)) parsed.set(der, parseCertificate(der));
  return parsed.get(der);
}

export function clientCertificateOf(tls: TlsInfo): TlsInfo["clientCertificate"] {
  const certificate = certificateIn(tls.peerDer);
  if (certificate === undefined) return undefined;
  return {
    commonName: certificate.subject.find(({ name }) => name === "CN")?.value,
    verify: tls.verifyResult ?? 0,
    earlier: tls.peerIsFresh !== true,
  };
}

export function certificateOf(tls: TlsInfo): TlsInfo["certificate"] {
  const certificate = certificateIn(tls.ownDer);
  return certificate && { signature: certificate.signatureAlgorithm, key: keyName(certificate) };
}

/** `RSA2048`, `EC256`: the kind of a key and its size in bits. */
export function keyName({ keyAlgorithm, keyBits }: Certificate): string {
  const kind = keyAlgorithm === "id-ecPublicKey"
    ? "EC"
    : keyAlgorithm.startsWith("ED")
    ? keyAlgorithm
    : "RSA";
  return kind.startsWith("ED") ? kind : `${kind}${keyBits}`;
}
