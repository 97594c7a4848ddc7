/** Document to Config: sections in their order, settings inherited from `defaults`, all mistakes reported. */
import { applyStatement, type StatementScope } from "./apply_statement.ts";
import { hasRules, scopeDefaultAcls } from "./default_rules.ts";
import type { Diagnostics } from "./diagnostic.ts";
import type { Document, Section, Word } from "./document.ts";
import {
  type GlobalDraft,
  inheritProxyDraft,
  newGlobalDraft,
  newProxyDraft,
  type ProxyDraft,
  RULE_LISTS,
} from "./draft.ts";
import {
  finishCache,
  finishHttpErrors,
  finishMailers,
  finishResolvers,
  finishRing,
  finishSection,
  finishUserlist,
  NAMED_SECTIONS,
  newSectionDraft,
  type SectionDrafts,
  withDefaultResolvers,
} from "./draft_section.ts";
import { finishGlobal, finishLogForwards, finishProxies } from "./finish.ts";
import { finishPeers } from "./finish_peers.ts";
import { completePeerTables } from "./stick_tables.ts";
import { settleLogTargets } from "./log_targets.ts";
import { Refusal } from "./keywords/args.ts";
import { name as nameType } from "./keywords/args.ts";
import { sectionRows } from "./keywords/index.ts";
import { type ModelSection, unsupported } from "./keywords/types.ts";
import type { Config } from "./model.ts";
import { nearest } from "./suggest.ts";
import { validate } from "./validate.ts";

export interface BuildOptions {
  readonly diagnostics: Diagnostics;
  /** Reads a file that the configuration names (`errorfile`). Throws when it cannot. */
  readonly readFile: (path: string) => Uint8Array;
  /** the name of this instance among peers: `-L`, before `localpeer` of the global section */
  readonly localPeer?: string;
  /** the same when nobody says it: the machine's name */
  readonly hostname?: string;
  /** the threads of one process where no `nbthread` says it; undefined: 1 */
  readonly threads?: number;
}

/**
 * Builds the Config that a Document describes. Every mistake goes to the diagnostics; when one of them is an
 * alert, from here or from reading the text, the answer is undefined. Never throws.
 */
export function buildConfig(document: Document, options: BuildOptions): Config | undefined {
  const builder = new Builder(options);
  for (const section of document.sections) builder.section(section);
  const drafts = builder.proxies;
  const { diagnostics } = options;
  const global = finishGlobal(builder.global, diagnostics, options.threads);
  const httpErrors = builder.named("http-errors").map(finishHttpErrors);
  const proxies = finishProxies(drafts, builder.global, httpErrors, diagnostics);
  const userlists = builder.named("userlist").map((list) => finishUserlist(list, diagnostics));
  const config = settleLogTargets(
    {
      global,
      proxies,
      userlists,
      httpErrors,
      resolvers: withDefaultResolvers(builder.named("resolvers").map(finishResolvers)),
      mailers: builder.named("mailers").map(finishMailers),
      caches: builder.named("cache").map((cache) => finishCache(cache, diagnostics)),
      peers: completePeerTables(
        builder.named("peers").map((section) => finishPeers(section, builder.global, options)),
        proxies,
      ),
      rings: builder.named("ring").map(finishRing),
      crtStores: builder.named("crt-store").map(finishSection),
      namespaces: builder.named("namespace_list").flatMap(({ namespaces }) => namespaces),
      acmes: builder.named("acme").map(finishSection),
      logForwards: finishLogForwards(builder.logForwards, builder.global, diagnostics),
    },
    builder.global,
    diagnostics,
  );
  validate(config, { global: builder.global, proxies: drafts }, options);
  return options.diagnostics.failed ? undefined : config;
}

/** A `defaults` section and who took settings from it. */
interface DefaultsEntry {
  readonly draft: ProxyDraft;
  readonly nameWord?: Word;
  /** The first proxy that named it, that took it as the last one above, that has a frontend, a backend. */
  explicit?: ProxyDraft;
  implicit?: ProxyDraft;
  front?: ProxyDraft;
  back?: ProxyDraft;
  nameChecked?: boolean;
}

