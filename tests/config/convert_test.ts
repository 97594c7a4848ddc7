import assert from "node:assert/strict";
import fc from "fast-check";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import type { Document } from "../../lib/config/document.ts";
import { detectFormat } from "../../lib/config/load.ts";
import { quoteWord } from "../../lib/config/raw_words.ts";
import { readCfg } from "../../lib/config/read_cfg.ts";
import { readYaml } from "../../lib/config/read_yaml.ts";
import { writeCfg } from "../../lib/config/write_cfg.ts";
import { type Arity, writeYaml } from "../../lib/config/write_yaml.ts";
import { assertGolden } from "../support/golden.ts";
import { outline } from "./document_text.ts";

const FOLDER = new URL("golden/convert/", import.meta.url);
const ENV = { NAME: "n", HOSTNAME: "h", LIST: "x  y", PORT: "80", WEIGHT: "3", ADDR: "10.9.9.9" };

const FLAGS = ["check", "ssl", "backup", "insert", "indirect", "nocache"];
const VALUES = [
  "inter",
  "fall",
  "rise",
  "weight",
  "cookie",
  "crt",
  "alpn",
  "type",
  "size",
  "expire",
];
const arity: Arity = (_, option) => {
  if (FLAGS.includes(option)) return 0;
  return [...VALUES, "store", "domain", "maxconn"].includes(option) ? 1 : undefined;
};

function read(text: string, format: "cfg" | "yaml", env: Record<string, string>): Document {
  const diagnostics = new Diagnostics();
  const reader = format === "cfg" ? readCfg : readYaml;
  const document = reader(text, "x", env, diagnostics, { forConversion: true });
  const alerts = diagnostics.list.filter(({ severity }) => severity === "alert");
  assert.deepEqual(alerts, [], text);
  return document;
}

/**
 * The law of conversion: the same sections in the same order, each with the same statements, those of one
 * keyword in the same order (`no option x` and `option x` are one keyword).
 */
function sameMeaning(a: Document, b: Document, about: string): void {
  const normal = (document: Document) =>
    outline(document).map(([head, ...lines]) => {
      const keyword = (line: string) => line.replace(/^no\|/, "").split("|")[0];
      const order = lines.map((line, index) => ({ line, index }));
      order.sort((x, y) => {
        const left = keyword(x.line);
        const right = keyword(y.line);
        // maps join the statements of one second word, so only those keep their order
        const second = (line: string) => line.replace(/^no\|/, "").split("|")[1] ?? "";
        if (left !== right) return left < right ? -1 : 1;
        const grouped = ["acl", "timeout", "option", "stats", "errorfile"].includes(left);
        if (grouped && second(x.line) !== second(y.line)) {
          return second(x.line) < second(y.line) ? -1 : 1;
        }
        return x.index - y.index;
      });
      return [head, ...order.map(({ line }) => line)];
    });
  assert.deepEqual(normal(b), normal(a), about);
}

/** Without `.FILE` and `.LINE`, which are other places after a conversion. */
const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
  .filter((name) => /^\w+\.(?:cfg|yaml)$/.test(name)).sort();

for (const name of names) {
  Deno.test(`${name} is converted as its golden file says, and back to the same words`, async () => {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    const format = detectFormat(name, text);
    const other = format === "cfg" ? "yaml" : "cfg";
    const write = (document: Document, to: "cfg" | "yaml") =>
      to === "cfg" ? writeCfg(document) : writeYaml(document, { arity });

    const document = read(text, format, ENV);
    const converted = write(document, other);
    await assertGolden(import.meta.url, `golden/convert/${name}.to.${other}`, converted);

    // in another environment too: the variables themselves must have come along
    for (const env of [ENV, {}, { ...ENV, HOSTNAME: "other", EXTRA: "backup" }]) {
      const first = read(text, format, env);
      const back = read(write(read(converted, other, env), format), format, env);
      sameMeaning(first, read(converted, other, env), "there");
      sameMeaning(first, back, "there and back");
      sameMeaning(first, read(write(first, format), format, env), "the same format");
    }
    assert.equal(detectFormat("?", converted), other);
  });
}

