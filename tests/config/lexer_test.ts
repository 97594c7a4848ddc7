import assert from "node:assert/strict";
import fc from "fast-check";
import { Environment } from "../../lib/config/environment.ts";
import { lex, type LexStyle, MAX_LINE_LENGTH, MAX_WORDS } from "../../lib/config/lexer.ts";
import { findProgram } from "../support/needs.ts";
import { CASES, environment, pseudo, REFUSED } from "./lexer_cases.ts";

const texts = (line: string, style: LexStyle = "cfg") =>
  lex(line, { style, env: environment, pseudo }).tokens.map((token) => token.text);

/** What an empty word does in HAProxy: it ends the list, unless it is the first. */
function untilEmpty(words: readonly string[]): readonly string[] {
  const empty = words.indexOf("");
  return empty < 0 ? words : words.slice(0, Math.max(1, empty));
}

Deno.test("every measured line gives the words that HAProxy gives", () => {
  for (const [line, words] of CASES) {
    const result = lex(line, { style: "cfg", env: environment, pseudo });
    assert.equal(result.error, undefined, line);
    assert.deepEqual(untilEmpty(result.tokens.map((token) => token.text)), words, line);
  }
});

Deno.test("the installed HAProxy reads one-word lines of the table as the table says", async (t) => {
  const haproxy = findProgram("haproxy");
  const cases = CASES.filter(([line, words]) =>
    words.length === 1 && texts(line).length === 1 && !/[\n\r]/.test(words[0]) &&
    !line.includes(".FILE")
  );
  await t.step({
    name: `${cases.length} lines as arguments of .notice`,
    ignore: haproxy === undefined,
    fn: async () => {
      const file = await Deno.makeTempFile({ suffix: ".cfg" });
      try {
        const lines = cases.map(([line]) =>
          line.includes(".LINE") ? ".notice 2" : `.notice ${line}`
        );
        await Deno.writeTextFile(file, `${lines.join("\n")}\n`);
        const { stderr } = await new Deno.Command(haproxy!, {
          args: ["-c", "-f", file],
          clearEnv: true,
          env: { A: "aval", LIST: "x  y z", EMPTY: "", SP: " lead trail ", Q: 'a"b', D: "$A" },
          stdout: "null",
          stderr: "piped",
        }).output();
        const said = [...new TextDecoder().decode(stderr).matchAll(/:(\d+)\]: '(.*)'\.$/gm)];
        assert.deepEqual(said.map((found) => found[2]), cases.map(([, words]) => words[0]));
      } finally {
        await Deno.remove(file);
      }
    },
  });
});

Deno.test("what HAProxy refuses is refused at a place that holds its position", () => {
  for (const [line, , position] of REFUSED) {
    const { error } = lex(line, { style: "cfg", env: environment, pseudo });
    assert.ok(error !== undefined, line);
    assert.ok(
      error.start <= position && position - 1 <= error.end,
      `${line}: ${error.start}..${error.end} and ${position}`,
    );
  }
});

Deno.test("a word knows where it stands and how it was written", () => {
  const { tokens, comment } = lex(`  bind "a b"c  x # end  `, { style: "cfg" });
  assert.deepEqual(tokens, [
    { text: "bind", start: 2, end: 6, quoted: false },
    { text: "a bc", start: 7, end: 13, quoted: true, raw: '"a b"c' },
    { text: "x", start: 15, end: 16, quoted: false },
  ]);
  assert.deepEqual(comment, { text: " end", start: 17 });
});

Deno.test("${NAME:-default} also replaces an empty value", () => {
  assert.deepEqual(texts('"${EMPTY:-x}" "${NOPE:-y}" "${A:-z}" "${NOPE:-}"'), [
    "x",
    "y",
    "aval",
    "",
  ]);
});

Deno.test("[*] of a variable that is unset or blank gives no word", () => {
  assert.deepEqual(texts('a "${NOPE[*]}" "${EMPTY[*]}" b'), ["a", "b"]);
  assert.deepEqual(texts('"${SP[*]}"'), ["lead", "trail"]);
  const { tokens } = lex('a "${NOPE[*]}"', { style: "cfg", keepEmptyExpansions: true });
  assert.equal(tokens[1].raw, '"${NOPE[*]}"');
});

Deno.test("the words of one [*] expansion carry its raw text once", () => {
  const { tokens } = lex('"p${LIST[*]}s"', { style: "cfg", env: environment });
  assert.deepEqual(tokens.map(({ raw }) => raw), ['"p${LIST[*]}s"', "", ""]);
});

Deno.test("YAML style expands ${NAME} without quotes and keeps # as a character", () => {
  assert.deepEqual(texts("a:${A} $A '${A}' #b \\${A}", "yaml"), [
    "a:aval",
    "$A",
    "${A}",
    "#b",
    "${A}",
  ]);
});

Deno.test("plain style expands nothing", () => {
  assert.deepEqual(texts('"${A}" $A # c', "plain"), ["${A}", "$A", "#", "c"]);
});

Deno.test("an unquoted ${NAME} in cfg style is pointed out", () => {
  const { unexpanded } = lex("bind :${PORT}", { style: "cfg" });
  assert.deepEqual(unexpanded, { start: 6, end: 13 });
  assert.equal(lex('bind "${PORT}" $x', { style: "cfg" }).unexpanded, undefined);
});

Deno.test("limits: words, length, NUL, bare CR and bytes that are not UTF-8 are refused", () => {
  const refused = (line: string) => lex(line, { style: "cfg" }).error?.message;
  assert.equal(refused("a ".repeat(MAX_WORDS)), undefined);
  assert.match(refused("a ".repeat(MAX_WORDS + 1))!, /more than 64 words/);
  assert.match(refused("a".repeat(MAX_LINE_LENGTH + 1))!, /longer than/);
  assert.match(refused("a\0b")!, /NUL/);
  assert.match(refused("a \\x00")!, /NUL/);
  assert.match(refused("a\rb")!, /carriage return/);
  assert.equal(refused("a\r\r"), undefined);
  assert.match(refused("\\xff")!, /UTF-8/);
  assert.match(refused("\\xc3 \\xa9")!, /UTF-8/);
});

const alphabet = fc.constantFrom(..."a b\t\"'\\$#{}[]*-:x4.n_é\u{1f600}\r\0,()!");

Deno.test("any line in any style: no throw, spans in range and in order", () => {
  const env = new Environment({ a: "1 2", x4: "", n: '"' });
  fc.assert(
    fc.property(
      fc.array(alphabet, { maxLength: 60 }).map((chars) => chars.join("")),
      fc.constantFrom<LexStyle>("cfg", "yaml", "plain"),
      (line, style) => {
        const { tokens, error } = lex(line, { style, env, pseudo });
        let last = 0;
        for (const { start, end, raw } of tokens) {
          assert.ok(start >= 0 && start < end && end <= line.length);
          if (raw !== "") assert.ok(start >= last);
          last = end;
        }
        if (error !== undefined) {
          assert.ok(error.start >= 0 && error.start <= error.end && error.end <= line.length);
        }
      },
    ),
    { seed: 20, numRuns: 3000 },
  );
});

Deno.test("the raw text of a word, read again, is the same word", () => {
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 40 }).map((chars) => chars.join("")), (line) => {
      const { tokens } = lex(line, { style: "cfg", env: environment, pseudo });
      const again = tokens.map(({ raw, text }) => raw ?? text).filter((raw) => raw !== "").join(
        " ",
      );
      assert.deepEqual(texts(again), tokens.map((token) => token.text));
    }),
    { seed: 21, numRuns: 3000 },
  );
});
