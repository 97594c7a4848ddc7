/** Actions that change the lists of maps and ACLs: `set-map`, `del-map`, `add-acl`, `del-acl` (manual 4.2). */
import { compileLogFormat } from "../../expr/log_format.ts";
import type { LogValue } from "../../expr/log_aliases.ts";
import { referenceNamed } from "../../expr/pattern_file.ts";
import type { PatternKind, PatternReference } from "../../expr/pattern_store.ts";
import type { ArgSpec } from "../../expr/rows.ts";
import { Shared } from "../../expr/shared.ts";
import type { ActionRow, RuleContext, RuleKind } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const FILE: readonly ArgSpec[] = [{ name: "file-name", type: "file" }];
const RULES: readonly RuleKind[] = ["http-request", "http-response"];

/** The list that the action changes. One that nobody has loaded and that is no file begins empty. */
function listOf(kind: PatternKind, ctx: RuleContext): PatternReference {
  const shared = ctx.shared ?? new Shared();
  const name = ctx.call[0] as string;
  const reference = referenceNamed(kind, name, shared, ctx.readFile) ??
    shared.patterns.create(kind, name);
  shared.changed.push({ reference, span: ctx.word.span });
  return reference;
}

function formatOf(reader: WordReader, what: string, ctx: RuleContext): LogValue | undefined {
  const word = reader.need(what);
  return word && compileLogFormat(word, ctx, "value");
}

/** A row whose action is made of a key's format; what a user cannot take (a word among addresses) changes nothing. */
function row(
  name: string,
  kind: PatternKind,
  doc: string,
  change: (list: PatternReference, key: string) => void,
): ActionRow {
  return {
    name,
    call: FILE,
    args: "<key fmt>",
    rules: RULES,
    doc,
    section: "4.2",
    compile: (reader, ctx) => {
      const key = formatOf(reader, "a format of the key", ctx);
      if (key === undefined) return undefined;
      const list = listOf(kind, ctx);
      return (stream) => {
        change(list, key(stream));
        return undefined;
      };
    },
  };
}

export const PATTERN_ACTIONS: readonly ActionRow[] = [
  row("add-acl", "acl", "adds a pattern to the ACLs that read this file", (list, key) => {
    if (list.find(key).length === 0) list.add(key);
  }),
  row(
    "del-acl",
    "acl",
    "takes a pattern from the ACLs that read this file",
    (list, key) => void list.delete(key),
  ),
  row(
    "del-map",
    "map",
    "takes a key from the maps that read this file",
    (list, key) => void list.delete(key),
  ),
  {
    name: "set-map",
    call: FILE,
    args: "<key fmt> <value fmt>",
    rules: RULES,
    doc: "gives a key of the maps that read this file a value; adds it when it is not there",
    section: "4.2",
    compile: (reader, ctx) => {
      const key = formatOf(reader, "a format of the key", ctx);
      const value = key && formatOf(reader, "a format of the value", ctx);
      if (key === undefined || value === undefined) return undefined;
      const list = listOf("map", ctx);
      return (stream) => {
        list.set(key(stream), value(stream), true);
        return undefined;
      };
    },
  },
];
