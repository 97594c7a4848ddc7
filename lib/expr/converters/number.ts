/**
 * Arithmetic and logic on 64-bit signed integers (manual 7.3.1). Results that leave the safe range of a
 * `number` are computed again exactly; sums, differences and products saturate as HAProxy's do.
 */
import type { ArgSpec, ConverterRow } from "../rows.ts";
import { type Sint, SINT_MAX, toSint } from "../sample.ts";
import type { Variable } from "../variables.ts";
import { readAs } from "./variable.ts";

const SECTION = "7.3.1";

const VALUE: readonly ArgSpec[] = [{ name: "value", type: "operand" }];

function binary(
  name: string,
  doc: string,
  fast: (a: number, b: number) => number,
  exact: (a: bigint, b: bigint) => bigint,
): ConverterRow {
  return {
    name,
    args: VALUE,
    input: "sint",
    output: "sint",
    doc,
    section: SECTION,
    make: ([operand]) => {
      const run = (a: Sint, b: Sint): Sint => {
        if (typeof a === "number" && typeof b === "number") {
          const result = fast(a, b);
          if (Number.isSafeInteger(result)) return result || 0;
        }
        return toSint(exact(BigInt(a), BigInt(b)));
      };
      if (typeof operand !== "object") return (value) => run(value as Sint, operand as Sint);
      const read = readAs(operand as Variable, "sint");
      return (value, stream) => {
        const b = read(stream);
        return b === undefined ? undefined : run(value as Sint, b as Sint);
      };
    },
  };
}

/** A bitwise operation: 32-bit operators do where both values have 31 bits. */
function bitwise(
  name: string,
  doc: string,
  fast: (a: number, b: number) => number,
  exact: (a: bigint, b: bigint) => bigint,
): ConverterRow {
  const small = (n: number) => n >= 0 && n <= 0x7fffffff;
  return binary(
    name,
    doc,
    (a, b) => small(a) && small(b) ? fast(a, b) : NaN,
    (a, b) => BigInt.asIntN(64, exact(BigInt.asIntN(64, a), BigInt.asIntN(64, b))),
  );
}

function unary(
  name: string,
  output: "sint" | "bool",
  doc: string,
  run: (value: Sint) => Sint | boolean,
): ConverterRow {
  return {
    name,
    args: [],
    input: "sint",
    output,
    doc,
    section: SECTION,
    make: () => (value) => run(value as Sint),
  };
}

const isOdd = (value: Sint) => typeof value === "number" ? value % 2 !== 0 : (value & 1n) === 1n;

export const NUMBER_CONVERTERS: readonly ConverterRow[] = [
  binary("add", "adds a value", (a, b) => a + b, (a, b) => a + b),
  binary("sub", "subtracts a value", (a, b) => a - b, (a, b) => a - b),
  binary("mul", "multiplies by a value", (a, b) => a * b, (a, b) => a * b),
  binary(
    "div",
    "divides by a value, towards zero; by 0 gives the largest integer",
    (a, b) => b === 0 ? NaN : Math.trunc(a / b),
    (a, b) => b === 0n ? SINT_MAX : a / b,
  ),
  binary(
    "mod",
    "the remainder of a division, with the sign of the dividend; by 0 gives 0",
    (a, b) => b === 0 ? 0 : a % b,
    (a, b) => b === 0n ? 0n : a % b,
  ),
  bitwise("and", "bitwise AND with a value", (a, b) => a & b, (a, b) => a & b),
  bitwise("or", "bitwise OR with a value", (a, b) => a | b, (a, b) => a | b),
  bitwise("xor", "bitwise exclusive OR with a value", (a, b) => a ^ b, (a, b) => a ^ b),
  unary(
    "neg",
    "sint",
    "the opposite value",
    (v) => typeof v === "number" ? -v || 0 : toSint(-v),
  ),
  unary("cpl", "sint", "all bits inverted", (v) => typeof v === "number" ? -v - 1 : toSint(~v)),
  unary("bool", "bool", "true when the value is not 0", (v) => v != 0),
  unary("not", "bool", "true when the value is 0", (v) => v == 0),
  unary("odd", "bool", "true when the value is odd", isOdd),
  unary("even", "bool", "true when the value is even", (v) => !isOdd(v)),
  {
    name: "iif",
    args: [{ name: "true", type: "str" }, { name: "false", type: "str" }],
    input: "bool",
    output: "str",
    doc: "the first string when the value is true, else the second",
    section: SECTION,
    make: ([yes, no]) => (value) => (value === true ? yes : no) as string,
  },
];