const PROXY_NAME = nameType();

type ProxySection = Exclude<ModelSection, "global" | "log-forward" | keyof SectionDrafts>;

/** manual 3.10 `maxconn` */
const LOG_FORWARD_MAXCONN = 10;

function isNamed(kind: ModelSection): kind is keyof SectionDrafts {
  return (NAMED_SECTIONS as readonly string[]).includes(kind);
}

class Builder {
  readonly global: GlobalDraft = newGlobalDraft();
  readonly proxies: ProxyDraft[] = [];
  readonly logForwards: ProxyDraft[] = [];
  readonly #named = new Map<keyof SectionDrafts, SectionDrafts[keyof SectionDrafts][]>();
  readonly #defaults: DefaultsEntry[] = [];
  readonly #names = {
    front: new Map<string, ProxyDraft>(),
    back: new Map<string, ProxyDraft>(),
  };
  readonly #diagnostics: Diagnostics;
  readonly #readFile: (path: string) => Uint8Array;

  constructor(options: BuildOptions) {
    this.#diagnostics = options.diagnostics;
    this.#readFile = options.readFile;
  }

  section(section: Section): void {
    const row = sectionRows.find((r) => r.kind === section.kind.text);
    if (row === undefined) {
      this.#diagnostics.alert(section.kind.span, `unknown section '${section.kind.text}'`, {
        allowed: `the sections ${sectionRows.map((r) => r.kind).join(", ")}`,
        nearest: nearest(section.kind.text, sectionRows.map((r) => r.kind)),
      });
      return;
    }
    if (row.status === "unsupported") {
      this.#diagnostics.alert(section.kind.span, `section ${unsupported(row.kind, row.reason)}`);
      return;
    }
    const kind = row.kind as ModelSection;
    if (kind === "global") this.#globalSection(section);
    else if (isNamed(kind)) this.#namedSection(section, kind);
    else if (kind === "log-forward") this.#logForwardSection(section);
    else this.#proxySection(section, kind);
  }

  /** The sections of one kind that is no proxy, in the order of the file. */
  named<K extends keyof SectionDrafts>(kind: K): readonly SectionDrafts[K][] {
    return (this.#named.get(kind) ?? []) as SectionDrafts[K][];
  }

  /** The name of a section that has a name only, or none. */
  #nameOnly({ kind, args }: Section): Word | undefined {
    const named = sectionRows.find((row) => row.kind === kind.text)?.name;
    const [nameWord, extra] = named === "none" ? [undefined, args[0]] as const : args;
    const refusal = nameWord && PROXY_NAME.parse(nameWord);
    const nameless = named !== "required";
    if (nameWord === undefined && !nameless) {
      this.#diagnostics.alert(kind.span, `'${kind.text}' needs a name`, {
        allowed: PROXY_NAME.describe,
      });
    } else if (nameWord !== undefined && refusal instanceof Refusal) {
      this.#diagnostics.alert(nameWord.span, refusal.message, { allowed: refusal.allowed });
    }
    if (extra !== undefined) {
      this.#diagnostics.alert(extra.span, `unexpected '${extra.text}' after '${kind.text}'`, {
        allowed: named === "none" ? "nothing" : "nothing: the section has a name only",
      });
    }
    return nameWord;
  }

  /** A frontend that takes syslog messages; it takes nothing from `defaults` (manual 3.10). */
  #logForwardSection(section: Section): void {
    const nameWord = this.#nameOnly(section);
    const draft = newProxyDraft("frontend", nameWord?.text ?? "", section.span);
    draft.mode = "syslog";
    draft.maxconn = LOG_FORWARD_MAXCONN;
    draft.forward = { dontParse: false, linesOnly: false, host: "keep" };
    this.#statements(section, { section: "log-forward", target: draft });
    if (nameWord !== undefined) this.#checkTwin(draft, nameWord);
    this.logForwards.push(draft);
  }

  #namedSection(section: Section, kind: keyof SectionDrafts): void {
    const nameWord = this.#nameOnly(section);
    const draft = newSectionDraft(kind, nameWord?.text ?? "", section.span);
    this.#statements(section, { section: kind, target: draft });
    const list = this.#named.get(kind) ?? [];
    const twin = list.find((other) => other.name === draft.name);
    if (twin !== undefined) {
      this.#diagnostics.alert(
        (nameWord ?? section.kind).span,
        `there is another '${kind}' section of this name`,
        { related: { span: twin.span, message: "it is here" } },
      );
    }
    this.#named.set(kind, [...list, draft]);
  }

  #globalSection(section: Section): void {
    if (section.args.length > 0) {
      this.#diagnostics.alert(
        section.args[0].span,
        `unexpected '${section.args[0].text}' after 'global'`,
        {
          allowed: "nothing: the global section has no name",
        },
      );
    }
    this.#statements(section, { section: "global", target: this.global });
  }

  #statements(
    section: Section,
    scope: Pick<StatementScope, "section" | "target" | "anonymous">,
  ): void {
    for (const statement of section.statements) {
      applyStatement(statement, {
        ...scope,
        global: this.global,
        diagnostics: this.#diagnostics,
        readFile: this.#readFile,
      });
    }
  }

  #proxySection(section: Section, kind: ProxySection): void {
    const before = this.#diagnostics.list.length;
    const { nameWord, from } = this.#header(section, kind);
    const draft = this.#start(section, kind, nameWord, from);
    this.#statements(section, {
      section: kind,
      target: draft,
      anonymous: kind === "defaults" && nameWord === undefined,
    });
    if (this.#diagnostics.list.slice(before).some((d) => d.severity === "alert")) {
      draft.flawed = true;
    }
    if (kind === "defaults") this.#defaults.push({ draft, nameWord });
    else if (nameWord !== undefined) {
      this.#checkTwin(draft, nameWord);
      this.proxies.push(draft);
    }
  }

  /** `KIND [NAME] [from DEFAULTS]` */
  #header(section: Section, kind: ModelSection): { nameWord?: Word; from?: Word } {
    const args = [...section.args];
    let nameWord: Word | undefined;
    if (kind !== "defaults" || args[0]?.text !== "from") nameWord = args.shift();
    if (nameWord === undefined && kind !== "defaults") {
      this.#diagnostics.alert(section.kind.span, `'${kind}' needs a name`, {
        allowed: PROXY_NAME.describe,
      });
    } else if (nameWord !== undefined && kind !== "defaults") {
      const refusal = PROXY_NAME.parse(nameWord);
      if (refusal instanceof Refusal) {
        this.#diagnostics.alert(nameWord.span, refusal.message, { allowed: refusal.allowed });
      }
    }
    let from: Word | undefined;
    if (args[0]?.text === "from") {
      const word = args.shift()!;
      from = args.shift();
      if (from === undefined) {
        this.#diagnostics.alert(word.span, "'from' needs the name of a 'defaults' section");
      }
    }
    if (args.length > 0) {
      this.#diagnostics.alert(args[0].span, `unexpected '${args[0].text}' after '${kind}'`, {
        allowed: kind === "backend"
          ? "'from' and the name of a 'defaults' section, or nothing"
          : "'from' and the name of a 'defaults' section, or nothing; addresses stand on 'bind' lines",
        nearest: nearest(args[0].text, ["from"]),
      });
    }
    return { nameWord, from };
  }

  #start(
    section: Section,
    kind: ProxySection,
    nameWord: Word | undefined,
    from: Word | undefined,
  ): ProxyDraft {
    const name = nameWord?.text ?? "";
    // a defaults section starts from another one only when it says so
    const entry = from !== undefined
      ? this.#findDefaults(from)
      : kind === "defaults"
      ? undefined
      : this.#defaults.at(-1);
    if (entry === undefined) return newProxyDraft(kind, name, section.span);
    const draft = inheritProxyDraft(entry.draft, kind, name, section.span);
    this.#checkRules(entry, draft, from ?? nameWord);
    if (kind === "defaults") {
      draft.acls = [];
      for (const list of RULE_LISTS) draft[list] = [];
      return draft;
    }
    if (from !== undefined) entry.explicit ??= draft;
    else entry.implicit ??= draft;
    if (
      entry.explicit !== undefined && entry.implicit !== undefined && entry.nameWord !== undefined
    ) {
      if (entry.explicit === draft || entry.implicit === draft) this.#warnMixed(entry, section);
    }
    scopeDefaultAcls(draft, entry.draft.name);
    return draft;
  }

  #warnMixed(entry: DefaultsEntry, section: Section): void {
    this.#diagnostics.warning(
      section.span,
      `'defaults ${entry.draft.name}' is named by some proxies with 'from' and taken by others as the last one above them`,
      {
        allowed: "'from' in all of them, or a last 'defaults' section for those without it",
        related: { span: entry.draft.span, message: "this section" },
      },
    );
  }

  #findDefaults(from: Word): DefaultsEntry | undefined {
    const found = this.#defaults.filter((d) => d.nameWord?.text === from.text);
    if (found.length === 0) {
      const names = this.#defaults.flatMap((d) => d.nameWord?.text ?? []);
      this.#diagnostics.alert(from.span, `there is no 'defaults' section '${from.text}' above`, {
        allowed: names.length > 0 ? names.map((n) => `'${n}'`).join(", ") : undefined,
        nearest: nearest(from.text, names),
      });
      return undefined;
    }
    if (found.length > 1) {
      this.#diagnostics.alert(
        from.span,
        `there are ${found.length} 'defaults' sections '${from.text}'`,
        {
          related: { span: found[0].draft.span, message: "the first one is here" },
        },
      );
    }
    const entry = found.at(-1)!;
    if (!entry.nameChecked) {
      entry.nameChecked = true;
      const refusal = PROXY_NAME.parse(entry.nameWord!);
      if (refusal instanceof Refusal) {
        this.#diagnostics.alert(entry.nameWord!.span, refusal.message, {
          allowed: refusal.allowed,
        });
      }
    }
    return entry;
  }

  /** Rules in `defaults` are for frontends or for backends, never for both (manual 4.2). */
  #checkRules(entry: DefaultsEntry, draft: ProxyDraft, at: Word | undefined): void {
    if (!hasRules(entry.draft)) return;
    const span = at?.span ?? draft.span;
    const related = { span: entry.draft.span, message: "this section has rules" };
    if (draft.kind === "defaults" || draft.kind === "listen") {
      this.#diagnostics.alert(
        span,
        `a '${draft.kind}' section cannot take its settings from a 'defaults' section with rules`,
        { related },
      );
      return;
    }
    if (draft.kind === "frontend") entry.front ??= draft;
    else entry.back ??= draft;
    if (entry.front !== undefined && entry.back !== undefined) {
      this.#diagnostics.alert(
        span,
        "a frontend and a backend cannot both take their settings from a 'defaults' section with rules",
        { related },
      );
    }
  }

  /** Names are unique among proxies that take clients, and among those that have servers (manual 4). */
  #checkTwin(draft: ProxyDraft, nameWord: Word): void {
    const { front, back } = this.#names;
    const twin = (draft.kind !== "backend" ? front.get(draft.name) : undefined) ??
      (draft.kind !== "frontend" ? back.get(draft.name) : undefined);
    if (draft.kind !== "backend") front.set(draft.name, draft);
    if (draft.kind !== "frontend") back.set(draft.name, draft);
    if (twin === undefined) return;
    this.#diagnostics.alert(
      nameWord.span,
      `the name '${draft.name}' is taken by a '${twin.kind}' section`,
      { related: { span: twin.span, message: "it is here" } },
    );
  }
}
