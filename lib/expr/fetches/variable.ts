/** `var`: the fetch of variables (manual 7.3.2). */
import type { FetchRow } from "../rows.ts";
import { Typed } from "../sample.ts";
import type { Variable } from "../variables.ts";

export const VARIABLE_FETCHES: readonly FetchRow[] = [
  {
    name: "var",
    args: [
      { name: "name", type: "variable" },
      { name: "default", type: "str", optional: true, mayBeEmpty: true },
    ],
    type: "any",
    needs: "nothing",
    doc: "a variable, of the type that was stored; else the default as a string",
    section: "7.3.2",
    make: ([name, standard]) => {
      const variable = name as Variable;
      if (standard === undefined) return (stream) => variable.get(stream);
      const value = new Typed("str", standard as string);
      return (stream) => variable.get(stream) ?? value;
    },
  },
];
