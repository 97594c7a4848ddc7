/** The certificates of a Generation by their files, and how they are put together (manual 3.1, 5.1 `crt`). */
import type { Span } from "../config/document.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { AcmeConfig, CrtLoad, CrtStoreConfig } from "../config/model_acme.ts";
import type { GlobalTls } from "../config/model_tls.ts";
import { nearest } from "../config/suggest.ts";
import type { Clock } from "../net/clock.ts";
import {
  type Certificate,
  certificateTime,
  isSame,
  parseCertificate,
} from "../net/tls/certificate.ts";
import { armor, CERTIFICATE_LABELS, parsePem } from "../net/tls/pem.ts";
import { below, readText, type TlsFiles } from "./files.ts";
import { type ManagedCertificate, placeholder, sectionOf } from "./orders.ts";
import {
  type LoadedPair,
  makePair,
  type PairParts,
  type Problem,
  readLoad,
  readParts,
  RESERVED_EXTENSIONS,
} from "./pair.ts";

/** One certificate file and who uses it. */
export interface StoredCertificate {
  readonly path: string;
  parts: PairParts;
  pair: LoadedPair;
}

/** A `load` line with the directories of its section. */
interface Load {
  readonly load: CrtLoad;
  readonly store: CrtStoreConfig;
}

export interface StoreOptions {
  readonly crtStores: readonly CrtStoreConfig[];
  readonly acmes: readonly AcmeConfig[];
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

  /** of `crt-store` sections, by the names that `crt` calls them */
  readonly #loads = new Map<string, Load>();
  /** those that an authority is asked for, by name */
  readonly managed = new Map<string, ManagedCertificate>();

  constructor(global: GlobalTls, options: StoreOptions) {
    this.#global = global;
    this.#options = options;
    for (const store of options.crtStores) {
      for (const load of store.loads) {
        const prefix = store.name === "" ? "" : `@${store.name}/`;
        const entry = { load, store };
        this.#loads.set(`${prefix}${load.crt.path}`, entry);
        if (load.alias !== undefined) {
          const alias = `${store.name === "" ? "@/" : prefix}${load.alias}`;
          this.#loads.set(alias, entry);
        }
      }
    }
  }

  /** Reads everything that `crt-store` sections load, used or not: mistakes are said, and orders are known. */
  readLoads(): void {
    for (const [name, { load }] of this.#loads) {
      this.certificate(this.#nameOf(name), load.span, "load");
    }
  }

  /** A certificate that may be called by its alias or by its file has one name: the alias. */
  #nameOf(path: string): string {
    const entry = this.#loads.get(path);
    if (entry?.load.alias === undefined) return path;
    return `@${entry.store.name}/${entry.load.alias}`;
  }

  /** The path of a `crt`, below `crt-base` unless it is a name of a `crt-store`. */
  named(path: string): string {
    return this.#loads.has(path) ? this.#nameOf(path) : below(this.#global.crtBase, path);
  }

  /** The certificates that a `crt` with this path means: a file, a bundle, or all of a directory. */
  paths(path: string): string[] {
    if (path.startsWith("@") || this.#loads.has(path)) return [path];
    const names = this.#options.files.list(path);
    return names === undefined ? this.bundle(path) : directoryFiles(path, names);
  }

  /** The file, or those of the bundle of this name (`ssl-load-extra-files bundle`). */
  bundle(path: string): string[] {
    const { files } = this.#options;
    if (path.startsWith("@") || this.#loads.has(path)) return [path];
    if (!this.#global.extraFiles.has("bundle") || readText(files, path) !== undefined) {
      return [path];
    }
    const found = ["rsa", "ecdsa", "dsa"].map((kind) => `${path}.${kind}`)
      .filter((each) => readText(files, each) !== undefined);
    return found.length === 0 ? [path] : found;
  }

  /** The certificate of a file, read once; undefined after a mistake. `order`: who gets it. */
  certificate(
    path: string,
    span: Span,
    where: string,
    order?: ManagedCertificate,
  ): StoredCertificate | undefined {
    const known = this.certificates.get(path);
    if (known !== undefined || this.#bad.has(path)) return known;
    const { diagnostics, clock: { wall } } = this.#options;
    const entry = this.#loads.get(path);
    if (entry === undefined && path.startsWith("@")) {
      this.#bad.add(path);
      const names = [...this.#loads.keys()].filter((name) => name.startsWith("@"));
      diagnostics.alert(span, `${where}: there is no '${path}' in a 'crt-store' section`, {
        allowed: names.length > 0 ? names.map((name) => `'${name}'`).join(", ") : undefined,
        nearest: nearest(path, names),
      });
      return undefined;
    }
    const managed = entry === undefined ? order : this.#order(path, entry);
    if (managed !== undefined) this.managed.set(path, managed);
    const parts = this.#read(path, entry, managed);
    const pair = "problem" in parts ? parts : this.assemble(parts, path);
    if ("problem" in parts || "problem" in pair) {
      this.#bad.add(path);
      const file = entry === undefined ? path : this.#fileOf(entry);
      diagnostics.alert(span, `${where}: '${file}': ${(pair as { problem: string }).problem}`, {
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

  #read(
    path: string,
    entry: Load | undefined,
    managed: ManagedCertificate | undefined,
  ): PairParts | Problem {
    const { files, clock } = this.#options;
    const file = managed?.file ?? path;
    if (managed !== undefined && readText(files, file) === undefined) {
      return { pem: placeholder(managed.domains, clock.wall()) };
    }
    return entry === undefined
      ? readParts(files, file, this.#global)
      : readLoad(files, entry.load, this.#fileOf(entry), this.#keyBase(entry), this.#global);
  }

  #fileOf({ load, store }: Load): string {
    return below(store.crtBase ?? this.#global.crtBase, load.crt.path);
  }

  #keyBase({ store }: Load): string | undefined {
    return store.keyBase ?? this.#global.keyBase;
  }

  /** What an authority is asked for by a `load` line. */
  #order(name: string, entry: Load): ManagedCertificate | undefined {
    const { acme: word, domains, key, span } = entry.load;
    if (word === undefined || domains === undefined) return undefined;
    const { diagnostics, acmes } = this.#options;
    if (key !== undefined) {
      diagnostics.alert(span, "load: 'acme' writes certificate and key into one file", {
        allowed: "'crt' without 'key'",
      });
      return undefined;
    }
    const acme = sectionOf(word, acmes, diagnostics);
    return acme && { name, file: this.#fileOf(entry), acme, domains };
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
