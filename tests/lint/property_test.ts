/** Rules that are said to be never reached are not reached, by any of many random requests. */
import assert from "node:assert/strict";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { compileRules } from "../../lib/rules/rule_set.ts";
import { Linter } from "../../lib/lint/linter.ts";
import { Recorder } from "../../lib/trace/recorder.ts";
import type { Config } from "../../lib/config/model.ts";
import { context, request, stream, words } from "../expr/support.ts";
import { Random } from "../support/random.ts";

const PATHS = ["/", "/a", "/A", "/a/b", "/a/b/c.png", "/b", "/b/a", "/ab", "/B.PNG"];
const PATTERNS = ["/", "/a", "/A", "/a/", "/a/b", "b", "B", ".png", ".PNG", "/b", "/b/a"];
const SOURCES = ["10.0.0.1", "10.1.0.1", "192.168.0.1"];
const NETWORKS = ["10.0.0.0/8", "10.1.0.0/16", "10.0.0.1", "192.168.0.1", "0.0.0.0/0"];

function criterion(random: Random): string {
  const flag = random.below(3) === 0 ? "-i " : "";
  const some = (list: readonly string[]) =>
    Array.from({ length: 1 + random.below(2) }, () => random.pick(list)).join(" ");
  switch (random.below(8)) {
    case 0:
      return `src ${some(NETWORKS)}`;
    case 1:
      return `hdr(x) ${flag}${some(["a", "A", "b", "ab"])}`;
    case 2:
      return `hdr_beg(x) ${flag}${some(["a", "A", "b", "ab"])}`;
    case 3:
      return `hdr_cnt(x) ${random.pick(["gt 0", "ge 1", "1", "0", "0:1", "lt 2"])}`;
    case 4:
      return random.pick(["always_true", "always_false", "hdr(x) -m found", "method GET"]);
  }
  return `path${random.pick(["", "_beg", "_end", "_sub"])} ${flag}${some(PATTERNS)}`;
}

function condition(random: Random): string {
  if (random.below(12) === 0) return "";
  let text = random.below(4) === 0 ? " unless" : " if";
  const groups = 1 + random.below(2);
  for (let g = 0; g < groups; g++) {
    if (g > 0) text += " or";
    const terms = 1 + random.below(2);
    for (let t = 0; t < terms; t++) {
      text += `${random.below(4) === 0 ? " !" : " "}{ ${criterion(random)} }`;
    }
  }
  return text;
}

function rule(random: Random): string {
  const action = random.below(5) > 0
    ? random.pick(["deny", "allow", "return status 204", "redirect location /"])
    : random.pick([
      "set-header x a",
      "del-header x",
      "set-path /a/b",
      "set-log-level silent",
      "set-var(txn.a) path",
    ]);
  return action + condition(random);
}

Deno.test("a rule that is said to be never reached is not reached by any request", () => {
  const random = new Random(20261127);
  let claims = 0;
  for (let round = 0; round < 1500; round++) {
    const texts = Array.from({ length: 2 + random.below(6) }, () => rule(random));
    const statements = texts.map((text, i) => ({
      words: words(text),
      span: { file: "a.cfg", line: i + 1, column: 1, length: text.length },
    }));
    const linter = new Linter();
    compileRules("http-request", statements, { ...context(), observer: linter });
    const diagnostics = new Diagnostics();
    linter.report({ proxies: [] } as unknown as Config, diagnostics, () => false);
    const claimed = new Set<number>();
    for (const { span, message } of diagnostics.list) {
      claimed.add(span!.line);
      // "nor are the 3 behind it"
      const more = /the one behind/.test(message)
        ? 1
        : Number(/the (\d+) behind/.exec(message)?.[1] ?? 0);
      for (let i = 1; i <= more; i++) claimed.add(span!.line + i);
    }
    claims += claimed.size;
    if (claimed.size === 0) continue;
    const recorder = new Recorder();
    const set = compileRules("http-request", statements, { ...context(), observer: recorder })!;
    for (let i = 0; i < 60; i++) {
      const fields = ["", "x: a\r\n", "x: A\r\n", "x: ab\r\nx: b\r\n", "x: b\r\n"];
      const head = `${random.pick(["GET", "POST"])} ${random.pick(PATHS)} HTTP/1.1\r\nHost: h\r\n` +
        `${random.pick(fields)}\r\n`;
      const made = stream({ request: request(head) });
      const session = {
        ...made.session,
        remote: { family: 4 as const, host: random.pick(SOURCES), port: 1 },
      };
      set.run({ ...made, session });
    }
    recorder.lines.forEach(({ applied, text }, i) => {
      assert.ok(
        !claimed.has(i + 1) || applied === 0,
        `${texts.join("\n")}\nline ${i + 1}: ${text}`,
      );
    });
  }
  assert.ok(claims > 200, `${claims} claims`);
});
