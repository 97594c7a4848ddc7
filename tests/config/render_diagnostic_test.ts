import assert from "node:assert/strict";
import fc from "fast-check";
import type { Diagnostic } from "../../lib/config/diagnostic.ts";
import { maskSecrets } from "../../lib/config/mask_secrets.ts";
import { renderDiagnostic } from "../../lib/config/render_diagnostic.ts";

const LINE = "    server web1 10.0.0.10:80 check dall 3";

function render(diagnostic: Partial<Diagnostic>, text = `backend b\n${LINE}\n`, options = {}) {
  const sources = new Map([["a.cfg", text]]);
  return renderDiagnostic({ severity: "alert", message: "m", ...diagnostic }, sources, options);
}

const at = (line: number, column: number, length: number) => ({
  file: "a.cfg",
  line,
  column,
  length,
});

Deno.test("a diagnostic shows place, line, mark, nearest word, what is allowed and a second place", () => {
  const text = render({
    message: "unknown server option 'dall'",
    span: at(2, 36, 4),
    allowed: "fall rise inter",
    nearest: "fall",
    related: { span: at(1, 9, 1), message: "in this backend" },
  });
  assert.equal(
    text,
    `[ALERT] a.cfg:2:36: unknown server option 'dall'
    server web1 10.0.0.10:80 check dall 3
                                   ^^^^
    did you mean 'fall'?
    allowed: fall rise inter
    a.cfg:1:9: in this backend
    backend b
            ^`,
  );
});

Deno.test("without a place or a source only the message is given", () => {
  assert.equal(render({}), "[ALERT] m");
  assert.equal(
    render({ severity: "warning", span: { ...at(1, 1, 1), file: "other" } }),
    "[WARNING] other:1:1: m",
  );
  assert.equal(render({ severity: "diag", span: at(99, 1, 1) }), "[DIAG] a.cfg:99:1: m");
});

Deno.test("tabs and wide characters keep the mark below the word", () => {
  assert.equal(
    render({ span: at(1, 3, 3) }, "\ta\tb c"),
    "[ALERT] a.cfg:1:3: m\n    a    b c\n     ^^^^^^",
  );
  assert.equal(
    render({ span: at(1, 4, 2) }, "\u4f60\u597d xx"),
    "[ALERT] a.cfg:1:4: m\n    \u4f60\u597d xx\n         ^^",
  );
  assert.equal(render({ span: at(1, 3, 1) }, "e\u0301 x").split("\n")[2], "     ^");
  assert.equal(render({ span: at(1, 4, 1) }, "\u{1f600} x").split("\n")[2], "       ^");
});

Deno.test("long lines are cut around the mark", () => {
  const line = `${"a".repeat(150)} WRONG ${"b".repeat(150)}`;
  const [, shown, mark] = render({ span: at(1, 152, 5) }, line).split("\n");
  assert.ok(shown.length <= 104, shown);
  assert.match(shown, /^ {4}\.\.\.a+ WRONG b+\.\.\.$/);
  assert.equal(shown.slice(mark.indexOf("^"), mark.lastIndexOf("^") + 1), "WRONG");
  const [, whole] = render({ span: at(1, 1, 300) }, "x".repeat(300)).split("\n");
  assert.ok(whole.length <= 104);
});

Deno.test("a carriage return at the end is not shown, control characters are escaped", () => {
  assert.equal(render({ span: at(1, 1, 1) }, "ab\r\n"), "[ALERT] a.cfg:1:1: m\n    ab\n    ^");
  assert.match(
    render({ message: "x\x1b[31m", span: at(1, 1, 1) }, "\x1b]0;t\x07"),
    // deno-lint-ignore no-control-regex
    /^[^\x1b\x07]*$/,
  );
});

Deno.test("colours only when asked for", () => {
  assert.ok(!render({ span: at(2, 36, 4) }).includes("\x1b"));
  const colored = render({ span: at(2, 36, 4) }, undefined, { color: true });
  // deno-lint-ignore no-control-regex
  assert.equal(colored.replace(/\x1b\[[\d;]*m/g, ""), render({ span: at(2, 36, 4) }));
  assert.ok(colored.includes("\x1b[1;31m"));
});

Deno.test("passwords are masked in cfg and in YAML, columns stay", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["  stats auth yu:secret", "  stats auth yu:******"],
    ["  stats auth yu:sec:ret # c", "  stats auth yu:******* # c"],
    ["user tiger password $6$k6y3o.eP groups G1", "user tiger password *********** groups G1"],
    ["user xdb insecure-password hello", "user xdb insecure-password *****"],
    ["bind :1 ssl ca-sign-pass tiger crt x", "bind :1 ssl ca-sign-pass ***** crt x"],
    ["ca-sign-pass: 'ti ger'", "ca-sign-pass: '******'"],
    ["redis redis://u:pw@h:1/0 nopurge", "redis redis://u:**@h:1/0 nopurge"],
    ["redis redis://h:6379/0", "redis redis://h:6379/0"],
    ["  tiger: { password: x, groups: [a] }", "  tiger: { password: *, groups: [a] }"],
    ['  tiger: { "password": "x y" }', '  tiger: { "password": "***" }'],
    ["  stats: { auth: 'yu:yu', uri: /s }", "  stats: { auth: 'yu:**', uri: /s }"],
    ["  auth: [a:b, c:d]", "  auth: [a:*, c:*]"],
    ['stats auth "a:b c"', 'stats auth "a:***"'],
    ["http-request auth realm x", "http-request auth realm x"],
    ["  bind :80 # password", "  bind :80 # password"],
    [
      "server s 10.0.0.1:80 http-proxy 10.0.0.3:1 http-proxy-auth me:s3cret ssl",
      "server s 10.0.0.1:80 http-proxy 10.0.0.3:1 http-proxy-auth me:****** ssl",
    ],
  ];
  for (const [line, expected] of cases) assert.equal(maskSecrets(line), expected, line);
  assert.match(render({ span: at(1, 12, 4) }, "stats auth yu:yu x"), /stats auth yu:\*\* x/);
});

Deno.test("any span over any text is rendered without an exception, the mark below the line", () => {
  const char = fc.constantFrom(..."ab \t\n\r\u4f60\u{1f600}\u0301\x1b:");
  const text = fc.array(char, { maxLength: 300 }).map((chars) => chars.join(""));
  const number = fc.integer({ min: 1, max: 400 });
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 5 }),
      number,
      number,
      (source, line, column, length) => {
        const lines = render({ span: at(line, column, length) }, source).split("\n");
        assert.ok(lines.length === 1 || lines.length === 3);
        if (lines.length === 3) assert.match(lines[2], /^ +\^+$/);
      },
    ),
    { seed: 27, numRuns: 2000 },
  );
});
