/** Actions on header fields: `add-header`, `set-header`, `del-header` (manual 4.2). */
import { nearest } from "../../config/suggest.ts";
import type { StreamView } from "../../expr/context.ts";
import { asciiLower } from "../../expr/converters/text.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import { compileRegex } from "../../expr/regex.ts";
import type { Head } from "../../http1/head.ts";
import { formatArgument, nameArgument } from "../format_word.ts";
import type { ActionRow, RuleContext, RuleKind } from "../types.ts";

export const HTTP_RULES: readonly RuleKind[] = [
  "http-request",
  "http-response",
  "http-after-response",
];

/** The head that a rule set edits. */
export function headOf(ctx: RuleContext): (stream: StreamView) => Head | undefined {
  return ctx.kind === "http-request" ? (stream) => stream.request : (stream) => stream.response;
}

const NAME_TESTS: Readonly<Record<string, (name: string) => (field: string) => boolean>> = {
  str: (name) => (field) => field === name,
  beg: (name) => (field) => field.startsWith(name),
  end: (name) => (field) => field.endsWith(name),
  sub: (name) => (field) => field.includes(name),
};

export const HEADER_ACTIONS: readonly ActionRow[] = [
  {
    name: "add-header",
    args: "<name> <fmt>",
    rules: HTTP_RULES,
    doc: "adds a header field behind all others",
    section: "4.2",
    compile: (reader, ctx) => {
      const name = nameArgument(reader);
      const value = name === undefined ? undefined : formatArgument(reader, "a format", ctx);
      if (name === undefined || value === undefined) return undefined;
      const head = headOf(ctx);
      return (stream) => {
        head(stream)?.append(name, value(stream));
        return undefined;
      };
    },
  },
  {
    name: "set-header",
    args: "<name> <fmt>",
    rules: HTTP_RULES,
    doc: "removes all fields of a name and adds one",
    section: "4.2",
    compile: (reader, ctx) => {
      const name = nameArgument(reader);
      const value = name === undefined ? undefined : formatArgument(reader, "a format", ctx);
      if (name === undefined || value === undefined) return undefined;
      const head = headOf(ctx);
      const lower = name.toLowerCase();
      return (stream) => {
        const edited = head(stream);
        if (edited !== undefined) {
          // The value may be made of the field that it replaces.
          const text = value(stream);
          edited.removeAll(lower);
          edited.append(name, text);
        }
        return undefined;
      };
    },
  },
  {
    name: "del-header",
    args: "<name> [ -m <meth> ]",
    rules: HTTP_RULES,
    doc: "removes all fields whose name is, or matches by str, beg, end, sub or reg, this one",
    section: "4.2",
    compile: (reader, ctx) => {
      const word = reader.need("a header's name");
      if (word === undefined) return undefined;
      const head = headOf(ctx);
      const lower = asciiLower(word.text);
      if (!reader.accept("-m")) {
        return (stream) => {
          head(stream)?.removeAll(lower);
          return undefined;
        };
      }
      const method = reader.need("a match method");
      if (method === undefined) return undefined;
      let matches = NAME_TESTS[method.text]?.(lower);
      if (method.text === "reg") {
        const compiled = compileRegex(latin1OfText(word.text), true);
        if ("error" in compiled) {
          ctx.diagnostics.alert(word.span, `regex '${word.text}' is refused: ${compiled.error}`);
          return undefined;
        }
        matches = (field) => compiled.regex.test(field);
      }
      if (matches === undefined) {
        const methods = [...Object.keys(NAME_TESTS), "reg"];
        ctx.diagnostics.alert(method.span, `'${method.text}' cannot match header names`, {
          allowed: methods.join(", "),
          nearest: nearest(method.text, methods),
        });
        return undefined;
      }
      const test = matches;
      return (stream) => {
        const edited = head(stream);
        if (edited === undefined) return undefined;
        for (let i = 0; i < edited.count; i++) {
          if (!edited.isRemoved(i) && test(edited.name(i).toLowerCase())) edited.remove(i);
        }
        return undefined;
      };
    },
  },
];
