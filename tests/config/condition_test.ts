import assert from "node:assert/strict";
import fc from "fast-check";
import { evaluateCondition } from "../../lib/config/condition.ts";
import { Environment } from "../../lib/config/environment.ts";
import { compareVersions, parseVersion } from "../../lib/config/version.ts";

const context = {
  env: new Environment({ A: "aval", EMPTY: "" }),
  features: new Set(["OPENSSL"]),
};
const value = (text: string) => {
  const result = evaluateCondition(text, context);
  return "value" in result ? result.value : `${result.position}: ${result.message}`;
};

/** Measured with `haproxy -cc` of 2.6.12, except feature(), whose list was OPENSSL among others. */
const TRUTH: readonly (readonly [string, boolean])[] = [
  ["", false],
  ["0", false],
  ["00", false],
  ["1", true],
  ["42", true],
  ["-1", true],
  ["9999999999999", true],
  [" 1", true],
  ["1 ", true],
  ["!0", true],
  ["!1", false],
  ["!!1", true],
  ["! 1", false],
  ["(1)", true],
  ["( 1 )", true],
  ["((0))", false],
  ["!(0||0)", true],
  ["1 && 0", false],
  ["1&&1", true],
  ["0||1", true],
  ["0 && 1 || 1", true],
  ["1 || 1 && 0", true],
  ["defined(A)", true],
  ["defined(EMPTY)", true],
  ["defined(NOPE)", false],
  ['defined("A")', true],
  ["defined( A )", false],
  ["feature(OPENSSL)", true],
  ["feature(openssl)", false],
  ["feature(NOPE)", false],
  ["streq(a,a)", true],
  ["streq(a, a)", false],
  ["streq( a,a)", false],
  ["streq(,)", true],
  ['streq("a b",a b)', true],
  ['streq("(","(")', true],
  ["streq(\\(,\\()", true],
  ["strneq(a,b)", true],
  ["version_atleast(2.6)", true],
  ["version_atleast(2.6.12)", true],
  ["version_atleast(2.6.13)", false],
  ["version_atleast(2.7)", false],
  ["version_atleast(2.7-dev0)", false],
  ["version_atleast(2.6.12-dev1)", true],
  ["version_atleast(2.6.12-1)", false],
  ["version_atleast(2.4-dev19)", true],
  ["version_atleast(2)", true],
  ["version_atleast(3)", false],
  ["version_before(2.6)", false],
  ["version_before(2.7)", true],
  ["version_before(2.6.12-1)", true],
];

Deno.test("conditions have the values that haproxy -cc gives", () => {
  for (const [text, expected] of TRUTH) assert.equal(value(text), expected, `'${text}'`);
});

Deno.test("what is no condition is refused with the place of the mistake", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["0x", "1: unexpected 'x' behind the condition"],
    ["1 1", "2: unexpected '1' behind the condition"],
    ["defined A", "0: 'defined' takes other arguments: defined(name)"],
    ["defined()", "0: 'defined' takes other arguments: defined(name)"],
    ["defined(A,B)", "0: 'defined' takes other arguments: defined(name)"],
    ["DEFINED(A)", "0: unknown predicate 'DEFINED'"],
    ["streq(a)", "0: 'streq' takes other arguments: streq(string,string)"],
    ["streq(a,a,a)", "0: 'streq' takes other arguments: streq(string,string)"],
    ["streq(a\\,b,a\\,b)", "0: 'streq' takes other arguments: streq(string,string)"],
    ["streq(a", "5: unmatched '('"],
    ["1 || ", "5: the condition ends where a value is expected"],
    ["1 &&", "4: the condition ends where a value is expected"],
    ["&& 1", "0: '&&' is not a condition"],
    ["1 & 1", "2: unexpected '&' behind the condition"],
    ["(1", "0: unmatched '('"],
    ["1)", "1: unexpected ')' behind the condition"],
    ["!", "1: the condition ends where a value is expected"],
    ["1 || foo", "5: unknown predicate 'foo'"],
    ["0 && foo(x)", "5: unknown predicate 'foo'"],
    ["streq(a,a) x", "11: unexpected 'x' behind the condition"],
    ["enabled(POLL)", "0: 'enabled' is a predicate of HAProxy 2.8, later than 2.6.12"],
    ["version_atleast(x)", "0: 'x' is not a version such as 2.6 or 2.4-dev19"],
  ];
  for (const [text, expected] of cases) assert.equal(value(text), expected, `'${text}'`);
});

Deno.test("a mistyped predicate suggests the right one", () => {
  const result = evaluateCondition("defnied(A)", context);
  assert.equal("nearest" in result && result.nearest, "defined");
});

Deno.test("endless nesting is refused", () => {
  assert.match(String(value("!".repeat(500) + "1")), /nested too deeply/);
  assert.match(String(value("(".repeat(100_000))), /nested too deeply/);
});

Deno.test("versions are ordered: development, release, commits, patch, minor, major", () => {
  const order = [
    "2.4-dev1",
    "2.4-dev19",
    "2.4-rc1",
    "2.4",
    "2.4.0-3",
    "2.4.1",
    "2.10",
    "3.0-dev0",
    "3",
  ];
  for (let i = 0; i + 1 < order.length; i++) {
    assert.equal(
      compareVersions(parseVersion(order[i])!, parseVersion(order[i + 1])!),
      -1,
      order[i],
    );
  }
  assert.equal(compareVersions(parseVersion("2.4")!, parseVersion("2.4.0")!), 0);
  assert.equal(parseVersion("2.x"), undefined);
});

Deno.test("any text is a value or a mistake within the text, never an exception", () => {
  const piece = fc.constantFrom(
    ..."!()&|, \"'\\01x",
    "&&",
    "||",
    "streq",
    "defined",
    "version_before(",
    "\u00e9",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }).map((parts) => parts.join("")), (text) => {
      const result = evaluateCondition(text, context);
      if ("value" in result) return;
      assert.ok(result.position >= 0 && result.position <= text.length && result.length >= 1);
    }),
    { seed: 22, numRuns: 3000 },
  );
});
