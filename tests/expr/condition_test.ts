import assert from "node:assert/strict";
import { compileAcls } from "../../lib/expr/acl.ts";
import { compileCondition } from "../../lib/expr/condition.ts";
import { context, request, stream, told, words, wordsAt } from "./support.ts";

/** Compiles a condition and runs it; throws when it has mistakes. */
function holds(condition: string, acls: readonly string[] = [], parts = {}): boolean {
  const ctx = context();
  const table = compileAcls(acls.map(wordsAt), ctx);
  const test = compileCondition(words(condition), { ...ctx, acls: table });
  assert.deepEqual(told(ctx), []);
  return test!(stream(parts));
}

const TRUTH: readonly [string, boolean][] = [
  ["if TRUE", true],
  ["if FALSE", false],
  ["unless TRUE", false],
  ["unless FALSE", true],
  ["if !TRUE", false],
  ["if ! TRUE", false],
  ["if !!TRUE", true],
  ["if ! !TRUE", true],
  ["if TRUE TRUE", true],
  ["if TRUE FALSE", false],
  ["if TRUE !FALSE", true],
  ["if FALSE or TRUE", true],
  ["if FALSE || TRUE", true],
  ["if TRUE FALSE or TRUE", true],
  ["if TRUE or FALSE FALSE", true],
  ["if TRUE TRUE TRUE FALSE", false],
  ["if FALSE or FALSE or TRUE TRUE TRUE", true],
  ["unless FALSE or TRUE", false],
  ["if { always_true }", true],
  ["if !{ always_true }", false],
  ["if ! { always_true }", false],
  ["if { always_true } { always_false } or { always_true }", true],
  ["if { path / } METH_GET", true],
  // a missing sample: the ACL is false, its negation true
  ["if { req.hdr(x-no) -m found }", false],
  ["if !{ req.hdr(x-no) -m found }", true],
  ["if { req.hdr(x-no) a }", false],
  ["if !{ req.hdr(x-no) a }", true],
];

for (const [condition, expected] of TRUTH) {
  Deno.test(`the condition '${condition}' is ${expected} (manual 7.2)`, () => {
    assert.equal(holds(condition), expected);
  });
}

Deno.test("several acl lines of one name are alternatives", () => {
  const acls = ["static path_beg /img", "static path_end .css"];
  const at = (path: string) =>
    holds("if static", acls, { request: request([`GET ${path} HTTP/1.1`, "Host: a"]) });
  assert.equal(at("/img/a"), true);
  assert.equal(at("/x.css"), true);
  assert.equal(at("/x.js"), false);
});

Deno.test("an acl of the user's stands before the predefined one of that name", () => {
  assert.equal(holds("if TRUE", ["TRUE always_false"]), false);
});

const MISTAKES: readonly [string, string[]][] = [
  ["if METH_GTE", ["alert 4+8: no such acl: 'METH_GTE' [nearest: METH_GET]"]],
  ["if", ["alert 1+2: 'if' needs a condition"]],
  ["if TRUE or", ["alert 9+2: 'or' needs a condition behind it"]],
  ["if or TRUE", ["alert 4+2: 'or' needs a condition before it"]],
  ["if !", ["alert 4+1: '!' needs an acl behind it"]],
  ["if { path /x", ["alert 4+1: '{' is not closed by '}'"]],
  ["if { }", ["alert 4+1: an anonymous acl needs a criterion"]],
  ["if {path /x}", [
    "alert 4+5: no such acl: '{path'",
    "alert 10+3: no such acl: '/x}'",
  ]],
  ["if { status 200 }", [
    "warning 4+1: this acl will never match: 'status' gives nothing in 'http-request' of a frontend",
  ]],
];

for (const [condition, expected] of MISTAKES) {
  Deno.test(`the mistake in '${condition}' is told with its place`, () => {
    const ctx = context();
    compileCondition(words(condition), ctx);
    assert.deepEqual(told(ctx), expected);
  });
}

Deno.test("an acl whose fetch has nothing at the place is false, even when data is there", () => {
  const ctx = context({ place: "http-response" });
  const test = compileCondition(words("if { path / }"), ctx);
  assert.equal(test!(stream()), false);
  assert.equal(ctx.diagnostics.list[0].severity, "warning");
});
