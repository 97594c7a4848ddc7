/** Nothing that a peer sends or a configuration says makes an expression throw. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { compileCriterion } from "../../lib/expr/acl.ts";
import { compileExpression } from "../../lib/expr/compile.ts";
import { CONVERTER_ROWS } from "../../lib/expr/converters/table.ts";
import { FETCH_ROWS } from "../../lib/expr/fetches/table.ts";
import { compileLogFormat } from "../../lib/expr/log_format.ts";
import { parseExpression } from "../../lib/expr/parse.ts";
import type { ArgSpec } from "../../lib/expr/rows.ts";
import { context, request, response, stream } from "./support.ts";

const SEED = { seed: 20260102 };
const wordOf = (text: string) => ({
  text,
  span: { file: "", line: 1, column: 1, length: text.length },
});

const sample: Readonly<Record<string, string>> = {
  str: "x",
  int: "2",
  ip: "1.2.3.4",
  mask4: "24",
  mask6: "64",
  frontend: "",
  backend: "",
  server: "s",
  variable: "txn.x",
  operand: "3",
  key: "AAAA",
};

function call(name: string, args: readonly ArgSpec[], count: number): string {
  const values = args.slice(0, count).map((arg) => {
    for (const value of [arg.values?.[0] ?? sample[arg.type], "1", "41", "4", "::1", "x"]) {
      if (arg.check?.(arg.type === "int" ? Number(value) : value) === undefined) return value;
    }
    return "";
  });
  return count === 0 ? name : `${name}(${values.join(",")})`;
}

/** Every fetch, with none and with all of its arguments. */
const fetches = FETCH_ROWS.flatMap((
  row,
) => [call(row.name, row.args, 0), call(row.name, row.args, 9)]);
// `debug` writes to standard error, and files have tests of their own.
const converters = CONVERTER_ROWS
  .filter((row) => row.name !== "debug" && row.args[0]?.type !== "file")
  .map((row) => call(row.name, row.args, 9));

const nasty = fc.string({
  unit: fc.constantFrom(
    "a",
    "=",
    ";",
    ",",
    '"',
    "\\",
    " ",
    "%",
    "%4",
    "?",
    "&",
    ":",
    "1",
    "\xff",
    "$",
    "+",
  ),
  maxLength: 30,
});

Deno.test("every fetch, alone and with every converter, gives a value or none on odd messages", () => {
  const compiled = fetches.flatMap((fetch) =>
    ["", ...converters.map((c) => "," + c)].flatMap((converter) =>
      (["log", "http-request", "http-response"] as const).slice(0, converter === "" ? 3 : 2)
        .map((place) => compileExpression(wordOf(fetch + converter), context({ place })))
    )
  ).filter((expression) => expression !== undefined);
  assert(compiled.length > 1000, `only ${compiled.length} compile`);
  fc.assert(
    fc.property(nasty, nasty, (one, two) => {
      const target = "/" + one.replace(/ /g, "");
      const made = stream({
        request: request([
          `GET ${target} HTTP/1.1`,
          "Host: h",
          `A: ${one}`,
          `Cookie: ${two}`,
          `Cookie: ${one}`,
        ]),
        response: response(["HTTP/1.1 200 OK", `Set-Cookie: ${one}`, `A: ${two}`]),
      });
      const none = stream({ request: undefined });
      for (const expression of compiled) {
        expression.eval(made);
        expression.eval(none);
        expression.test(() => false)(made);
      }
    }),
    { ...SEED, numRuns: 40 },
  );
});

const configured = fc.string({
  unit: fc.constantFrom(
    "%",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ",",
    '"',
    "'",
    "\\",
    " ",
    "src",
    "path",
    "lower",
    "+Q",
    "o",
    "r",
    "hdr(a",
    "field(1",
    "-m",
    "-i",
    "--",
    "beg",
    "é",
  ),
  maxLength: 12,
});

Deno.test("any text is parsed or refused with an alert, never with an exception", () => {
  fc.assert(
    fc.property(configured, (text) => {
      parseExpression(text);
      const ctx = context({ place: "log" });
      const format = compileLogFormat(wordOf(text), ctx);
      assert.equal(format === undefined, ctx.diagnostics.failed);
      format?.(stream());
      const other = context();
      const words = text.split(" ").map(wordOf);
      const criterion = compileCriterion(words, other);
      assert.equal(criterion === undefined, other.diagnostics.failed);
      criterion?.test(stream());
    }),
    { ...SEED, numRuns: 5000 },
  );
});
