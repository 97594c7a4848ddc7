/** Which certificates a `bind` line names, and which settings hold for each. */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Span, Word } from "../config/document.ts";
import { readOptions } from "../config/keywords/option_table.ts";
import { crtListOptions } from "../config/keywords/tls_bind.ts";
import type { AcmeConfig } from "../config/model_acme.ts";
import type { BindTls, CertificateSource } from "../config/model_tls.ts";
import type { CertificateStore } from "./certificate_store.ts";
import { parseCrtList } from "./crt_list.ts";
import { readText, type TlsFiles, whyUnread } from "./files.ts";
import type { EntrySource } from "./listener.ts";
import { autoOrder, type ManagedCertificate, sectionOf } from "./orders.ts";

/** A certificate of a listener, and what holds for it. */
export interface Source {
  readonly at: EntrySource;
  readonly settings: BindTls;
  readonly span: Span;
  readonly order?: ManagedCertificate;
}

interface SourceParts {
  readonly acmes: readonly AcmeConfig[];
  readonly files: TlsFiles;
  readonly diagnostics: Diagnostics;
}

export class SourceReader {
  readonly #store: CertificateStore;
  readonly #options: SourceParts;

  constructor(store: CertificateStore, options: SourceParts) {
    this.#store = store;
    this.#options = options;
  }

  /** All certificates of a line, that of `tls auto` first; undefined after a mistake of the latter. */
  of(tls: BindTls, where: string, span: Span): Source[] | undefined {
    const { diagnostics, acmes } = this.#options;
    const sources: Source[] = [];
    if (tls.auto !== undefined) {
      const order = autoOrder(tls, where, span, acmes, diagnostics);
      if (order === undefined) return undefined;
      const at = { path: order.name, settings: [], filters: [] };
      sources.push({ at, settings: tls, span: tls.auto.span, order });
    } else if (tls.domains !== undefined || tls.email !== undefined) {
      diagnostics.warning(span, `${where}: 'domains' and 'email' do nothing without 'tls auto'`);
    }
    for (const source of tls.sources ?? []) sources.push(...this.#ofSource(source, where, tls));
    return sources;
  }

  /** Who gets the certificate of a crt-list line. */
  #listOrder(
    { acme: word, domains }: BindTls,
    filters: readonly string[],
    path: string,
    span: Span,
    where: string,
  ): ManagedCertificate | undefined {
    const { diagnostics, acmes } = this.#options;
    if (word === undefined) return undefined;
    const names = domains ?? filters.filter((name) => !/[!*]/.test(name));
    if (names.length === 0) {
      diagnostics.alert(span, `${where}: 'acme' of '${path}' needs 'domains'`);
      return undefined;
    }
    const acme = sectionOf(word, acmes, diagnostics);
    return acme && { name: path, file: path, acme, domains: names };
  }

  /** The certificates that a `crt` or `crt-list` names, each with the settings that hold for it. */
  #ofSource(source: CertificateSource, where: string, tls: BindTls): Source[] {
    const { span } = source;
    const { diagnostics, files } = this.#options;
    if (source.kind !== "crt-list") {
      const path = this.#store.named(source.path);
      const paths = this.#store.paths(path);
      if (paths.length === 0) {
        diagnostics.alert(source.span, `${where}: there is no certificate in '${path}'`);
      }
      return paths.map((each) => ({
        at: { path: each, settings: [], filters: [], isDefault: source.kind === "default-crt" },
        settings: tls,
        span,
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
      const settings = this.listSettings(
        line.settings,
        tls,
        source.span,
        source.path,
        line.line,
      );
      return this.#store.bundle(this.#store.named(line.path)).map((path) => ({
        at: {
          path,
          list: source.path,
          line: line.line,
          settings: line.settings,
          filters: line.filters,
        },
        settings,
        span,
        order: settings === tls
          ? undefined
          : this.#listOrder(settings, line.filters, path, span, where),
      }));
    });
  }

  /** The settings of a crt-list line over those of its `bind` line. */
  listSettings(
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
}
