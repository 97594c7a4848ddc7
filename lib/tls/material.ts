/**
 * TlsMaterial: the certificates and contexts of one Generation. Everything that can be wrong with them is said when
 * it is built; while it runs, the runtime socket exchanges certificates in it.
 */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Span, Word } from "../config/document.ts";
import type { BindConfig, GlobalConfig, ProxyConfig, ServerConfig } from "../config/model.ts";
import type { BindTls, CertificateSource, GlobalTls, ServerTls } from "../config/model_tls.ts";
import { readOptions } from "../config/keywords/option_table.ts";
import { crtListOptions } from "../config/keywords/tls_bind.ts";
import type {
  ClientContextOptions,
  ServerContextOptions,
  TlsEngine,
  VerifyOptions,
} from "../net/tls/engine.ts";
import {
  type Certificate,
  certificateTime,
  isSame,
  parseCertificate,
} from "../net/tls/certificate.ts";
import { armor, CERTIFICATE_LABELS, parsePem } from "../net/tls/pem.ts";
import type { Clock } from "../net/clock.ts";
import { ServerTlsClient } from "./client.ts";
import { parseCrtList } from "./crt_list.ts";
import { below, readText, type TlsFiles, whyUnread } from "./files.ts";
import { type EntrySource, ListenerEntry, TlsListener } from "./listener.ts";
import {
  type LoadedPair,
  makePair,
  type PairParts,
  readParts,
  RESERVED_EXTENSIONS,
} from "./pair.ts";
import { CertificateUpdates } from "./updates.ts";
import {
  readAuthorities,
  readRevoked,
  readTicketKeys,
  resolveSettings,
  type SettingsReader,
} from "./settings.ts";

/** One certificate file and who uses it. */
export interface StoredCertificate {
  readonly path: string;
  parts: PairParts;
  pair: LoadedPair;
}

export interface MaterialOptions {
  /** called when something needs TLS; undefined: this machine has no engine */
  readonly engine: () => TlsEngine | undefined;
  readonly files: TlsFiles;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

export class TlsMaterial {
  readonly certificates = new Map<string, StoredCertificate>();
  /** what the runtime socket changes */
  readonly updates = new CertificateUpdates(this);
  readonly listeners = new Map<BindConfig, TlsListener>();
  readonly #clients = new Set<ServerTlsClient>();
  /** what a listener was made from, for lines that are added to its lists */
  readonly #origins = new Map<
    TlsListener,
    { proxy: ProxyConfig; bind: BindConfig; tls: BindTls; where: string }
  >();
  #reader: SettingsReader | undefined;
  readonly #options: MaterialOptions;
  readonly #global: GlobalTls;
  /** a file that could not be read is told of once */
  readonly #bad = new Set<string>();
  /** `issuers-chain-path` */
  #issuers: Certificate[][] | undefined;

  constructor(global: GlobalConfig, proxies: readonly ProxyConfig[], options: MaterialOptions) {
    this.#options = options;
    this.#global = global.tls;
    const { diagnostics } = options;
    for (const proxy of proxies) {
      if (proxy.disabled) continue;
      for (const bind of proxy.binds) {
        const { tls } = bind;
        if (tls === undefined) continue;
        if (!tls.ssl) {
          diagnostics.warning(bind.span, "the TLS settings of this line do nothing without 'ssl'");
          continue;
        }
        const listener = this.#listener(proxy, bind, tls);
        if (listener !== undefined) this.listeners.set(bind, listener);
      }
    }
  }

  /** Says that there is no engine, once for a line. */
  #readerFor(
    span: Span,
    where: string,
    told = this.#options.diagnostics,
  ): SettingsReader | undefined {
    if (this.#reader !== undefined) return this.#reader;
    const { files, diagnostics } = this.#options;
    const engine = this.#options.engine();
    if (engine === undefined) {
      told.alert(span, `${where}: there is no TLS library on this machine`);
      return undefined;
    }
    return this.#reader = { files, engine, global: this.#global, diagnostics };
  }

  #listener(proxy: ProxyConfig, bind: BindConfig, tls: BindTls): TlsListener | undefined {
    const { diagnostics } = this.#options;
    const where = `bind ${describe(bind)}`;
    const reader = this.#readerFor(bind.span, where);
    if (reader === undefined) return undefined;
    const options = this.#serverOptions(tls, where, bind.span, reader, proxy, bind);
    if (tls.sources === undefined) {
      diagnostics.alert(bind.span, `${where}: 'ssl' needs a certificate`, {
        allowed: "'crt' and the path of a PEM file or a directory, or 'crt-list' and a list",
      });
      return undefined;
    }
    const entries: ListenerEntry[] = [];
    for (const source of tls.sources) {
      for (const { at, settings } of this.#sources(source, where, tls)) {
        const own = settings === tls
          ? options
          : this.#serverOptions(settings, where, source.span, reader, proxy, bind);
        const stored = this.certificate(at.path, source.span, where);
        if (own === undefined || stored === undefined) continue;
        const entry = ListenerEntry.make(reader.engine, at, own, stored.pair);
        if (typeof entry === "string") {
          diagnostics.alert(source.span, `${where}: '${at.path}': ${entry}`);
        } else entries.push(entry);
      }
    }
    if (options === undefined || entries.length === 0) return undefined;
    const lists = tls.sources.filter(({ kind }) => kind === "crt-list").map(({ path }) => path);
    const listener = new TlsListener(
      reader.engine,
      `${proxy.name} ${where}`,
      tls.strictSni === true,
      entries,
      [...new Set(lists)],
    );
    this.#origins.set(listener, { proxy, bind, tls, where });
    return listener;
  }

