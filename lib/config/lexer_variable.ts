/** `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME:-default}` and `${NAME[*]}` (manual 2.3). */
import type { Variables } from "./environment.ts";
import type { LexError } from "./lexer.ts";

export interface VariableUse {
  /** What it stands for; "" when the variable is not set and has no default. */
  readonly value: string;
  /** Offset behind it. */
  readonly end: number;
  /** True for `[*]`: every blank of the value separates two words. */
  readonly split: boolean;
}

const NAME = /(?:\.[A-Za-z0-9_]*|[A-Za-z_][A-Za-z0-9_]*)/y;

/** Reads the variable whose `$` stands at `from`. */
export function readVariable(
  line: string,
  from: number,
  env?: Variables,
  pseudo: Readonly<Record<string, string>> = {},
): VariableUse | LexError {
  const braced = line[from + 1] === "{";
  const nameAt = from + (braced ? 2 : 1);
  NAME.lastIndex = nameAt;
  const name = NAME.exec(line)?.[0];
  if (name === undefined) {
    return {
      message: "a variable name must begin with a letter or '_' (write '\\$' for a dollar sign)",
      start: from,
      end: nameAt + 1,
    };
  }
  let at = nameAt + name.length;
  let value: string | undefined;
  if (name.startsWith(".")) {
    value = Object.hasOwn(pseudo, name) ? pseudo[name] : undefined;
    if (value === undefined) {
      const message = `unknown pseudo-variable '${name}', there are .FILE, .LINE and .SECTION`;
      return { message, start: nameAt, end: at };
    }
  } else {
    value = env?.get(name);
  }
  if (!braced) return { value: value ?? "", end: at, split: false };

  let split = false;
  if (line[at] === "[") {
    if (!line.startsWith("[*]", at)) {
      return { message: "only '[*]' may follow a variable name", start: at, end: at + 1 };
    }
    split = true;
    at += 3;
  }
  const colon = line.startsWith(":-", at);
  if (colon || line[at] === "-") {
    const defaultAt = at + (colon ? 2 : 1);
    const close = line.indexOf("}", defaultAt);
    if (close < 0) {
      return { message: "unmatched '{' in a variable", start: from + 1, end: from + 2 };
    }
    if (value === undefined || (colon && value === "")) value = line.slice(defaultAt, close);
    at = close;
  } else if (line[at] !== "}") {
    return { message: "unmatched '{' in a variable", start: from + 1, end: from + 2 };
  }
  return { value: value ?? "", end: at + 1, split };
}
