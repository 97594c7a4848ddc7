import assert from "node:assert/strict";
import fc from "fast-check";
import { parseLine } from "../../../lib/runtime/socket/line.ts";

const cases: { line: string; commands: string[][]; payload?: boolean }[] = [
  { line: "show info", commands: [["show", "info"]] },
  { line: "  show \t info  ", commands: [["show", "info"]] },
  { line: "show info;show stat", commands: [["show", "info"], ["show", "stat"]] },
  { line: "show info ; show stat;", commands: [["show", "info"], ["show", "stat"], []] },
  { line: "", commands: [[]] },
  { line: ";", commands: [[], []] },
  { line: "a\\;b c\\ d e\\\\", commands: [["a;b", "c d", "e\\"]] },
  { line: "get weight a\\/b", commands: [["get", "weight", "a/b"]] },
  { line: "a\\", commands: [["a\\"]] },
  { line: "show 'info' # \"x\"", commands: [["show", "'info'", "#", '"x"']] },
  { line: "set x <<", commands: [["set", "x"]], payload: true },
  { line: "show info;set x << ", commands: [["show", "info"], ["set", "x"]], payload: true },
  { line: "set x<<", commands: [["set", "x<<"]] },
  { line: "set x <<y", commands: [["set", "x", "<<y"]] },
];

for (const { line, commands, payload = false } of cases) {
  Deno.test(`the line ${JSON.stringify(line)} is parted as HAProxy does`, () => {
    assert.deepEqual(parseLine(line), { commands, payload });
  });
}

Deno.test("words without special characters come out as they went in", () => {
  const word = fc.stringMatching(/^[a-z0-9/%#._:-]{1,8}$/);
  fc.assert(
    fc.property(fc.array(fc.array(word, { maxLength: 10 }), { minLength: 1 }), (commands) => {
      const line = commands.map((words) => words.join(" ")).join(";");
      assert.deepEqual(parseLine(line).commands, commands);
    }),
    { seed: 7 },
  );
});

Deno.test("no command has more than 64 words, whatever the line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (line) => {
      for (const words of parseLine(line).commands) assert.ok(words.length <= 64);
    }),
    { seed: 7 },
  );
  assert.equal(parseLine("a ".repeat(1000)).commands[0].length, 64);
});
