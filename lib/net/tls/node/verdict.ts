/** What is wrong with a peer's certificate, as `node:tls` tells it, in OpenSSL's numbers and words. */
import { certificateTime, isSame } from "../certificate.ts";
import { certificateIn } from "../shown.ts";
import { verifyCode } from "../verify_names.ts";

/** OpenSSL's numbers (x509_vfy.h) that are told apart here. */
export const Verify = {
  UNSPECIFIED: 1,
  NOT_YET_VALID: 9,
  EXPIRED: 10,
  SELF_SIGNED: 18,
  NO_ISSUER: 20,
  UNVERIFIED: 21,
  HOSTNAME_MISMATCH: 62,
} as const;

const WORDS: ReadonlyMap<number, string> = new Map([
  [Verify.UNSPECIFIED, "unspecified certificate verification error"],
  [Verify.NOT_YET_VALID, "certificate is not yet valid"],
  [Verify.EXPIRED, "certificate has expired"],
  [Verify.SELF_SIGNED, "self-signed certificate"],
  [Verify.NO_ISSUER, "unable to get local issuer certificate"],
  [Verify.UNVERIFIED, "unable to verify the first certificate"],
]);

/** OpenSSL's sentence for a number. */
export function verifyWords(code: number): string {
  return WORDS.get(code) ?? `certificate verification error ${code}`;
}

/**
 * The number for what `node:tls` says, 0 for nothing wrong. It has one name for most things: the certificate itself
 * (DER) tells more. `now`: wall ms
 */
export function verdictOf(
  said: string | null | undefined,
  der: Uint8Array<ArrayBuffer> | undefined,
  now: number,
): number {
  if (said === null || said === "") return 0;
  if (said === "ERR_TLS_CERT_ALTNAME_INVALID") return Verify.HOSTNAME_MISMATCH;
  const code = verifyCode(said ?? "");
  const certificate = certificateIn(der);
  if (code !== Verify.UNVERIFIED || certificate === undefined) return code;
  if (now > certificateTime(certificate.notAfter)) return Verify.EXPIRED;
  if (now < certificateTime(certificate.notBefore)) return Verify.NOT_YET_VALID;
  const { subjectDer, issuerDer } = certificate;
  return isSame(subjectDer, issuerDer) ? Verify.SELF_SIGNED : Verify.NO_ISSUER;
}
