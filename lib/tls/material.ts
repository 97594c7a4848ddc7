/**
 * TlsMaterial: the certificates and contexts of one Generation. Everything that can be wrong with them is said when
 * it is built; while it runs, the runtime socket exchanges certificates in it.
 */
import { Diagnostics } from "../config/diagnostic.ts";
import type { BindConfig, GlobalConfig, ServerConfig } from "../config/model.ts";
import type { AcmeConfig, CrtStoreConfig } from "../config/model_acme.ts";
import type { BindTls, GlobalTls } from "../config/model_tls.ts";
import type { ServerContextOptions, TlsEngine, TlsMeter } from "../net/tls/engine.ts";
import type { Clock } from "../net/clock.ts";
import type { AcmeChallenges } from "./challenges.ts";
import { CertificateStore } from "./certificate_store.ts";
import { alpnOf, websocketsApart } from "../config/websocket_proto.ts";
import { ServerTlsClient } from "./client.ts";
import { clientOptions, serverOptions, type TlsOwner } from "./context_options.ts";
import { below, type TlsFiles } from "./files.ts";
import { readGenerator } from "./generator.ts";
import { ListenerEntry, TlsListener } from "./listener.ts";
import type { LoadedPair } from "./pair.ts";
import type { SettingsReader } from "./settings.ts";
import { SourceReader } from "./sources.ts";
import { type AuthorityFiles, authorityFiles, AuthorityUpdates } from "./authority_updates.ts";
import { CertificateUpdates } from "./updates.ts";

export interface MaterialOptions {
  readonly acmes: readonly AcmeConfig[];
  readonly crtStores: readonly CrtStoreConfig[];
  readonly meter?: TlsMeter;
  /** 80 bytes, the same in all threads: sessions are resumed in whichever thread */
  readonly ticketSecret?: Uint8Array<ArrayBuffer>;
  /** made when something is got from an authority */
  readonly challenges: () => AcmeChallenges;
  /** called when something needs TLS */
  readonly engine: () => TlsEngine;
  readonly files: TlsFiles;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

export class TlsMaterial {
  readonly store: CertificateStore;
  /** PEM of authorities and revocation lists, by their files */
  readonly authorities = new Map<string, string>();
  /** keys of tickets, by their files */
  readonly ticketFiles = new Map<string, Uint8Array<ArrayBuffer>[]>();
  readonly authorityUpdates = new AuthorityUpdates(this);
  /** undefined: nothing is got from an authority */
  readonly challenges: AcmeChallenges | undefined;
  /** what the runtime socket changes */
  readonly updates = new CertificateUpdates(this);
  readonly listeners = new Map<BindConfig, TlsListener>();
  readonly #clients = new Set<ServerTlsClient>();
  /** what a listener was made from, for lines that are added to its lists */
  readonly #origins = new Map<
    TlsListener,
    { proxy: TlsOwner; bind: BindConfig; tls: BindTls; where: string }
  >();
  readonly #sources: SourceReader;
  #reader: SettingsReader | undefined;
  readonly #options: MaterialOptions;
  readonly #global: GlobalTls;

  constructor(global: GlobalConfig, proxies: readonly TlsOwner[], options: MaterialOptions) {
    this.#options = options;
    this.#global = global.tls;
    this.store = new CertificateStore(global.tls, options);
    this.#sources = new SourceReader(this.store, options);
    const { diagnostics } = options;
    const hasOrders = options.crtStores.some(({ loads }) => loads.some(({ acme }) => acme)) ||
      options.acmes.length > 0 ||
      proxies.some(({ binds }) => binds.some(({ tls }) => tls?.auto !== undefined));
    if (hasOrders) this.challenges = options.challenges();
    this.store.readLoads();
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
    this.#checkOrders();
  }

