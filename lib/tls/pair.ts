/** A certificate with its key, read as HAProxy reads `crt` files (manual 5.1 `crt`, `ssl-load-extra-files`). */
import { createPrivateKey, createPublicKey } from "node:crypto";
import type { CrtLoad } from "../config/model_acme.ts";
import type { GlobalTls } from "../config/model_tls.ts";
import { type Certificate, isSame, parseCertificate } from "../net/tls/certificate.ts";
import type { KeyPair } from "../net/tls/engine.ts";
import { ocspEnd, ocspProblem } from "../net/tls/ocsp.ts";
import { CERTIFICATE_LABELS, KEY_LABELS, parsePem, type PemBlock } from "../net/tls/pem.ts";
import { below, readText, type TlsFiles, whyUnread } from "./files.ts";

/** What a `crt` file gave. */
export interface LoadedPair extends KeyPair {
  readonly leaf: Certificate;
  readonly chain: readonly Certificate[];
  readonly kind: "rsa" | "ecdsa" | "other";
}

/** What is put together into a pair; the runtime socket changes one part at a time. */
export interface PairParts {
  /** PEM: certificates, and the key if it is there */
  readonly pem: string;
  /** PEM of the key, when it is in a file of its own */
  readonly key?: string;
  readonly issuer?: string;
  readonly ocsp?: Uint8Array<ArrayBuffer>;
  readonly sctl?: Uint8Array<ArrayBuffer>;
}

export interface Problem {
  /** a sentence without a full stop; what file it is about stands before it */
  readonly problem: string;
}

/** Extensions of files that stand beside a certificate and are none (manual 5.1 `crt`). */
export const RESERVED_EXTENSIONS = [".key", ".issuer", ".ocsp", ".sctl"] as const;

/** Reads the parts of the certificate at `path`. */
export function readParts(files: TlsFiles, path: string, tls: GlobalTls): PairParts | Problem {
  const pem = readText(files, path);
  if (pem === undefined) return { problem: whyUnread(files, path) };
  const base = tls.extraDelExt ? path.replace(/\.crt$/, "") : path;
  const beside = (
    kind: "key" | "issuer" | "ocsp" | "sctl",
  ): Uint8Array<ArrayBuffer> | undefined => {
    if (!tls.extraFiles.has(kind)) return undefined;
    try {
      return Uint8Array.from(files.read(`${base}.${kind}`));
    } catch {
      return undefined;
    }
  };
  const latin1 = (bytes: Uint8Array | undefined) =>
    bytes && new TextDecoder("latin1").decode(bytes);
  const hasKey = parsePem(pem).some(({ label }) => KEY_LABELS.has(label));
  const ocsp = beside("ocsp");
  const sctl = beside("sctl");
  return {
    pem,
    key: hasKey ? undefined : latin1(beside("key")),
    issuer: latin1(beside("issuer")),
    ocsp: ocsp?.length === 0 ? undefined : ocsp,
    sctl: sctl?.length === 0 ? undefined : sctl,
  };
}

/** Reads the parts that a `load` line names, and those that stand beside the certificate. */
export function readLoad(
  files: TlsFiles,
  load: CrtLoad,
  path: string,
  keyBase: string | undefined,
  tls: GlobalTls,
): PairParts | Problem {
  const parts = readParts(files, path, tls);
  if ("problem" in parts) return parts;
  const found: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const kind of ["key", "issuer", "ocsp", "sctl"] as const) {
    const named = load[kind];
    if (named === undefined) continue;
    const file = below(kind === "key" ? keyBase : tls.crtBase, named);
    try {
      found[kind] = Uint8Array.from(files.read(file));
    } catch {
      return { problem: `'${kind} ${file}': ${whyUnread(files, file)}` };
    }
  }
  const latin1 = (bytes: Uint8Array | undefined) =>
    bytes && new TextDecoder("latin1").decode(bytes);
  const withoutKeys = parsePem(parts.pem).filter(({ label }) => !KEY_LABELS.has(label));
  return {
    pem: found.key === undefined ? parts.pem : withoutKeys.map(({ text }) => text).join(""),
    key: latin1(found.key) ?? parts.key,
    issuer: latin1(found.issuer) ?? parts.issuer,
    ocsp: found.ocsp ?? parts.ocsp,
    sctl: found.sctl ?? parts.sctl,
  };
}

