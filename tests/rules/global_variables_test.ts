import assert from "node:assert/strict";
import { NO_VARIABLES } from "../../lib/config/model_language.ts";
import { compileGlobalVariables } from "../../lib/rules/global_variables.ts";
import { context, told, wordsAt } from "../expr/support.ts";

const MISTAKES: readonly [line: string, said: string[]][] = [
  ["set-var txn.a str(x)", ["alert 9+5: 'txn.a' cannot be set in the global section"]],
  ["set-var proc.a-b str(x)", ["alert 9+8: 'proc.a-b' cannot be set in the global section"]],
  ["set-var proc.a src", [
    "alert 16+3: 'src' needs the client address, not available in 'global' of a frontend",
  ]],
  ["set-var proc.a be_conn(be)", [
    "alert 16+7: 'be_conn' needs the internal state, not available in 'global' of a frontend",
  ]],
  ["set-var proc.a str(x) y", ["alert 23+1: unexpected 'y' behind 'set-var'"]],
  ["set-var-fmt proc.a %ci", [
    "alert 20+3: format variable '%ci' needs a stream, there is none here",
  ]],
  ["set-var-fmt proc.a %[src]", [
    "alert 22+3: 'src' needs the client address, not available in 'global' of a frontend",
  ]],
];

for (const [line, said] of MISTAKES) {
  Deno.test(`the mistake in global '${line}' is told with its place`, () => {
    const ctx = context();
    compileGlobalVariables({ ...NO_VARIABLES, sets: [wordsAt(line)] }, ctx);
    assert.deepEqual(told(ctx), said);
  });
}
