/**
 * What a keyword is: a row of a table. Parser, checker, suggestions, `sluice help`, the JSON Schema and
 * `docs/reference` all read these rows; a keyword exists for all of them or for none.
 */
import type { Diagnostics } from "../diagnostic.ts";
import type { Statement, Word } from "../document.ts";
import type { GlobalDraft, ProxyDraft } from "../draft.ts";
import type { SectionDrafts } from "../draft_section.ts";
import type { ArgType } from "./args.ts";
import type { OptionTable } from "./option_table.ts";

/** The sections whose statements sluice builds its model from. */
export type ModelSection =
  | "global"
  | "defaults"
  | "frontend"
  | "listen"
  | "backend"
  | "userlist"
  | "cache"
  | "http-errors"
  | "resolvers"
  | "mailers"
  | "peers"
  | "ring"
  | "log-forward"
  | "crt-store"
  | "namespace_list"
  | "acme";

/** Every section kind that exists in the manual. */
export type SectionKind =
  | ModelSection
  | "program"
  | "fcgi-app"
  | "traces"
  | "log-profile";

/** `no KEYWORD` switches it off; `default KEYWORD` gives back what holds without any `defaults` section. */
export type Prefix = "no" | "default";

export type KeywordStatus = "supported" | "unsupported" | "ignored";

/** A place in the argument list of a keyword. */
export type ArgSpec =
  | { readonly kind: "one" | "optional" | "rest" | "rest1"; readonly type: ArgType<unknown> }
  | { readonly kind: "named"; readonly options: Readonly<Record<string, ArgType<unknown> | null>> }
  | { readonly kind: "words"; readonly label: string; readonly atLeast: number }
  | { readonly kind: "options"; readonly table: () => OptionTable };

export type Args = Readonly<Record<string, ArgSpec>>;

declare const VALUE: unique symbol;
/** An ArgSpec that remembers the type of the value it yields. */
export type Arg<T> = ArgSpec & { readonly [VALUE]?: T };

/** The values of an argument list, by argument name. */
export type Values<A extends Args> = {
  readonly [K in keyof A]: A[K] extends Arg<infer T> ? T : never;
};

/** Exactly one word. */
export const one = <T>(type: ArgType<T>): Arg<T> => ({ kind: "one", type }) as Arg<T>;
/** One word, or nothing. */
export const optional = <T>(type: ArgType<T>): Arg<T | undefined> =>
  ({ kind: "optional", type }) as Arg<T | undefined>;
/** All words that follow. */
export const rest = <T>(type: ArgType<T>): Arg<readonly T[]> =>
  ({ kind: "rest", type }) as Arg<readonly T[]>;
/** All words that follow, one at least. */
export const rest1 = <T>(type: ArgType<T>): Arg<readonly T[]> =>
  ({ kind: "rest1", type }) as Arg<readonly T[]>;
/** All words that follow, as they are: rules and expressions, compiled by other layers. */
export const words = (label: string, atLeast = 1): Arg<readonly Word[]> => ({
  kind: "words",
  label,
  atLeast,
});

export type NamedValues<O> = {
  readonly [K in keyof O]?: O[K] extends ArgType<infer T> ? T : true;
};
/** Settings in any order, each its name and a value; `null`: the name alone is the setting. */
export const named = <const O extends Record<string, ArgType<unknown> | null>>(
  options: O,
): Arg<NamedValues<O>> => ({ kind: "named", options }) as Arg<NamedValues<O>>;
/** The settings of a `bind` or `server` line; the keyword's `apply` reads the words itself. */
export const options = (table: () => OptionTable): Arg<readonly Word[]> =>
  ({ kind: "options", table }) as Arg<readonly Word[]>;

/** What an `apply` function is given besides its target and its arguments. */
export interface ApplyContext {
  readonly section: ModelSection;
  readonly statement: Statement;
  /** The last word of the keyword itself. */
  readonly keyword: Word;
  /** The words after the keyword. */
  readonly words: readonly Word[];
  readonly diagnostics: Diagnostics;
  /** The process-wide settings, also while a proxy is being read. */
  readonly global: GlobalDraft;
  /** Reads a file named by the configuration. Throws when it cannot. */
  readFile(path: string): Uint8Array;
  /** Where this keyword was set before in the same section, if it was. */
  readonly previous?: Statement;
}

export interface KeywordRow {
  /** One to three words: `maxconn`, `timeout connect`, `capture request header`. */
  readonly name: string;
  readonly sections: readonly SectionKind[];
  /** Only in `defaults` sections that have a name (marked "(!)" in the manual's matrix). */
  readonly namedDefaultsOnly?: boolean;
  readonly args: Args;
  /** The prefixes that the keyword takes; the statement has no arguments then, and `reset` is called. */
  readonly prefixes?: readonly Prefix[];
  readonly reset?: (
    target: GlobalDraft & ProxyDraft,
    prefix: Prefix,
    context: ApplyContext,
  ) => void;
  /** One sentence without a final full stop: what it does. */
  readonly summary: string;
  /** Section of HAProxy's manual. */
  readonly manual: string;
  readonly status: KeywordStatus;
  /** unsupported: what to use instead, or what is missing; ignored: why it changes nothing. */
  readonly reason?: string;
  /** In a proxy without the capability it is a mistake; other keywords are ignored there with a warning. */
  readonly strict?: boolean;
  /** May stand in a section many times without the later one replacing the earlier one. */
  readonly repeatable?: boolean;
  readonly apply?: (target: GlobalDraft & ProxyDraft, values: never, context: ApplyContext) => void;
}

/** The sentence that refuses what sluice knows by name and does not have. */
export function unsupported(name: string, reason: string | undefined): string {
  return reason === undefined
    ? `'${name}' is not supported yet`
    : `'${name}' is not supported: ${reason}`;
}

type Supported<A extends Args, Target> =
  & Omit<KeywordRow, "status" | "reason" | "args" | "apply" | "reset">
  & {
    readonly args: A;
    readonly reset?: (target: Target, prefix: Prefix, context: ApplyContext) => void;
    readonly apply: (target: Target, values: Values<A>, context: ApplyContext) => void;
  };

/** A supported keyword of the `global` section. */
export function globalKeyword<const A extends Args>(
  row: Omit<Supported<A, GlobalDraft>, "sections">,
): KeywordRow {
  return { ...row, sections: ["global"], status: "supported" } as KeywordRow;
}

/** A supported keyword of a section that is neither `global` nor a proxy. */
export function sectionKeyword<const A extends Args, K extends keyof SectionDrafts>(
  kind: K,
  row: Omit<Supported<A, SectionDrafts[K]>, "sections">,
): KeywordRow {
  return { ...row, sections: [kind], status: "supported" } as unknown as KeywordRow;
}

/** A keyword that changes nothing here, and says why; its arguments are checked nevertheless. */
export function ignoredKeyword(
  row: Omit<KeywordRow, "status" | "apply" | "reset"> & { readonly reason: string },
): KeywordRow {
  return { ...row, status: "ignored" };
}

/** A supported keyword of proxies. */
export function proxyKeyword<const A extends Args>(row: Supported<A, ProxyDraft>): KeywordRow {
  return { ...row, status: "supported" } as KeywordRow;
}