/** Puts parts together; `keyPath` is named when there is no key. */
export function makePair(
  parts: PairParts,
  keyPath: string,
  wallMs: number,
): (LoadedPair & { readonly warning?: string }) | Problem {
  const blocks = parsePem(parts.pem);
  const found = blocks.filter(({ label }) => CERTIFICATE_LABELS.has(label));
  const keys = [...blocks, ...parsePem(parts.key ?? "")].filter(({ label }) =>
    KEY_LABELS.has(label)
  );
  const certificates = found.map((block) => ({ block, certificate: parseCertificate(block.der) }));
  if (certificates.length === 0) {
    const also = keys.length === 0
      ? "it has neither a certificate nor a private key"
      : "it has a private key but no certificate";
    return { problem: also };
  }
  if (certificates.some(({ certificate }) => certificate === undefined)) {
    return { problem: "a certificate in it is damaged" };
  }
  if (keys.length === 0) {
    return {
      problem: `it has a certificate but no private key, and there is none in '${keyPath}'`,
    };
  }
  const [key] = keys;
  if (key.encrypted) {
    return { problem: "its private key is encrypted; take the passphrase off ('openssl pkey')" };
  }
  const at = leafIndex(key, certificates as Parsed[]);
  if (at < 0) return { problem: "its private key does not belong to its certificate" };
  const [leaf] = certificates.splice(at, 1) as Parsed[];
  const chain = inOrder(leaf, certificates as Parsed[]);
  const bad = parts.ocsp && ocspProblem(parts.ocsp, leaf.certificate.serial, wallMs);
  return {
    certificates: [leaf, ...chain].map(({ block }) => block.text),
    key: key.text,
    ocsp: bad === undefined ? parts.ocsp : undefined,
    ocspEnd: parts.ocsp && ocspEnd(parts.ocsp),
    sctl: parts.sctl,
    leaf: leaf.certificate,
    chain: chain.map(({ certificate }) => certificate),
    kind: kindOf(leaf.certificate),
    warning: bad === undefined ? undefined : `its OCSP answer is not used: ${bad}`,
  };
}

interface Parsed {
  readonly block: PemBlock;
  readonly certificate: Certificate;
}

function kindOf({ keyAlgorithm }: Certificate): LoadedPair["kind"] {
  if (keyAlgorithm === "id-ecPublicKey" || keyAlgorithm.startsWith("ED")) return "ecdsa";
  return keyAlgorithm.startsWith("RSA") || keyAlgorithm === "rsaEncryption" ? "rsa" : "other";
}

/** Which certificate the key belongs to; 0 when the key is of a kind that cannot be looked into here. */
function leafIndex(key: PemBlock, certificates: readonly Parsed[]): number {
  let publicKey: Uint8Array;
  try {
    const own = createPublicKey(createPrivateKey(key.text));
    publicKey = own.export({ type: "spki", format: "der" });
  } catch {
    return 0;
  }
  return certificates.findIndex(({ certificate }) => isSame(certificate.publicKey, publicKey));
}

/** The chain from the issuer up; what belongs to none stays at the end, in the order of the file. */
function inOrder(leaf: Parsed, others: readonly Parsed[]): Parsed[] {
  const left = [...others];
  const chain: Parsed[] = [];
  for (let last = leaf;;) {
    const at = left.findIndex(({ certificate }) =>
      isSame(certificate.subjectDer, last.certificate.issuerDer)
    );
    if (at < 0) break;
    [last] = left.splice(at, 1);
    chain.push(last);
  }
  return [...chain, ...left];
}
