/** `regsub`: substitution by a regular expression, as `sed` does it (manual 7.3.1). */
import { compileRegex, expand, type Regex } from "../regex.ts";
import { BUFSIZE, type ConverterRow } from "../rows.ts";

function compiled(source: string, flags: string): Regex | string {
  const result = compileRegex(source, flags.includes("i"));
  return "regex" in result ? result.regex : result.error;
}

/** Replaces the first match, or all; stops when the result would be longer than `most`. */
function substitute(text: string, regex: Regex, template: string, all: boolean, most: number) {
  let out = "";
  let at = 0;
  for (let from = 0; from <= text.length && out.length <= most;) {
    const match = regex.find(text, from);
    if (match === undefined) break;
    out += text.slice(at, match.start) + expand(template, match.groups);
    at = match.end;
    if (!all) break;
    // Behind an empty match one character stays as it is, so that there is an end.
    from = match.end > match.start ? match.end : match.end + 1;
  }
  return out + text.slice(at);
}

export const REGSUB_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "regsub",
    args: [
      { name: "regex", type: "str" },
      { name: "subst", type: "str" },
      {
        name: "flags",
        type: "str",
        optional: true,
        check: (v) => /^[gi]*$/.test(v as string) ? undefined : "'g' (all matches), 'i' (any case)",
      },
    ],
    input: "str",
    output: "str",
    tooLong: "cut",
    doc: "the first match of a regular expression replaced (g: all); \\1 is what group 1 matched",
    section: "7.3.1",
    check: ([regex, , flags = ""]) => {
      const made = compiled(regex as string, flags as string);
      return typeof made === "string" ? `regex '${regex}' is refused: ${made}` : undefined;
    },
    make: ([source, template, flags = ""], lookup) => {
      const regex = compiled(source as string, flags as string) as Regex;
      const all = (flags as string).includes("g");
      const most = lookup.bufsize ?? BUFSIZE;
      return (value) => substitute(value as string, regex, template as string, all, most);
    },
  },
];
