/** OCSP answers for tests, made by OpenSSL's own responder. */
import type { Authority } from "./certificates.ts";
import { mustRun } from "./process.ts";
import type { Scope } from "./scope.ts";

export interface OcspAnswer {
  /** DER */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** the certificate's, in hexadecimal as OpenSSL prints it */
  readonly serial: string;
}

/** What `authority` answers about a certificate of its own (PEM): it is good, for two days. */
export async function answerOcsp(
  scope: Scope,
  authority: Authority,
  certificate: string,
): Promise<OcspAnswer> {
  const ca = scope.write("ocsp/ca.pem", authority.certificate);
  const key = scope.write("ocsp/ca.key", authority.issued.key);
  const crt = scope.write("ocsp/asked.crt", certificate);
  const stdout = await mustRun(["openssl", "x509", "-in", crt, "-noout", "-serial"]);
  const serial = stdout.trim().split("=")[1];
  const index = scope.write("ocsp/index.txt", `V\t491231235959Z\t\t${serial}\tunknown\t/CN=x\n`);
  const [request, answer] = [scope.path("ocsp/ask.der"), scope.path("ocsp/answer.der")];
  await mustRun(["openssl", "ocsp", "-issuer", ca, "-cert", crt, "-reqout", request]);
  await mustRun([
    ...["openssl", "ocsp", "-index", index, "-rsigner", ca, "-rkey", key, "-CA", ca],
    ...["-reqin", request, "-respout", answer, "-ndays", "2"],
  ]);
  return { bytes: Deno.readFileSync(answer), serial };
}
