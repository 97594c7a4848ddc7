import assert from "node:assert/strict";
import fc from "fast-check";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { Environment } from "../../lib/config/environment.ts";
import { readCfg } from "../../lib/config/read_cfg.ts";
import { SECTION_NAMES } from "../../lib/config/sections.ts";
import { outline, spansOutside } from "./document_text.ts";

function read(text: string, env: Record<string, string> = {}) {
  const diagnostics = new Diagnostics();
  const document = readCfg(text, "x.cfg", env, diagnostics);
  return { document, diagnostics, said: diagnostics.list.map(({ message }) => message) };
}

Deno.test("the manual's two ways of writing one configuration are equal", () => {
  const dense = "global#this is the global section\n    daemon#daemonize\n        frontend" +
    "         foo\n    mode             http   # or tcp\n";
  const neat = "global\n\tdaemon\n\n# this is the public web frontend\nfrontend foo\n\tmode http\n";
  assert.deepEqual(outline(read(dense).document), outline(read(neat).document));
  assert.deepEqual(outline(read(neat).document), [["global", "daemon"], [
    "frontend|foo",
    "mode|http",
  ]]);
});

Deno.test("every section keyword starts a section, also indented, quoted or inside another", () => {
  const text = SECTION_NAMES.map((name) => `  ${name} x\n    keyword\n`).join("");
  const { document } = read(text);
  assert.deepEqual(document.sections.map(({ kind }) => kind.text), SECTION_NAMES);
  assert.deepEqual(outline(read('global\n "front"end a\n b\n').document)[1], ["frontend|a", "b"]);
});

Deno.test("a statement knows its place, its words' places and its comments", () => {
  const { document } = read(
    "# head\nglobal # g\n  # one\n  # two\n\n\tmaxconn  10 # after\n# last\n",
  );
  const [global] = document.sections;
  assert.deepEqual(global.commentsBefore, [" head"]);
  assert.equal(global.commentAfter, " g");
  const [statement] = global.statements;
  assert.deepEqual(statement.span, { file: "x.cfg", line: 6, column: 2, length: 11 });
  assert.deepEqual(statement.words[1].span, { file: "x.cfg", line: 6, column: 11, length: 2 });
  assert.deepEqual(statement.commentsBefore, [" one", " two"]);
  assert.equal(statement.commentAfter, " after");
  assert.deepEqual(document.commentsAfter, [" last"]);
});

Deno.test("lines may end in CR LF", () => {
  const { document, said } = read("global\r\n  daemon\r\n\r\n  # c\r\n  maxconn 5\r\n");
  assert.deepEqual(outline(document), [["global", "daemon", "maxconn|5"]]);
  assert.deepEqual(said, []);
});

Deno.test("setenv and its family in global change what follows, elsewhere they do not", () => {
  const text = `global
    setenv A new
    description "$A"
    presetenv A other
    presetenv B b
    unsetenv C
    description "$A $B \${C-gone}"
    resetenv B
    description "\${A-gone} $B"
backend b
    setenv B changed
    description "$B \${.LINE} \${.FILE} \${.SECTION}"
`;
  const { document } = read(text, { A: "old", C: "c" });
  const told = outline(document).flat().filter((line) => line.startsWith("description"));
  assert.deepEqual(told, [
    "description|new",
    "description|new b gone",
    "description|gone b",
    "description|b 12 x.cfg b",
  ]);
});

Deno.test("changes are seen in an Environment that was passed, and forgotten for a record", () => {
  const env = new Environment();
  readCfg("global\n setenv A 1\n", "x.cfg", env, new Diagnostics());
  assert.equal(env.get("A"), "1");
});

Deno.test("conditional blocks choose lines, nested and with elif and else", () => {
  const text = `global
.if defined(A) && !streq("$A",no)
    a
  .if 0
    never
  .elif version_before(9)
    b
  .elif nonsense is not evaluated here
    never
  .else
    never
  .endif
.else
    never
.endif
.if "$EMPTY"
    never
.else # comment
    c
.endif # comment
`;
  const { document, said } = read(text, { A: "yes" });
  assert.deepEqual(said, []);
  assert.deepEqual(outline(document), [["global", "a", "b", "c"]]);
});

Deno.test("99 nested blocks are allowed, the hundredth is refused once", () => {
  const nested = (count: number) => `${".if 1\n".repeat(count)}${".endif\n".repeat(count)}`;
  assert.deepEqual(read(nested(99)).said, []);
  assert.deepEqual(read(nested(120)).said, ["more than 99 '.if' inside each other"]);
});

Deno.test("messages have their severity and stop at skipped blocks", () => {
  const { diagnostics } = read(
    '.notice a\n.warning "b c"\n.alert d\n.diag e\n.if 0\n.alert f\n.endif\n',
  );
  const said = diagnostics.list.map(({ severity, message }) => `${severity} ${message}`);
  assert.deepEqual(said, ["notice a", "warning b c", "alert d", "diag e"]);
});

Deno.test("an empty word ends the statement as in HAProxy, and what is lost is said", () => {
  const { document, said } = read('backend b\n server s a "$NOPE" check\n server t a "$NOPE"\n');
  assert.deepEqual(outline(document)[0].slice(1), ["server|s|a", "server|t|a"]);
  assert.deepEqual(said, ["an empty word ends the statement, 'check' behind it has no effect"]);
});

Deno.test("for conversion empty words stay and resolved blocks are pointed out", () => {
  const diagnostics = new Diagnostics();
  const text = 'backend b\n.if 1\n server s a "$NOPE" check\n.endif\n';
  const document = readCfg(text, "x.cfg", {}, diagnostics, { forConversion: true });
  assert.equal(outline(document)[0][1], "server|s|a||check");
  assert.match(diagnostics.list[0].message, /'\.if' block is resolved/);
});

Deno.test("a statement before any section is told once, with the nearest section", () => {
  const { diagnostics } = read("fronted web\n bind :80\nglobal\n");
  assert.equal(diagnostics.list.length, 1);
  assert.equal(diagnostics.list[0].nearest, "frontend");
});

Deno.test("a header with a mistake still keeps its lines from the section before", () => {
  const { document } = read('global\n daemon\nfrontend "web\n bind :80\n');
  assert.deepEqual(outline(document), [["global", "daemon"], ["frontend", "bind|:80"]]);
});

Deno.test("any text: no throw, every span within the file", () => {
  const line = fc.constantFrom(
    "global",
    "frontend a b",
    " bind :80 # c",
    ' x "a $A ${B[*]}" y',
    " 'open",
    ".if streq(a,b",
    ".if 1",
    ".else",
    ".endif",
    ".alert x",
    "\t# comment",
    "",
    " a\\ b \\x41 \u{1f600}\0",
    "\r",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.string()), { maxLength: 20 }), (lines) => {
      const text = lines.join("\n");
      const { document, diagnostics } = read(text, { A: "1 2", B: " x  y " });
      assert.deepEqual(spansOutside(document, text), []);
      for (const { span } of diagnostics.list) {
        assert.ok(span !== undefined && span.line <= text.split("\n").length);
      }
    }),
    { seed: 23, numRuns: 1500 },
  );
});
