/** The certificates of a Generation by their files, and how they are put together (manual 3.1, 5.1 `crt`). */
import type { Span } from "../config/document.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { GlobalTls } from "../config/model_tls.ts";
import type { Clock } from "../net/clock.ts";
import {
  type Certificate,
  certificateTime,
  isSame,
  parseCertificate,
} from "../net/tls/certificate.ts";
import { armor, CERTIFICATE_LABELS, parsePem } from "../net/tls/pem.ts";
import { readText, type TlsFiles } from "./files.ts";
import {
  type LoadedPair,
  makePair,
  type PairParts,
  readParts,
  RESERVED_EXTENSIONS,
} from "./pair.ts";

/** One certificate file and who uses it. */
export interface StoredCertificate {
  readonly path: string;
  parts: PairParts;
  pair: LoadedPair;
}

export interface StoreOptions {
  readonly files: TlsFiles;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

export class CertificateStore {
  readonly certificates = new Map<string, StoredCertificate>();
  readonly #options: StoreOptions;
  readonly #global: GlobalTls;
  /** a file that could not be read is told of once */
  readonly #bad = new Set<string>();
  /** `issuers-chain-path` */
  #issuers: Certificate[][] | undefined;

  constructor(global: GlobalTls, options: StoreOptions) {
    this.#global = global;
    this.#options = options;
  }

  /** The certificates that a `crt` with this path means: a file, a bundle, or all of a directory. */
  paths(path: string): string[] {
    const names = this.#options.files.list(path);
    return names === undefined ? this.bundle(path) : directoryFiles(path, names);
  }

  /** The file, or those of the bundle of this name (`ssl-load-extra-files bundle`). */
  bundle(path: string): string[] {
    const { files } = this.#options;
    if (!this.#global.extraFiles.has("bundle") || readText(files, path) !== undefined) {
      return [path];
    }
    const found = ["rsa", "ecdsa", "dsa"].map((kind) => `${path}.${kind}`)
      .filter((each) => readText(files, each) !== undefined);
    return found.length === 0 ? [path] : found;
  }

  /** The certificate of a file, read once; undefined after a mistake. */
  certificate(path: string, span: Span, where: string): StoredCertificate | undefined {
    const known = this.certificates.get(path);
    if (known !== undefined || this.#bad.has(path)) return known;
    const { files, diagnostics, clock: { wall } } = this.#options;
    const parts = readParts(files, path, this.#global);
    const pair = "problem" in parts ? parts : this.assemble(parts, path);
    if ("problem" in parts || "problem" in pair) {
      this.#bad.add(path);
      diagnostics.alert(span, `${where}: '${path}': ${(pair as { problem: string }).problem}`, {
        allowed: "a PEM file with the certificate, its private key, and the chain if there is one",
      });
      return undefined;
    }
    if (pair.warning !== undefined) {
      diagnostics.warning(span, `${where}: '${path}': ${pair.warning}`);
    }
    if (certificateTime(pair.leaf.notAfter) < wall()) {
      diagnostics.warning(span, `${where}: '${path}': the certificate has expired`);
    }
    const stored = { path, parts, pair };
    this.certificates.set(path, stored);
    return stored;
  }

  /** Parts as a pair, the chain completed as the global section says. */
  assemble(parts: PairParts, path: string): ReturnType<typeof makePair> {
    const base = this.#global.extraDelExt ? path.replace(/\.crt$/, "") : path;
    const pair = makePair(parts, `${base}.key`, this.#options.clock.wall());
    return "problem" in pair ? pair : this.#completed(pair);
  }

  /** A certificate without a chain gets one from `issuers-chain-path`. */
  #completed<P extends LoadedPair>(pair: P): P {
    const { issuersChainPath, skipSelfIssuedCa } = this.#global;
    let chain = [...pair.chain];
    let texts = pair.certificates.slice(1);
    if (chain.length === 0 && issuersChainPath !== undefined) {
      const found = this.#issuerChains(issuersChainPath.path).find(([first]) =>
        isSame(first.subjectDer, pair.leaf.issuerDer)
      );
      if (found !== undefined && !isSame(pair.leaf.subjectDer, pair.leaf.issuerDer)) {
        chain = found;
        texts = found.map(({ der }) => armor("CERTIFICATE", der));
      }
    }
    if (skipSelfIssuedCa) {
      const kept = chain.map(({ subjectDer, issuerDer }) => !isSame(subjectDer, issuerDer));
      chain = chain.filter((_, i) => kept[i]);
      texts = texts.filter((_, i) => kept[i]);
    }
    return { ...pair, chain, certificates: [pair.certificates[0], ...texts] };
  }

  /** The chains in a directory, read once. */
  #issuerChains(path: string): Certificate[][] {
    const { files } = this.#options;
    return this.#issuers ??= (files.list(path) ?? []).sort().map((name) =>
      parsePem(readText(files, `${path}/${name}`) ?? "")
        .filter(({ label }) => CERTIFICATE_LABELS.has(label))
        .map(({ der }) => parseCertificate(der))
        .filter((certificate) => certificate !== undefined)
    ).filter(({ length }) => length > 0);
  }
}

/** Certificates in a directory, in alphabetic order (manual 5.1 `crt`). */
function directoryFiles(path: string, names: readonly string[]): string[] {
  return names
    .filter((name) => !name.startsWith("."))
    .filter((name) => !RESERVED_EXTENSIONS.some((extension) => name.endsWith(extension)))
    .sort()
    .map((name) => `${path.replace(/\/+$/, "")}/${name}`);
}
