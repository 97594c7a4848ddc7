/**
 * The section keywords of the language, 2.6 to 3.x (manual 2.1): a line whose first word is one of them starts
 * a section, whatever section it stands in. Which of them are supported is the keyword tables' decision.
 */
export interface SectionKind {
  /** The keyword in haproxy.cfg. */
  readonly name: string;
  /** `required`, `optional` or `none`: whether a name follows. */
  readonly named: "required" | "optional" | "none";
  /** The YAML key that holds several of them by name; the keyword itself is accepted as well. */
  readonly plural: string;
}

export const SECTION_KINDS: readonly SectionKind[] = [
  { name: "global", named: "none", plural: "global" },
  { name: "defaults", named: "optional", plural: "defaults" },
  { name: "frontend", named: "required", plural: "frontends" },
  { name: "backend", named: "required", plural: "backends" },
  { name: "listen", named: "required", plural: "listens" },
  { name: "userlist", named: "required", plural: "userlists" },
  { name: "peers", named: "required", plural: "peers" },
  { name: "resolvers", named: "required", plural: "resolvers" },
  { name: "mailers", named: "required", plural: "mailers" },
  { name: "program", named: "required", plural: "programs" },
  { name: "http-errors", named: "required", plural: "http-errors" },
  { name: "ring", named: "required", plural: "rings" },
  { name: "log-forward", named: "required", plural: "log-forwards" },
  { name: "cache", named: "required", plural: "caches" },
  { name: "fcgi-app", named: "required", plural: "fcgi-apps" },
  { name: "namespace_list", named: "none", plural: "namespace_list" },
  { name: "crt-store", named: "optional", plural: "crt-stores" },
  { name: "traces", named: "none", plural: "traces" },
  { name: "log-profile", named: "required", plural: "log-profiles" },
  { name: "acme", named: "required", plural: "acmes" },
];

const BY_NAME: ReadonlyMap<string, SectionKind> = new Map(
  SECTION_KINDS.map((kind) => [kind.name, kind]),
);
const BY_KEY: ReadonlyMap<string, SectionKind> = new Map(
  SECTION_KINDS.flatMap((kind) => [[kind.name, kind], [kind.plural, kind]]),
);

/** All section keywords, for messages and suggestions. */
export const SECTION_NAMES: readonly string[] = SECTION_KINDS.map((kind) => kind.name);
/** All YAML keys for sections. */
export const SECTION_KEYS: readonly string[] = [...BY_KEY.keys()];

/** The section that this word starts, if it is a section keyword. */
export function sectionKind(word: string): SectionKind | undefined {
  return BY_NAME.get(word);
}

/** The section that this YAML key (singular or plural) stands for. */
export function sectionKindOfKey(key: string): SectionKind | undefined {
  return BY_KEY.get(key);
}
