/** Every keyword of HAProxy 2.6 has a row: it is taken, ignored with a warning, or refused by its name. */
import assert from "node:assert/strict";
import { bindOptions } from "../../../lib/config/keywords/bind.ts";
import {
  findKeyword,
  keywordRows,
  keywordsOf,
  optionArity,
  optionTables,
  sectionRows,
} from "../../../lib/config/keywords/index.ts";
import { serverOptions } from "../../../lib/config/keywords/server.ts";
import type { SectionKind } from "../../../lib/config/keywords/types.ts";
import { SECTION_NAMES } from "../../../lib/config/sections.ts";
import { findProgram } from "../../support/needs.ts";
import { BIND, GLOBAL, PROXY, SERVER } from "./haproxy_names.ts";

const known = (section: SectionKind, name: string) =>
  findKeyword(section, name.split(" ").map((text) => ({ text })));

Deno.test("every keyword of the manual's global section is known", () => {
  const names = keywordsOf("global");
  const missing = GLOBAL.filter((n) => !names.byName.has(n) && !names.families.has(n));
  assert.deepEqual(missing, []);
});

/** Where the tables say something else than the manual's matrix, and why. */
const OTHER_SECTIONS: Readonly<Record<string, string>> = {
  // `tcp-response …` needs servers, as its own description says
};

Deno.test("every keyword of the manual's matrix may stand where the manual says", () => {
  const kinds = ["defaults", "frontend", "listen", "backend"] as const;
  const wrong: string[] = [];
  for (const [name, cells] of PROXY) {
    const allowed = cells.replace("!", "");
    const rows = keywordRows.filter((r) =>
      (r.name === name || r.name.startsWith(`${name} `)) &&
      r.sections.some((s) => (kinds as readonly string[]).includes(s))
    );
    if (rows.length === 0) wrong.push(`${name}: unknown`);
    for (const row of rows) {
      // a family's own row says more than the first word does
      if (row.name !== name && keywordRows.some((r) => r.name === name)) continue;
      const ours = kinds.map((kind) => row.sections.includes(kind) ? "X" : "-").join("");
      if (ours !== allowed && OTHER_SECTIONS[name] !== ours && row.status !== "unsupported") {
        wrong.push(`${row.name}: ${ours} instead of ${allowed}`);
      }
      if (
        row.status === "supported" && cells.startsWith("!") !== (row.namedDefaultsOnly === true)
      ) {
        wrong.push(`${row.name}: named defaults only`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("every bind and server setting of the manual is known", () => {
  assert.deepEqual(BIND.filter((name) => !bindOptions.byName.has(name)), []);
  assert.deepEqual(SERVER.filter((name) => !serverOptions.byName.has(name)), []);
});

Deno.test("every section kind of the text layer has a row", () => {
  const kinds = new Set<string>(sectionRows.map((row) => row.kind));
  assert.deepEqual(SECTION_NAMES.filter((name) => !kinds.has(name)), []);
});

Deno.test("rows say what they are in one sentence, and why they are refused or ignored", () => {
  for (const row of keywordRows) {
    assert.match(row.summary, /^[A-Z0-9'].*[^.]$/, row.name);
    assert.ok(row.manual !== "", row.name);
    assert.equal(row.apply !== undefined, row.status === "supported", row.name);
    if (row.status === "ignored") assert.ok(row.reason !== undefined, row.name);
    assert.equal(
      row.reset !== undefined || row.status !== "supported",
      (row.prefixes?.length ?? 0) > 0 || row.status !== "supported",
      row.name,
    );
  }
  for (const table of optionTables) {
    for (const row of table.rows) {
      assert.match(row.summary, /^[A-Z'].*[^.]$/, `${table.line} ${row.name}`);
      // Algorithms are read by rows of their own (keywords/balance.ts).
      const applied = table.noun === undefined && row.status === "supported";
      assert.equal(row.apply !== undefined, applied, row.name);
    }
  }
});

Deno.test("the longest keyword that fits is found", () => {
  assert.equal(known("global", "stats socket /x")?.row.name, "stats socket");
  assert.equal(
    known("frontend", "capture request header Host")?.row.name,
    "capture request header",
  );
  assert.equal(known("frontend", "log global")?.length, 2);
  assert.equal(known("frontend", "log 127.0.0.1")?.length, 1);
  assert.equal(known("frontend", "timeout"), undefined);
});

Deno.test("the number of words after a setting is known, also of settings sluice refuses", () => {
  assert.equal(optionArity("server", "check"), 0);
  assert.equal(optionArity("server", "inter"), 1);
  assert.equal(optionArity("default-server", "ca-file"), 1);
  assert.equal(optionArity("bind", "ssl"), 0);
  assert.equal(optionArity("bind", "crt"), 1);
  assert.equal(optionArity("bind", "frobnicate"), undefined);
  assert.equal(optionArity("nothing", "check"), undefined);
});

const haproxy = findProgram("haproxy");

Deno.test({
  name:
    "the installed HAProxy has no bind or server setting that is unknown here, and takes as many words",
  ignore: haproxy === undefined,
  async fn() {
    const { stdout, stderr } = await new Deno.Command(haproxy!, {
      args: ["-dKcfg,bnd,srv", "-q", "-c", "-f", "/dev/null"],
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    const wrong: string[] = [];
    let seen = 0;
    for (const line of text.split("\n")) {
      const match = /^\t(bind|server) (?:<\w+> )+(?:ssl )?([a-z0-9-]+)(?: \+(-?\d+))?$/.exec(line);
      if (match === null) continue;
      seen++;
      const [, keyword, name, words] = match;
      const arity = optionArity(keyword, name);
      const theirs = name === "source" || name === "usesrc" ? 1 : Number(words ?? 0);
      if (arity !== theirs) wrong.push(`${keyword} ${name}: ${arity} instead of ${theirs}`);
    }
    assert.ok(seen > 100, `${seen} settings read`);
    assert.deepEqual(wrong, []);
  },
});
