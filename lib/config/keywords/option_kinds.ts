/** Kinds of `option …` (manual 4.2): switches, hints, and what is known and ignored. */
import { DEFAULT_OPTIONS } from "../draft.ts";
import type { ProxyOptions } from "../model.ts";
import {
  ignoredKeyword,
  type KeywordRow,
  type Prefix,
  proxyKeyword,
  type SectionKind,
} from "./types.ts";

export const FRONT: readonly SectionKind[] = ["defaults", "frontend", "listen"];
export const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
export const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

type Flag = { [K in keyof ProxyOptions]-?: ProxyOptions[K] extends boolean ? K : never }[
  keyof ProxyOptions
];

/** A switch of the proxy, or several under one name. */
export function flag(
  name: string,
  sections: readonly SectionKind[],
  fields: Flag | readonly Flag[],
  summary: string,
  prefixes: readonly Prefix[] = ["no", "default"],
): KeywordRow {
  const list = typeof fields === "string" ? [fields] : fields;
  return proxyKeyword({
    name: `option ${name}`,
    sections,
    args: {},
    prefixes,
    summary,
    manual: "4.2",
    apply(proxy) {
      for (const field of list) proxy.options[field] = true;
    },
    reset: prefixes.length === 0 ? undefined : (proxy, prefix) => {
      for (const field of list) {
        proxy.options[field] = prefix === "no" ? false : DEFAULT_OPTIONS[field];
      }
    },
  });
}

/** The three ways connections are kept in HTTP mode exclude each other: the last one written holds. */
export function connection(
  name: string,
  value: ProxyOptions["connection"],
  summary: string,
): KeywordRow {
  return proxyKeyword({
    name: `option ${name}`,
    sections: ALL,
    args: {},
    prefixes: ["no", "default"],
    summary,
    manual: "4.2",
    apply(proxy) {
      proxy.options.connection = value;
    },
    reset(proxy) {
      if (proxy.options.connection === value) {
        proxy.options.connection = DEFAULT_OPTIONS.connection;
      }
    },
  });
}

/** Known, and without a meaning here: `reason` says why. */
export function ignored(
  name: string,
  sections: readonly SectionKind[],
  summary: string,
  reason: string,
): KeywordRow {
  return ignoredKeyword({
    name: `option ${name}`,
    sections,
    args: {},
    prefixes: ["no", "default"],
    repeatable: true,
    summary,
    manual: "4.2",
    reason,
  });
}