Deno.test("comments survive both ways", () => {
  const text = "# a\nglobal # b\n    # c\n    maxconn 5 # d\n    # e\n    log x # f\n\n# g\n";
  const yaml = writeYaml(read(text, "cfg", {}));
  const cfg = writeCfg(read(yaml, "yaml", {}));
  const comments = (of: string) => [...of.matchAll(/# (\w)/g)].map((found) => found[1]);
  assert.deepEqual(comments(yaml).sort(), [..."abcdefg"]);
  assert.deepEqual(comments(cfg).sort(), [..."abcdefg"]);
});

Deno.test("any text quoted as a word is that word again, in cfg and in YAML", () => {
  const char = fc.oneof(
    fc.constantFrom(..."ab \t\"'\\$#{}\n\r\v,:-"),
    fc.string({ unit: "grapheme" }),
  );
  const word = fc.array(char, { maxLength: 12 }).map((chars) => chars.join("").replaceAll("\0", ""))
    .filter((text) => text.isWellFormed() && !text.includes("\ufeff"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
      const text = `backend b\n  http-request ${words.map((one) => quoteWord(one)).join(" ")}\n`;
      const document = read(text, "cfg", {});
      const got = document.sections[0].statements[0].words.slice(1).map((one) => one.text);
      assert.deepEqual(got, words);
      const yaml = writeYaml(document);
      const again = read(yaml, "yaml", {}).sections[0].statements[0].words.slice(1);
      assert.deepEqual(again.map((one) => one.text), words, yaml);
    }),
    { seed: 25, numRuns: 2000 },
  );
});

const someWord = fc.constantFrom(
  "a",
  "5",
  "true",
  "if",
  "check",
  "inter",
  "h2,http/1.1",
  '"a b"',
  "'x'",
  "a\\ b",
  '"$A"',
  '"${A}x"',
  '"${L[*]}"',
  "'${A}'",
  "$A",
  "x#y".replace("#", "\\#"),
  '""',
  "{",
  "}",
  "null",
  "~",
  "- ",
  ": ",
  "&x",
  "*",
  '"\\$"',
  "\\$",
  "\\",
  "\\x41",
  "é",
);
const keyword = fc.constantFrom(
  "acl",
  "http-request",
  "server",
  "default-server",
  "bind",
  "option",
  "no option",
  "timeout",
  "stats",
  "use_backend",
  "cookie",
  "stick-table",
  "log",
  "mode",
  "from",
  "name",
  "setenv",
  "compression",
  '"quoted"',
  "errorfile",
);
const statement = fc.tuple(keyword, fc.array(someWord, { maxLength: 6 }))
  .map(([first, rest]) => `    ${[first, ...rest].join(" ")}`);
const header = fc.constantFrom(
  "global",
  "defaults",
  "defaults one",
  "frontend f",
  "frontend g from one",
  "backend b",
  "listen l",
  'backend "b $A"',
  "userlist u",
  "traces",
);

Deno.test("any configuration: cfg to YAML to cfg keeps sections, statements and words", () => {
  const section = fc.tuple(header, fc.array(statement, { maxLength: 8 }))
    .map(([head, lines]) => [head, ...lines].join("\n"));
  const config = fc.array(section, { minLength: 1, maxLength: 5 }).map((all) =>
    `${all.join("\n")}\n`
  );
  fc.assert(
    fc.property(config, (text) => {
      for (const env of [{ A: "aval", L: "1 2" }, {}] as Record<string, string>[]) {
        const first = read(text, "cfg", { A: "aval", L: "1 2" });
        const yaml = writeYaml(first, { arity });
        const now = read(text, "cfg", env);
        sameMeaning(now, read(yaml, "yaml", env), `there\n${text}\n${yaml}`);
        const back = writeCfg(read(yaml, "yaml", env));
        sameMeaning(now, read(back, "cfg", env), `back\n${text}\n${yaml}\n${back}`);
      }
    }),
    { seed: 26, numRuns: 1500 },
  );
});
