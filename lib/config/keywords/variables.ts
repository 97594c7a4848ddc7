/** Variables in the `global` section (manual 3.1, 3.2): values from the start, and limits of their memory. */
import { NO_VARIABLES, type VariableSizes } from "../model_language.ts";
import { integer, text } from "./args.ts";
import { globalKeyword, type KeywordRow, one, words } from "./types.ts";

function set(name: "set-var" | "set-var-fmt", label: string, what: string): KeywordRow {
  return globalKeyword({
    name,
    args: { name: one(text("<var-name>", "a variable: 'proc.' and a name")), value: words(label) },
    repeatable: true,
    summary: `Sets a variable of the process to ${what} at the start`,
    manual: "3.1",
    apply(global, _values, { statement }) {
      const before = global.variables ?? NO_VARIABLES;
      global.variables = {
        ...before,
        sets: [...before.sets, { words: statement.words, span: statement.span }],
      };
    },
  });
}

/** The largest limit: 2 GiB less one byte. */
const MOST = 2147483647;

function limit(scope: keyof VariableSizes, what: string): KeywordRow {
  return globalKeyword({
    name: `tune.vars.${scope}-max-size`,
    args: { size: one(integer(0, MOST, "<bytes>")) },
    summary: `Bytes that ${what} may take; 0: no limit. What does not fit is not set`,
    manual: "3.2",
    apply(global, { size }) {
      const before = global.variables ?? NO_VARIABLES;
      global.variables = { ...before, sizes: { ...before.sizes, [scope]: size } };
    },
  });
}

export const variableRows: readonly KeywordRow[] = [
  set("set-var", "<expr>", "a sample"),
  set("set-var-fmt", "<fmt>", "what a format makes"),
  limit("global", "all variables"),
  limit("proc", "variables of the process, its sessions and streams"),
  limit("sess", "the variables of a session and its streams"),
  limit("txn", "the variables of a stream and its messages"),
  limit("reqres", "the variables of a request or response"),
  limit("check", "the variables of a health check"),
];
