/** Which rows of the tables the cases have that are compared with the real HAProxy: cases.ts, tests/rules/cases.ts. */
import { CONVERTER_ROWS } from "../../lib/expr/converters/table.ts";
import { FETCH_ROWS } from "../../lib/expr/fetches/table.ts";
import { ACTION_ROWS } from "../../lib/rules/actions/table.ts";
import { RULE_CASES } from "../rules/cases.ts";
import { ACL_CASES, CONVERTER_CASES, FETCH_CASES } from "./cases.ts";

/** The names of rows without a case there; a fetch with all its names. */
export interface Uncompared {
  readonly fetches: readonly (readonly string[])[];
  readonly converters: readonly string[];
  readonly actions: readonly string[];
}

export function uncompared(): Uncompared {
  const rules = RULE_CASES.flatMap((row) => row.rules);
  const expressions = [...FETCH_CASES, ...CONVERTER_CASES].map((row) => row.expression);
  const fetches = new Set([
    ...expressions.map((expression) => /^[^(,]*/.exec(expression)![0]),
    ...ACL_CASES.map((row) => /^[^(,\s]*/.exec(row.acl)![0]),
    ...rules.flatMap((rule) =>
      [...rule.matchAll(/(?:%\[|\{ )([\w.+-]+)/g)].map(([, name]) => name)
    ),
  ]);
  const all = expressions.join(" ");
  const lines = rules.join("\n");
  return {
    fetches: FETCH_ROWS.map((row) => [row.name, ...row.aliases ?? []])
      .filter((names) => !names.some((name) => fetches.has(name))),
    converters: CONVERTER_ROWS.map((row) => row.name)
      .filter((name) => !new RegExp(`,${name.replace(/\./g, "\\.")}(?![\\w-])`).test(all)),
    actions: ACTION_ROWS.map((row) => row.name)
      .filter((name) => !new RegExp(`(^|[ \\n])${name}([( ]|$)`, "m").test(lines)),
  };
}