  /** Says which certificates cannot be got in the way that was chosen. */
  #checkOrders(): void {
    for (const { name, acme } of this.store.managed.values()) {
      const reason = acme.challenge === "tls-alpn-01" &&
        this.#settingsReader().engine.missing.get("tls-alpn-01");
      if (!reason) continue;
      this.#options.diagnostics.alert(
        acme.span,
        `acme ${acme.name}: '${name}' cannot be got by tls-alpn-01: ${reason}`,
        { allowed: `'challenge http-01' in a section 'acme ${acme.name}'` },
      );
    }
  }

  /** Made when something needs TLS: only then is a library looked for. */
  get engine(): TlsEngine {
    return this.#options.engine();
  }

  #settingsReader(): SettingsReader {
    const { files, diagnostics, ticketSecret, engine } = this.#options;
    return this.#reader ??= {
      files,
      engine: engine(),
      global: this.#global,
      diagnostics,
      ticketSecret,
      authorities: this.authorities,
      ticketFiles: this.ticketFiles,
    };
  }

  #listener(proxy: TlsOwner, bind: BindConfig, tls: BindTls): TlsListener | undefined {
    const { diagnostics } = this.#options;
    const where = `bind ${describe(bind)}`;
    const reader = this.#settingsReader();
    const options = serverOptions(tls, { where, span: bind.span, proxy, bind }, reader);
    const sources = this.#sources.of(tls, where, bind.span);
    if (sources === undefined) return undefined;
    if (sources.length === 0 && tls.sources === undefined) {
      diagnostics.alert(bind.span, `${where}: 'ssl' needs a certificate`, {
        allowed: "'crt' and the path of a PEM file or a directory, or 'crt-list' and a list",
      });
      return undefined;
    }
    const entries: ListenerEntry[] = [];
    for (const { at, settings, span, order } of sources) {
      const own = settings === tls
        ? options
        : serverOptions(settings, { where, span, proxy, bind }, reader);
      const stored = this.store.certificate(at.path, span, where, order);
      if (own === undefined || stored === undefined) continue;
      const entry = ListenerEntry.make(reader.engine, at, own, stored.pair);
      if (typeof entry === "string") {
        diagnostics.alert(span, `${where}: '${at.path}': ${entry}`);
      } else entries.push(entry);
    }
    if (options === undefined || entries.length === 0) return undefined;
    const lists = (tls.sources ?? []).filter(({ kind }) => kind === "crt-list");
    const listener = new TlsListener({
      engine: reader.engine,
      name: `${proxy.name} ${where}`,
      strictSni: tls.strictSni === true,
      entries,
      lists: [...new Set(lists.map(({ path }) => path))],
      challenges: this.challenges,
      generator: readGenerator(
        tls,
        where,
        bind.span,
        { ...reader, clock: this.#options.clock },
        options,
      ),
    });
    this.#origins.set(listener, { proxy, bind, tls, where });
    return listener;
  }

  /** The options of a line that is added to a list of `listener`; undefined after a mistake. */
  optionsFor(
    listener: TlsListener,
    words: readonly string[],
    told: Diagnostics,
  ): Omit<ServerContextOptions, "pair"> | undefined {
    const { proxy, bind, tls, where } = this.#origins.get(listener)!;
    const settings = this.#sources.listSettings(words, tls, bind.span, "", 0, told);
    if (told.failed) return undefined;
    const reader = { ...this.#settingsReader(), diagnostics: told };
    return serverOptions(settings, { where, span: bind.span, proxy, bind }, reader);
  }

  /** wall ms */
  wall(): number {
    return this.#options.clock.wall();
  }

  /** Where the authorities of a listener's certificate come from: a crt-list line may name its own. */
  filesOf(listener: TlsListener, { source }: ListenerEntry): AuthorityFiles {
    const { tls, bind } = this.#origins.get(listener)!;
    const settings = this.#sources.listSettings(
      source.settings,
      tls,
      bind.span,
      "",
      0,
      new Diagnostics(),
    );
    return authorityFiles(settings, this.#global.caBase);
  }

  /** The servers' clients, with where their authorities come from. */
  *clientFiles(): Iterable<{ client: ServerTlsClient; files: AuthorityFiles }> {
    for (const client of this.#clients) {
      yield { client, files: authorityFiles(client.config, this.#global.caBase) };
    }
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

  /**
   * The TLS of a server; undefined: it has none, or a mistake was told. `ruleAlpn`: rules connect to it over TLS for
   * its checks, and these are the protocols that they offer.
   */
  client(
    server: ServerConfig,
    backend: string,
    told: Diagnostics,
    ruleAlpn?: readonly (readonly string[])[],
  ): ServerTlsClient | undefined {
    const { span, name } = server;
    const tls = server.tls ?? (ruleAlpn && { ssl: false });
    if (tls === undefined) return undefined;
    const where = `server ${backend}/${name}`;
    if (!tls.ssl && !tls.checkSsl && ruleAlpn === undefined) {
      told.warning(span, `${where}: its TLS settings do nothing without 'ssl'`);
      return undefined;
    }
    const reader = this.#settingsReader();
    const options = clientOptions(tls, where, span, { ...reader, diagnostics: told }, this.store);
    if (options === undefined) return undefined;
    const apart = tls.alpn && websocketsApart(server);
    const client = ServerTlsClient.make(
      reader.engine,
      this.#options.clock,
      tls,
      options,
      this.#options.meter,
      { websockets: apart && [alpnOf(apart)], rules: ruleAlpn },
    );
    if (typeof client === "string") {
      told.alert(span, `${where}: ${client}`);
      return undefined;
    }
    if (tls.crt !== undefined) client.certificatePath = below(this.#global.crtBase, tls.crt.path);
    this.#clients.add(client);
    return client;
  }

  /** The listener of a `bind` line; undefined: it does not speak TLS. */
  listenerOf(bind: BindConfig): TlsListener | undefined {
    return this.listeners.get(bind);
  }

  free(): void {
    for (const listener of this.listeners.values()) listener.free();
    for (const client of this.#clients) client.free();
    this.challenges?.free();
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
