import assert from "node:assert/strict";
import { compileRegex } from "../../lib/expr/regex.ts";

function regex(pattern: string, ignoreCase = false) {
  const compiled = compileRegex(pattern, ignoreCase);
  assert("regex" in compiled, pattern);
  return compiled.regex;
}

/** Patterns that take exponential or high polynomial time on a backtracking engine, and a hostile text. */
const HOSTILE: readonly [string, string][] = [
  ["(a+)+$", "a"],
  ["^(a+)+$", "a"],
  ["(a|aa)+$", "a"],
  ["(a|a)*b", "a"],
  ["(.*a){12}$", "a"],
  ["^(([a-z])+.)+[A-Z]([a-z])+$", "a"],
  ["(a?){30}a{30}$", "a"],
  ["x*x*x*x*x*x*y", "x"],
  ["\\s+$", " "],
  [".*.*.*=", "x"],
  ["^.*a.*a.*a.*$", "a"],
];

for (const [pattern, unit] of HOSTILE) {
  Deno.test(`the regex '${pattern}' takes bounded time on hostile text`, () => {
    const compiled = regex(pattern);
    const text = unit.repeat(8000) + "!";
    const from = performance.now();
    compiled.test(text);
    const ms = performance.now() - from;
    assert(ms < 1000, `${ms} ms`);
  });
}

const REFUSED: readonly [string, RegExp][] = [
  ["a(?=b)", /lookaround/],
  ["(?<!a)b", /lookaround/],
  ["(a)\\1", /back reference/],
  ["(?>a)b", /atomic group/],
  ["a++", /possessive quantifier/],
  ["a(", /missing closing \)/],
  ["[a", /missing closing \]/],
  ["*a", /missing argument to repetition operator/],
];

for (const [pattern, expected] of REFUSED) {
  Deno.test(`the regex '${pattern}' is refused at load`, () => {
    const compiled = compileRegex(pattern, false);
    assert("error" in compiled);
    assert.match(compiled.error, expected);
  });
}

const ROWS: readonly [pattern: string, text: string, groups: readonly string[] | undefined][] = [
  ["^/(static|img)/", "/img/a", ["/img/", "img"]],
  ["b", "abc", ["b"]],
  ["^[^/:]*://", "http://x", ["http://"]],
  ["^[^/:]*://", "/a://", undefined],
  ["\\.(png|jpg)$", "/a.jpg", [".jpg", "jpg"]],
  ["(a)?(b)", "b", ["b", "", "b"]],
  ["(a+)(b*)", "xaab", ["aab", "aa", "b"]],
  ["[[:digit:]]+", "a12", ["12"]],
  ["\\d", "a1", ["1"]],
  ["a{2}", "aaa", ["aa"]],
  [".", "\xff", ["\xff"]],
  ["\xc3\xa9", "\xc3\xa9", ["\xc3\xa9"]],
  ["", "abc", [""]],
];

for (const [pattern, text, groups] of ROWS) {
  Deno.test(`the regex '${pattern}' on '${text}' finds ${JSON.stringify(groups)}`, () => {
    const compiled = regex(pattern);
    assert.deepEqual(compiled.groups(text), groups);
    assert.equal(compiled.test(text), groups !== undefined);
  });
}

Deno.test("-i ignores the case, on both engines", () => {
  assert.equal(regex("^AbC$", true).test("aBc"), true);
  assert.equal(regex("(A+)+$", true).test("aa"), true);
  assert.equal(regex("^AbC$").test("aBc"), false);
});
