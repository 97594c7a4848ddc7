/** Reads a keyword's words by the argument list of its row. */
import type { Diagnostics } from "../diagnostic.ts";
import type { Span, Word } from "../document.ts";
import { nearest } from "../suggest.ts";
import { type ArgType, Refusal } from "./args.ts";
import type { ArgSpec, KeywordRow } from "./types.ts";

/** How the keyword is written: `maxconn <number>`. */
export function usage(row: KeywordRow): string {
  const parts = Object.values(row.args).map((spec) => {
    switch (spec.kind) {
      case "one":
        return spec.type.label;
      case "optional":
        return `[${spec.type.label}]`;
      case "rest":
        return `[${spec.type.label} ...]`;
      case "rest1":
        return `${spec.type.label} ...`;
      case "words":
        return spec.label;
      case "options":
        return "[settings ...]";
      case "named":
        return Object.entries(spec.options)
          .map(([name, type]) => type === null ? `[${name}]` : `[${name} ${type.label}]`)
          .join(" ");
    }
  });
  return [row.name, ...parts.filter((p) => p !== "")].join(" ");
}

/**
 * The values by argument name; undefined when something was wrong, which was reported then. `at` is the
 * keyword's own place.
 */
export function parseArguments(
  row: KeywordRow,
  words: readonly Word[],
  at: Span,
  diagnostics: Diagnostics,
): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {};
  let i = 0;
  let good = true;
  const refuse = (word: Word, type: ArgType<unknown>): unknown => {
    const value = type.parse(word);
    if (!(value instanceof Refusal)) return value;
    diagnostics.alert(word.span, `'${row.name}': ${value.message}`, {
      allowed: value.allowed,
      nearest: value.nearest,
    });
    good = false;
    return undefined;
  };
  const missing = (spec: ArgSpec): void => {
    const what = spec.kind === "words"
      ? spec.label
      : (spec as { type: ArgType<unknown> }).type.label;
    diagnostics.alert(at, `'${row.name}' needs ${what}`, {
      allowed: spec.kind === "words"
        ? undefined
        : (spec as { type: ArgType<unknown> }).type.describe,
    });
    good = false;
  };
  for (const [name, spec] of Object.entries(row.args)) {
    switch (spec.kind) {
      case "one":
        if (i >= words.length) {
          missing(spec);
          return undefined;
        }
        values[name] = refuse(words[i++], spec.type);
        break;
      case "optional":
        values[name] = i < words.length ? refuse(words[i++], spec.type) : undefined;
        break;
      case "rest":
      case "rest1":
        if (spec.kind === "rest1" && i >= words.length) missing(spec);
        values[name] = words.slice(i).map((word) => refuse(word, spec.type));
        i = words.length;
        break;
      case "words":
        if (words.length - i < spec.atLeast) missing(spec);
        values[name] = words.slice(i);
        i = words.length;
        break;
      case "options":
        values[name] = words.slice(i);
        i = words.length;
        break;
      case "named": {
        const settings: Record<string, unknown> = {};
        while (i < words.length && Object.hasOwn(spec.options, words[i].text)) {
          const setting = words[i++];
          const type = spec.options[setting.text];
          if (type === null) settings[setting.text] = true;
          else if (i >= words.length) {
            diagnostics.alert(
              setting.span,
              `'${row.name}': '${setting.text}' needs ${type.label}`,
              {
                allowed: type.describe,
              },
            );
            return undefined;
          } else settings[setting.text] = refuse(words[i++], type);
        }
        values[name] = settings;
        break;
      }
    }
  }
  if (good && i < words.length) {
    const names = Object.values(row.args).flatMap((spec) =>
      spec.kind === "named" ? Object.keys(spec.options) : []
    );
    const nothing = Object.keys(row.args).length === 0;
    diagnostics.alert(
      words[i].span,
      nothing
        ? `'${row.name}' takes no arguments, '${words[i].text}' is too much`
        : `'${row.name}': unexpected '${words[i].text}'`,
      {
        allowed: nothing ? undefined : `'${usage(row)}'`,
        nearest: nearest(words[i].text, names),
      },
    );
    good = false;
  }
  return good ? values : undefined;
}
