/**
 * Every configuration of `golden` says in its first comments what is asked of it; beside it stand the answers. The
 * same configuration as YAML gives the same answers. UPDATE_GOLDEN=1 writes them anew: read the difference.
 */
import assert from "node:assert/strict";
import { main } from "../../lib/cli/main.ts";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { optionArity } from "../../lib/config/keywords/index.ts";
import { readCfg } from "../../lib/config/read_cfg.ts";
import { writeYaml } from "../../lib/config/write_yaml.ts";
import { SluiceProcess } from "../../lib/runtime/process.ts";
import { compilePolicies } from "../../routes/policies.ts";
import { assertGolden } from "../support/golden.ts";

const directory = new URL("golden/", import.meta.url);
const names = [...Deno.readDirSync(directory)]
  .map((entry) => entry.name)
  .filter((name) => name.endsWith(".cfg"))
  .sort();

/** Runs the command line; what it prints, without the names of directories. */
async function sluice(args: readonly string[]): Promise<{ code: number; out: string }> {
  let out = "";
  const code = await main(args, {
    env: {},
    output: { out: (text) => out += text, err: (text) => out += text, render: {} },
    compilePolicies,
    createProcess: (settings) => new SluiceProcess({ ...settings, compilePolicies }),
  });
  return { code, out };
}

/** The words of a command line with single quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

/** What an explanation says, without where it stands. */
function meaning(json: string): unknown {
  return JSON.parse(json, (key, value) => {
    return ["file", "line", "text", "criterion"].includes(key) ? undefined : value;
  });
}

for (const name of names) {
  const path = new URL(name, directory);
  const text = Deno.readTextFileSync(path);
  const asked = [...text.matchAll(/^# explain (.*)$/gm)].map(([, line]) => line);

  Deno.test(`what is explained of ${name} is as it was`, async () => {
    assert.ok(asked.length > 0);
    const answers: string[] = [];
    for (const line of asked) {
      const { code, out } = await sluice(["explain", "-f", path.pathname, ...wordsOf(line)]);
      assert.equal(code, 0, out);
      answers.push(`$ sluice explain -f ${name} ${line}\n${out}`);
    }
    const said = answers.join("\n").replaceAll(directory.pathname, "");
    await assertGolden(import.meta.url, `golden/${name}.expected`, said);
  });

  Deno.test(`${name} as YAML is explained the same`, async () => {
    const document = readCfg(text, name, {}, new Diagnostics(), { forConversion: true });
    const other = await Deno.makeTempFile({ suffix: ".yaml" });
    try {
      await Deno.writeTextFile(other, writeYaml(document, { arity: optionArity }));
      for (const line of asked) {
        const args = [...wordsOf(line), "--json", "--at", "2026-01-01T00:00:00Z"];
        const cfg = await sluice(["explain", "-f", path.pathname, ...args]);
        const yaml = await sluice(["explain", "-f", other, ...args]);
        assert.equal(yaml.code, 0, yaml.out);
        assert.deepEqual(meaning(yaml.out), meaning(cfg.out));
      }
    } finally {
      await Deno.remove(other);
    }
  });
}
