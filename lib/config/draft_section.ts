/** Drafts of sections that are neither `global` nor proxies: what their keyword rows write into. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Span, Word } from "./document.ts";
import {
  type BindDraft,
  type Mutable,
  type NamedServer,
  newServerDraft,
  type Places,
  type ServerDraft,
} from "./draft.ts";
import type { RingConfig, RingServer } from "./model_log.ts";
import type { ErrorFileConfig, HttpErrorsConfig } from "./model_errors.ts";
import {
  type AcmeConfig,
  type CrtStoreConfig,
  DEFAULT_DIRECTORY,
  DEFAULT_STORAGE,
} from "./model_acme.ts";
import type { MailerConfig, MailersConfig } from "./model_mailers.ts";
import type { CacheConfig } from "./model_cache.ts";
import type { HoldTimes, NameserverConfig, ResolversConfig } from "./model_resolvers.ts";
import type { LogTarget } from "./model_log.ts";
import type { PeerTableConfig } from "./model_peers.ts";
import type { UserConfig, UserlistConfig, UserPassword } from "./model_userlist.ts";
import { nearest } from "./suggest.ts";

interface SectionDraft {
  readonly name: string;
  readonly span: Span;
  readonly places: Places;
}

/** `userlist` */
export interface UserlistDraft extends SectionDraft {
  readonly users: Map<string, UserDraft>;
  readonly groups: Map<string, GroupDraft>;
}

export interface UserDraft {
  readonly name: Word;
  readonly password?: UserPassword;
  readonly groups: readonly Word[];
}

export interface GroupDraft {
  readonly name: Word;
  readonly users: readonly Word[];
}

/** `http-errors` */
export interface HttpErrorsDraft extends SectionDraft {
  /** by status */
  readonly files: Map<number, ErrorFileConfig>;
}

/** `resolvers` */
export interface ResolversDraft
  extends SectionDraft, Mutable<Omit<ResolversConfig, "name" | "span" | "nameservers" | "hold">> {
  readonly nameservers: NameserverConfig[];
  readonly hold: Mutable<HoldTimes>;
}

/** `mailers` */
export interface MailersDraft extends SectionDraft {
  readonly mailers: MailerConfig[];
  timeout: number;
}

/** `cache` */
export interface CacheDraft
  extends
    SectionDraft,
    Mutable<Omit<CacheConfig, "name" | "span" | "totalMaxSize" | "maxObjectSize">> {
  totalMaxSize?: number;
  maxObjectSize?: number;
}

/** `ring` */
export interface RingDraft extends SectionDraft, Mutable<Omit<RingConfig, keyof SectionDraft>> {
  readonly servers: (RingServer & { readonly span: Span })[];
  connectTimeout?: number;
  sendTimeout?: number;
}

/** `crt-store` */
export interface CrtStoreDraft
  extends SectionDraft, Mutable<Omit<CrtStoreConfig, "name" | "span" | "loads">> {
  readonly loads: CrtStoreConfig["loads"][number][];
}

/** `namespace_list` */
export interface NamespaceListDraft extends SectionDraft {
  readonly namespaces: { readonly name: string; readonly span: Span }[];
}

/** `acme` */
export interface AcmeDraft
  extends SectionDraft, Mutable<Omit<AcmeConfig, "name" | "span" | "contacts">> {
  readonly contacts: string[];
}

/** `peers` */
export interface PeersDraft extends SectionDraft {
  disabled: boolean;
  readonly binds: BindDraft[];
  readonly defaultBind: Partial<BindDraft>;
  readonly defaultServer: ServerDraft;
  readonly servers: NamedServer[];
  /** names of those whose line has an address */
  readonly addressed: Set<string>;
  readonly tables: PeerTableConfig[];
  readonly logs: (LogTarget | "global")[];
}

export interface SectionDrafts {
  readonly ring: RingDraft;
  readonly "crt-store": CrtStoreDraft;
  readonly namespace_list: NamespaceListDraft;
  readonly acme: AcmeDraft;
  readonly cache: CacheDraft;
  readonly userlist: UserlistDraft;
  readonly "http-errors": HttpErrorsDraft;
  readonly resolvers: ResolversDraft;
  readonly mailers: MailersDraft;
  readonly peers: PeersDraft;
}

