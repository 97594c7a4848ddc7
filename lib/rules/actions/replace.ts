/** `replace-header`, `replace-value`, `replace-path`, `replace-pathq`, `replace-uri` (manual 4.2). */
import { elementEnd } from "../../expr/fetches/header.ts";
import type { LogValue } from "../../expr/log_aliases.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import { compileRegex, expand, type Regex } from "../../expr/regex.ts";
import { pathOf, pathqOf, withPath, withPathq } from "../../expr/target.ts";
import { formatArgument, nameArgument } from "../format_word.ts";
import type { ActionRow, RuleContext } from "../types.ts";
import type { WordReader } from "../word_reader.ts";
import { headOf, HTTP_RULES } from "./header.ts";
import { encodeTarget } from "./target.ts";

function regexArgument(reader: WordReader, ctx: RuleContext): Regex | undefined {
  const word = reader.need("a regular expression");
  if (word === undefined) return undefined;
  const compiled = compileRegex(latin1OfText(word.text), false);
  if ("regex" in compiled) return compiled.regex;
  ctx.diagnostics.alert(word.span, `regex '${word.text}' is refused: ${compiled.error}`);
  return undefined;
}

/** A replaced value must not end a line, whatever bytes its template and its input hold. */
// deno-lint-ignore no-control-regex
const clean = (text: string) => text.replace(/[\r\n\x00]/g, " ");

function replaceHeader(name: string, doc: string, elements: boolean): ActionRow {
  return {
    name,
    args: "<name> <match-regex> <replace-fmt>",
    rules: HTTP_RULES,
    doc,
    section: "4.2",
    compile: (reader, ctx) => {
      const field = nameArgument(reader)?.toLowerCase();
      const regex = field === undefined ? undefined : regexArgument(reader, ctx);
      const format = regex && formatArgument(reader, "a format", ctx);
      if (field === undefined || regex === undefined || format === undefined) return undefined;
      const head = headOf(ctx);
      return (stream) => {
        const edited = head(stream);
        if (edited === undefined) return undefined;
        let template: string | undefined;
        for (let i = edited.find(field); i >= 0; i = edited.find(field, i + 1)) {
          const value = edited.value(i);
          const one = (text: string): string | undefined => {
            const groups = regex.groups(text);
            return groups && clean(expand(template ??= format(stream), groups));
          };
          const next = elements ? replaceElements(value, one) : one(value);
          if (next !== undefined) edited.setValue(i, next);
        }
        return undefined;
      };
    },
  };
}

/** Replaces each comma-separated element by itself; undefined when none matches. */
function replaceElements(
  value: string,
  one: (text: string) => string | undefined,
): string | undefined {
  let out = "";
  let changed = false;
  for (let from = 0;;) {
    const end = elementEnd(value, from);
    const element = value.slice(from, end);
    const next = one(element.replace(/^[ \t]+|[ \t]+$/g, ""));
    if (next !== undefined) changed = true;
    out += next ?? element;
    if (end === value.length) return changed ? out : undefined;
    out += ",";
    from = end + 1;
  }
}

function replaceTarget(
  name: string,
  doc: string,
  read: (target: string) => string | undefined,
  write: (target: string, part: string) => string,
): ActionRow {
  return {
    name,
    args: "<match-regex> <replace-fmt>",
    rules: ["http-request"],
    doc,
    section: "4.2",
    compile: (reader, ctx) => {
      const regex = regexArgument(reader, ctx);
      const format: LogValue | undefined = regex && formatArgument(reader, "a format", ctx);
      if (regex === undefined || format === undefined) return undefined;
      return (stream) => {
        const head = stream.request;
        const part = head && read(head.target);
        if (head === undefined || part === undefined) return undefined;
        const groups = regex.groups(part);
        if (groups !== undefined) {
          head.setTarget(write(head.target, encodeTarget(expand(format(stream), groups))));
        }
        return undefined;
      };
    },
  };
}

export const REPLACE_ACTIONS: readonly ActionRow[] = [
  replaceHeader("replace-header", "replaces the whole value of each field that matches", false),
  replaceHeader("replace-value", "replaces each comma-separated value that matches", true),
  replaceTarget("replace-path", "replaces the path when it matches", pathOf, withPath),
  replaceTarget("replace-pathq", "replaces path and query when they match", pathqOf, withPathq),
  replaceTarget(
    "replace-uri",
    "replaces the request target when it matches",
    (target) => target,
    (_, part) => part,
  ),
];