  /** The certificates that a `crt` or `crt-list` names, each with the settings that hold for it. */
  #sources(
    source: CertificateSource,
    where: string,
    tls: BindTls,
  ): { at: EntrySource; settings: BindTls }[] {
    const { diagnostics, files } = this.#options;
    if (source.kind === "crt") {
      const path = below(this.#global.crtBase, source.path);
      const names = files.list(path);
      const paths = names === undefined ? this.#bundle(path) : directoryFiles(path, names);
      if (paths.length === 0) {
        diagnostics.alert(source.span, `${where}: there is no certificate in '${path}'`);
      }
      return paths.map((each) => ({
        at: { path: each, settings: [], filters: [] },
        settings: tls,
      }));
    }
    const text = readText(files, source.path);
    if (text === undefined) {
      const why = whyUnread(files, source.path);
      diagnostics.alert(source.span, `${where}: 'crt-list ${source.path}': ${why}`);
      return [];
    }
    const lines = parseCrtList(text);
    if ("problem" in lines) {
      diagnostics.alert(
        source.span,
        `${where}: 'crt-list ${source.path}', line ${lines.line}: ${lines.problem}`,
        { allowed: "a file, settings in brackets, names: 'site.pem [alpn h2] www.example.org'" },
      );
      return [];
    }
    return lines.flatMap((line) => {
      const settings = this.crtListSettings(
        line.settings,
        tls,
        source.span,
        source.path,
        line.line,
      );
      return this.#bundle(below(this.#global.crtBase, line.path)).map((path) => ({
        at: {
          path,
          list: source.path,
          line: line.line,
          settings: line.settings,
          filters: line.filters,
        },
        settings,
      }));
    });
  }

  /** The settings of a crt-list line over those of its `bind` line. */
  crtListSettings(
    words: readonly string[],
    tls: BindTls,
    span: Span,
    list: string,
    line: number,
    diagnostics = this.#options.diagnostics,
  ): BindTls {
    if (words.length === 0) return tls;
    const draft: { tls?: BindTls } = { tls };
    const at = words.map((text): Word => ({ text, span }));
    readOptions(crtListOptions, at, draft, `crt-list ${list}, line ${line}`, "crt-list", {
      diagnostics,
      readFile: this.#options.files.read,
    });
    return draft.tls ?? tls;
  }

  /** The file, or those of the bundle of this name (`ssl-load-extra-files bundle`). */
  #bundle(path: string): string[] {
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

  /** What a listener's contexts are made with; undefined after a mistake. */
  #serverOptions(
    tls: BindTls,
    where: string,
    span: Span,
    reader: SettingsReader,
    proxy: ProxyConfig,
    bind: BindConfig,
  ): Omit<ServerContextOptions, "pair"> | undefined {
    const resolved = resolveSettings(tls, this.#global.bind, where, span, reader);
    const verify = this.#verifyOptions(tls, where, span, reader);
    const ticketKeys = tls.ticketKeys && readTicketKeys(tls.ticketKeys, where, reader);
    const missing = reader.engine.missing.get("tls-ticket-keys");
    if (tls.ticketKeys !== undefined && missing !== undefined) {
      reader.diagnostics.alert(tls.ticketKeys.span, `${where}: 'tls-ticket-keys': ${missing}`);
      return undefined;
    }
    if (resolved === undefined || verify === undefined || ticketKeys === null) return undefined;
    return {
      ...resolved,
      ...verify,
      ticketKeys,
      scope: JSON.stringify([proxy.name, bind.addresses, tls.caFile, tls.verify, tls.crlFile]),
      hideCaNames: tls.hideCaNames,
      preferClientCiphers: tls.preferClientCiphers,
    };
  }

  #verifyOptions(
    tls: BindTls,
    where: string,
    span: Span,
    reader: SettingsReader,
  ): VerifyOptions | undefined {
    const { verify = "none", caFile, caVerifyFile, crlFile, caIgnore, crtIgnore } = tls;
    if (verify !== "none" && caFile === undefined) {
      reader.diagnostics.alert(span, `${where}: 'verify ${verify}' needs 'ca-file'`, {
        allowed: "'ca-file' and the authorities that sign the clients' certificates",
      });
      return undefined;
    }
    const ca = caFile && readAuthorities(caFile, "ca-file", where, reader);
    const more = caVerifyFile && readAuthorities(caVerifyFile, "ca-verify-file", where, reader);
    const crl = crlFile && readRevoked(crlFile, where, reader);
    if (ca === null || more === null || crl === null) return undefined;
    for (const [name, value] of Object.entries({ "crl-file": crl, "ca-verify-file": more })) {
      const missing = value === undefined ? undefined : reader.engine.missing.get(name);
      if (missing === undefined) continue;
      reader.diagnostics.alert(span, `${where}: '${name}' is not possible: ${missing}`);
      return undefined;
    }
    return {
      verify,
      ca,
      caVerify: more,
      crl,
      ignoreCaErrors: caIgnore,
      ignoreCrtErrors: crtIgnore,
    };
  }

  /** The options of a line that is added to a list of `listener`; undefined after a mistake. */
  optionsFor(
    listener: TlsListener,
    words: readonly string[],
    told: Diagnostics,
  ): Omit<ServerContextOptions, "pair"> | undefined {
    const { proxy, bind, tls, where } = this.#origins.get(listener)!;
    const settings = this.crtListSettings(words, tls, bind.span, "", 0, told);
    if (told.failed) return undefined;
    const reader = { ...this.#reader!, diagnostics: told };
    return this.#serverOptions(settings, where, bind.span, reader, proxy, bind);
  }

  /** True when connections to a server show this certificate. */
  isClientCertificate(path: string): boolean {
    return [...this.#clients].some((client) => client.certificatePath === path);
  }

  /** Gives connections to servers another certificate; a text: why the engine does not take it. */
  renewClients(path: string, pair: LoadedPair): string | undefined {
    for (const client of this.#clients) {
      const wrong = client.certificatePath === path ? client.renew(pair) : undefined;
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  /** The TLS of a server; undefined: it has none, or a mistake was told. */
  client(server: ServerConfig, backend: string, told: Diagnostics): ServerTlsClient | undefined {
    const { tls, span, name } = server;
    if (tls === undefined) return undefined;
    const where = `server ${backend}/${name}`;
    if (!tls.ssl && !tls.checkSsl) {
      told.warning(span, `${where}: its TLS settings do nothing without 'ssl'`);
      return undefined;
    }
    const reader = this.#readerFor(span, where, told);
    if (reader === undefined) return undefined;
    const options = this.#clientOptions(tls, where, span, { ...reader, diagnostics: told });
    if (options === undefined) return undefined;
    const client = ServerTlsClient.make(reader.engine, this.#options.clock, tls, options);
    if (typeof client === "string") {
      told.alert(span, `${where}: ${client}`);
      return undefined;
    }
    if (tls.crt !== undefined) client.certificatePath = below(this.#global.crtBase, tls.crt.path);
    this.#clients.add(client);
    return client;
  }

  #clientOptions(
    tls: ServerTls,
    where: string,
    span: Span,
    reader: SettingsReader,
  ): ClientContextOptions | undefined {
    const { caFile, crlFile, crt } = tls;
    const verify = tls.verify ?? this.#global.serverVerify ?? "required";
    if (verify !== "none" && caFile === undefined) {
      reader.diagnostics.alert(span, `${where}: 'ssl' needs 'ca-file' to verify the server by`, {
        allowed:
          "'ca-file' and a file of authorities, 'ca-file @system-ca' for the system's own, " +
          "or 'verify none' where nobody can come between",
      });
      return undefined;
    }
    const resolved = resolveSettings(tls, this.#global.server, where, span, reader);
    const ca = caFile && readAuthorities(caFile, "ca-file", where, reader);
    const crl = crlFile && readRevoked(crlFile, where, reader);
    const own = crt && this.certificate(below(this.#global.crtBase, crt.path), crt.span, where);
    if (resolved === undefined || ca === null || crl === null) return undefined;
    if (crt !== undefined && own === undefined) return undefined;
    return { ...resolved, verify, ca, crl, pair: own?.pair };
  }

  /** The listener of a `bind` line; undefined: it does not speak TLS. */
  listenerOf(bind: BindConfig): TlsListener | undefined {
    return this.listeners.get(bind);
  }

  free(): void {
    for (const listener of this.listeners.values()) listener.free();
    for (const client of this.#clients) client.free();
  }
}

function describe({ addresses: [address] }: BindConfig): string {
  switch (address.type) {
    case "tcp":
      return `${address.host}:${address.port}`;
    case "unix":
      return address.path;
    case "abstract":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
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
