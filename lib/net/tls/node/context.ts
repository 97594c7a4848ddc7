/** Contexts of `node:tls`, and what it cannot do. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type {
  ClientContext,
  ClientContextOptions,
  ServerContext,
  ServerContextOptions,
} from "../engine.ts";
import { parsePem } from "../pem.ts";

const INSTEAD = "install OpenSSL 3 (libssl.so.3) and permit FFI";
const FIXED = `node:tls has versions, ciphers and curves of its own; ${INSTEAD}`;
const WITHOUT = `node:tls does not have it; ${INSTEAD}`;

/** Options by name, with the reason why they cannot be had. */
export const MISSING: ReadonlyMap<string, string> = new Map([
  ...["SSLv3", "TLSv1.0", "TLSv1.1", "ciphers", "ciphersuites", "curves"]
    .map((name) => [name, FIXED] as const),
  ...[
    "crl-file",
    "ca-verify-file",
    "no-ca-names",
    "ca-ignore-err",
    "crt-ignore-err",
    "tls-ticket-keys",
    "no-tls-tickets",
    "tune.ssl.cachesize",
    "tune.ssl.lifetime",
    "tune.ssl.maxrecord",
    "tune.ssl.hard-maxrecord",
  ].map((name) => [name, WITHOUT] as const),
  ["tls-alpn-01", `node:tls does not take the authority's extension; ${INSTEAD}`],
]);

/** Where distributions keep the authorities that the system believes. */
const SYSTEM_AUTHORITIES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

export class NodeServerContext implements ServerContext {
  readonly certificate: Uint8Array<ArrayBuffer>;
  constructor(readonly secure: SecureContext, readonly options: ServerContextOptions) {
    this.certificate = parsePem(options.pair.certificates[0])[0].der;
  }
  free(): void {}
}

export class NodeClientContext implements ClientContext {
  constructor(readonly secure: SecureContext, readonly options: ClientContextOptions) {}
  free(): void {}
}

type Version = "TLSv1.2" | "TLSv1.3";

function secureContext(
  { pair, minVersion = "TLSv1.2", maxVersion = "TLSv1.3" }: Pick<
    ClientContextOptions,
    "pair" | "minVersion" | "maxVersion"
  >,
  believed: string | undefined,
): SecureContext | string {
  try {
    // node:tls looks at neither before a handshake needs them.
    if (pair !== undefined) {
      const fits = new X509Certificate(pair.certificates[0])
        .checkPrivateKey(createPrivateKey(pair.key));
      if (!fits) return "the private key is not that of the certificate";
    }
    return createSecureContext({
      cert: pair?.certificates.join(""),
      key: pair?.key,
      ca: believed === undefined ? undefined : parsePem(believed).map(({ text }) => text),
      minVersion: minVersion as Version,
      maxVersion: maxVersion as Version,
    });
  } catch {
    // What it says may quote what it was given.
    return "node:tls does not take the certificate or its key";
  }
}

function refused(
  { crl, caVerify, ignoreCaErrors, ignoreCrtErrors, tickets, hideCaNames }:
    & Omit<ClientContextOptions, "pair">
    & Pick<ServerContextOptions, "hideCaNames">,
): string | undefined {
  const wanted = {
    "crl-file": crl,
    "ca-verify-file": caVerify,
    "no-ca-names": hideCaNames === true ? true : undefined,
    "ca-ignore-err": ignoreCaErrors,
    "crt-ignore-err": ignoreCrtErrors,
    "no-tls-tickets": tickets ? undefined : true,
  };
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== undefined) return `'${name}' is not possible: ${MISSING.get(name)}`;
  }
  return undefined;
}

export function makeNodeServerContext(options: ServerContextOptions): NodeServerContext | string {
  const wrong = refused(options);
  if (wrong !== undefined) return wrong;
  const { pair: { ocsp, sctl } } = options;
  const { verify, ca } = options;
  if (ocsp !== undefined) return `its OCSP answer cannot be stapled: ${WITHOUT}`;
  if (sctl !== undefined) return `its timestamps cannot be sent: ${WITHOUT}`;
  const secure = secureContext(options, believed(verify, ca));
  return typeof secure === "string" ? secure : new NodeServerContext(secure, options);
}

export function makeNodeClientContext(options: ClientContextOptions): NodeClientContext | string {
  const wrong = refused(options);
  if (wrong !== undefined) return wrong;
  const secure = secureContext(options, believed(options.verify, options.ca));
  return typeof secure === "string" ? secure : new NodeClientContext(secure, options);
}

/** PEM of whom the peer may be certified by. Nobody, where nothing is verified: reading the system's takes its time. */
function believed(verify: string, ca: string | undefined): string | undefined {
  return verify === "none" ? "" : ca ?? systemAuthorities();
}

/** PEM of the authorities that the system believes; undefined: those that the runtime brings. */
function systemAuthorities(): string | undefined {
  for (const path of SYSTEM_AUTHORITIES) {
    try {
      return Deno.readTextFileSync(path);
    } catch {
      // the next place
    }
  }
  return undefined;
}