/** What the drafts of each kind of section begin with. */
const beginnings: {
  readonly [K in keyof SectionDrafts]: () => Omit<SectionDrafts[K], keyof SectionDraft>;
} = {
  cache: () => ({
    maxAge: 60,
    maxSecondaryEntries: 10,
    processVary: false,
    staleIfError: 0,
    staleWhileRevalidate: 0,
    coalesce: 0,
    ranges: false,
  }),
  userlist: () => ({ users: new Map(), groups: new Map() }),
  "http-errors": () => ({ files: new Map() }),
  resolvers: () => ({
    nameservers: [],
    payloadSize: 512,
    retries: 3,
    timeoutResolve: 1000,
    timeoutRetry: 1000,
    hold: {
      nx: 30_000,
      refused: 30_000,
      timeout: 30_000,
      other: 30_000,
      valid: 10_000,
      obsolete: 0,
    },
  }),
  mailers: () => ({ mailers: [], timeout: 10_000 }),
  peers: () => ({
    disabled: false,
    binds: [],
    defaultBind: {},
    defaultServer: newServerDraft(),
    servers: [],
    addressed: new Set(),
    tables: [],
    logs: [],
  }),
  ring: () => ({ format: "raw", size: 16_384, servers: [] }),
  "crt-store": () => ({ loads: [] }),
  namespace_list: () => ({ namespaces: [] }),
  acme: () => ({
    directory: DEFAULT_DIRECTORY,
    contacts: [],
    challenge: "http-01",
    keyType: "ecdsa",
    bits: 2048,
    curve: "P-384",
    reuseKey: false,
    storage: DEFAULT_STORAGE,
  }),
};

/** The kinds of section that have a name and are no proxies. */
export const NAMED_SECTIONS = Object.keys(beginnings) as readonly (keyof SectionDrafts)[];

export function newSectionDraft<K extends keyof SectionDrafts>(
  kind: K,
  name: string,
  span: Span,
): SectionDrafts[K] {
  return { name, span, places: new Map(), ...beginnings[kind]() } as unknown as SectionDrafts[K];
}

export function finishResolvers({ places: _places, ...draft }: ResolversDraft): ResolversConfig {
  return draft;
}

/** There is a section `default` that asks the system's nameservers, unless one is written (manual 5.3.2). */
export function withDefaultResolvers(sections: readonly ResolversConfig[]): ResolversConfig[] {
  if (sections.some(({ name }) => name === "default")) return [...sections];
  const nowhere: Span = { file: "", line: 0, column: 0, length: 0 };
  const draft = newSectionDraft("resolvers", "default", nowhere);
  return [...sections, finishResolvers({ ...draft, parseResolvConf: 0 })];
}

/** Each server has a queue as large as the ring. */
export function finishRing(draft: RingDraft): RingConfig {
  const { name, span, description, format, maxlen, size, connectTimeout, sendTimeout } = draft;
  const servers = draft.servers.map(({ name, transport }): RingServer => ({
    name,
    transport: { ...transport, connectTimeout, sendTimeout, waiting: size },
  }));
  return { name, span, description, format, maxlen, size, servers };
}

/** A section as it is read: nothing is missing in it. */
export function finishSection<D extends SectionDraft>(
  { places: _places, ...draft }: D,
): Omit<D, "places"> {
  return draft;
}

export function finishMailers({ places: _places, ...draft }: MailersDraft): MailersConfig {
  return draft;
}

/** A cache must say how large it is; an object may take half of it at most (manual 6.2.1). */
export function finishCache(draft: CacheDraft, diagnostics: Diagnostics): CacheConfig {
  const { places, totalMaxSize, maxObjectSize, ...rest } = draft;
  if (totalMaxSize === undefined) {
    diagnostics.alert(draft.span, `'cache ${draft.name}' needs 'total-max-size'`, {
      allowed: "a number of megabytes from 1 to 4095",
    });
  }
  const total = totalMaxSize ?? 2 ** 20;
  const largest = maxObjectSize ?? Math.floor(total / 256);
  if (largest > total / 2) {
    diagnostics.alert(
      places.get("max-object-size")?.span ?? draft.span,
      `'max-object-size': ${largest} bytes are more than half of the cache`,
      { allowed: `at most ${total / 2}` },
    );
  }
  return { ...rest, totalMaxSize: total, maxObjectSize: largest };
}

export function finishHttpErrors({ name, span, files }: HttpErrorsDraft): HttpErrorsConfig {
  return { name, span, files: [...files.values()] };
}

/** Users and groups may each name the other: both count (manual 3.4). */
export function finishUserlist(draft: UserlistDraft, diagnostics: Diagnostics): UserlistConfig {
  const groupsOf = new Map<string, Set<string>>();
  for (const name of draft.users.keys()) groupsOf.set(name, new Set());
  const unknown = (word: Word, what: string, known: Iterable<string>) =>
    diagnostics.alert(word.span, `there is no ${what} '${word.text}' in 'userlist ${draft.name}'`, {
      nearest: nearest(word.text, known),
    });
  for (const { name, groups } of draft.users.values()) {
    for (const group of groups) {
      if (draft.groups.has(group.text)) groupsOf.get(name.text)!.add(group.text);
      else unknown(group, "group", draft.groups.keys());
    }
  }
  for (const { name, users } of draft.groups.values()) {
    for (const user of users) {
      const groups = groupsOf.get(user.text);
      if (groups === undefined) unknown(user, "user", draft.users.keys());
      else groups.add(name.text);
    }
  }
  const users = [...draft.users.values()].map(({ name, password }): UserConfig => ({
    name: name.text,
    password,
    groups: [...groupsOf.get(name.text)!],
  }));
  return { name: draft.name, span: draft.span, users, groups: [...draft.groups.keys()] };
}
