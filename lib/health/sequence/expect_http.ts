/** `http-check expect`: looking at the status and the headers of an answer. */
import type { CheckMatch, HeaderPattern } from "../../config/model_check.ts";
import type { CompileContext } from "../../expr/context_compile.ts";
import { latin1OfText } from "../../http1/bytes.ts";
import type { Head } from "../../http1/head.ts";
import { formatOf } from "./formats.ts";
import { compileTest } from "./regex.ts";
import type { CheckView } from "./view.ts";

export type HeadTest = (head: Head, view: CheckView) => boolean;

/** Undefined (and told) when there is a mistake. */
export function compileHeadTest(match: CheckMatch, context: CompileContext): HeadTest | undefined {
  switch (match.kind) {
    case "status":
      return ({ status }) => match.ranges.some(([from, to]) => status >= from && status <= to);
    case "rstatus": {
      const test = compileTest(match.pattern, context.diagnostics);
      return test && (({ status }) => test(String(status)));
    }
    case "hdr":
    case "fhdr":
      return headerTest(match, context);
  }
  throw new Error(`${match.kind} looks into the body`);
}

type Test = (text: string, view: CheckView) => boolean;

/** Names are compared without regard to case, values with it; `hdr` splits values at commas. */
function headerTest(
  match: CheckMatch & { kind: "hdr" | "fhdr" },
  context: CompileContext,
): HeadTest | undefined {
  const name = patternTest(match.name, context, true);
  const value = match.value === undefined ? undefined : patternTest(match.value, context, false);
  if (name === undefined || (match.value !== undefined && value === undefined)) return undefined;
  const split = match.kind === "hdr";
  return (head, view) => {
    for (let i = 0; i < head.count; i++) {
      if (!name(head.name(i).toLowerCase(), view)) continue;
      if (value === undefined) return true;
      const text = head.value(i);
      if (split ? splitValues(text).some((each) => value(each, view)) : value(text, view)) {
        return true;
      }
    }
    return false;
  };
}

function patternTest(
  { method, pattern, format }: HeaderPattern,
  context: CompileContext,
  name: boolean,
): Test | undefined {
  if (method === "reg") {
    // Names are held in lower case here, so the expression is too.
    return compileTest(
      name ? { ...pattern, text: lowerLetters(pattern.text) } : pattern,
      context.diagnostics,
    );
  }
  const fold = (text: string) => name ? text.toLowerCase() : text;
  const compare = comparisons[method];
  if (!format) {
    const wanted = fold(latin1OfText(pattern.text));
    return (text) => compare(text, wanted);
  }
  const wanted = formatOf(pattern, context);
  return wanted && ((text, view) => compare(text, fold(wanted(view))));
}

const comparisons = {
  str: (text: string, wanted: string) => text === wanted,
  beg: (text: string, wanted: string) => text.startsWith(wanted),
  end: (text: string, wanted: string) => text.endsWith(wanted),
  sub: (text: string, wanted: string) => text.includes(wanted),
};

/** Escapes such as `\S` keep their case: it is their meaning. */
function lowerLetters(pattern: string): string {
  return pattern.replace(
    /\\.|[A-Z]+/g,
    (part) => part.startsWith("\\") ? part : part.toLowerCase(),
  );
}

/** The values between commas that are not in quotes (RFC 9110 section 5.6.1). */
function splitValues(text: string): string[] {
  const values: string[] = [];
  let from = 0;
  let quoted = false;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === "\\" && quoted) i++;
    else if (c === '"') quoted = !quoted;
    else if (c === undefined || (c === "," && !quoted)) {
      values.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  return values;
}
