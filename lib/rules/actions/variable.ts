/** `set-var`, `set-var-fmt` and `unset-var` (manual 4.2 `http-request set-var`). */
import { compileExpression } from "../../expr/compile.ts";
import type { StreamView } from "../../expr/context.ts";
import { compileLogFormat } from "../../expr/log_format.ts";
import { type ArgSpec, type ArgValue, BUFSIZE } from "../../expr/rows.ts";
import { Typed, typed } from "../../expr/sample.ts";
import { CONDITION_NAMES, conditionOf } from "../../expr/variable_conditions.ts";
import type { Variable } from "../../expr/variables.ts";
import { type Action, type ActionRow, RULE_KINDS } from "../types.ts";

const NAME: ArgSpec = { name: "var-name", type: "variable" };
const CONDITION: ArgSpec = {
  name: "cond",
  type: "enum",
  values: CONDITION_NAMES,
  optional: true,
};
const NAME_AND_CONDITIONS: readonly ArgSpec[] = [NAME, CONDITION, CONDITION, CONDITION, CONDITION];

/** The action that stores what `read` gives; no sample leaves the variable as it is. */
function store(
  [name, ...conditions]: readonly ArgValue[],
  read: (stream: StreamView) => Typed | undefined,
): Action {
  const variable = name as Variable;
  const holds = conditionOf(variable, conditions as (string | undefined)[]);
  return (stream) => {
    const value = read(stream);
    if (value !== undefined && (holds === undefined || holds(value, stream))) {
      variable.set(stream, value);
    }
    return undefined;
  };
}

export const VARIABLE_ACTIONS: readonly ActionRow[] = [
  {
    name: "set-var",
    call: NAME_AND_CONDITIONS,
    args: "<expr>",
    rules: RULE_KINDS,
    doc: "sets a variable to a sample, of the sample's type",
    section: "4.2",
    compile: (reader, ctx) => {
      const word = reader.need("an expression");
      const expression = word && compileExpression(word, ctx);
      if (expression === undefined) return undefined;
      const { type, eval: read } = expression;
      return store(ctx.call, (stream) => {
        const value = read(stream);
        return value === undefined ? undefined : typed(type, value);
      });
    },
  },
  {
    name: "set-var-fmt",
    call: NAME_AND_CONDITIONS,
    args: "<fmt>",
    rules: RULE_KINDS,
    doc: "sets a variable to a string made by a format",
    section: "4.2",
    compile: (reader, ctx) => {
      const word = reader.need("a format");
      const format = word && compileLogFormat(word, ctx, "value");
      if (format === undefined) return undefined;
      const bytes = ctx.bufsize ?? BUFSIZE;
      return store(ctx.call, (stream) => new Typed("str", format(stream).slice(0, bytes)));
    },
  },
  {
    name: "unset-var",
    call: [NAME],
    args: "",
    rules: RULE_KINDS,
    doc: "unsets a variable",
    section: "4.2",
    compile: (_, ctx) => {
      const variable = ctx.call[0] as Variable;
      return (stream) => {
        variable.unset(stream);
        return undefined;
      };
    },
  },
];
