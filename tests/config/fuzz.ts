/**
 * Fuzzing of everything that a configuration text goes through: reading, keyword tables, validation, the
 * compilers of ACLs, expressions, formats and rules. Nothing may throw, and every mark must lie in its text.
 */
import { ok } from "node:assert/strict";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { buildConfig } from "../../lib/config/build.ts";
import { readCfg } from "../../lib/config/read_cfg.ts";
import { readYaml } from "../../lib/config/read_yaml.ts";
import { renderDiagnostic } from "../../lib/config/render_diagnostic.ts";
import { SluiceProcess } from "../../lib/runtime/process.ts";
import { compilePolicies } from "../../routes/policies.ts";
import { Random } from "../support/random.ts";

const MISTAKES = new URL("./golden/mistakes/", import.meta.url);
const ODD = ["{", "}", "!", "||", "or", "if", "unless", "-i", "-m", "%[", "%[path]", "(", ")", '"']
  .concat(["'", "\\", "0", "-1", "99999999999", "1s", "*:80", ":", "@", "${X}", "${", ".if", "\0"])
  .concat([
    "hdr(",
    "hdr(host)",
    "path_beg",
    "bool",
    "src",
    "127.0.0.0/33",
    ",lower",
    ",ipmask(",
    "é",
  ]);

/** Texts to begin with: the golden files of mistakes. */
function seeds(): { readonly name: string; readonly text: string }[] {
  return [...Deno.readDirSync(MISTAKES)]
    .filter(({ name }) => /\.(cfg|yaml)$/.test(name))
    .map(({ name }) => ({ name, text: Deno.readTextFileSync(new URL(name, MISTAKES)) }))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

function mutate(text: string, r: Random): string {
  const words = text.split(/(\s+)/);
  for (let n = 1 + r.below(4); n > 0; n--) {
    const at = r.below(words.length);
    switch (r.below(5)) {
      case 0:
        words.splice(at, 1 + r.below(3));
        break;
      case 1:
        words.splice(at, 0, " ", r.pick(ODD), " ");
        break;
      case 2:
        words[at] = r.pick(ODD);
        break;
      case 3:
        words.splice(at, 0, ...words.slice(r.below(words.length)).slice(0, 6));
        break;
      default:
        words[at] = words[at].slice(0, r.below(words[at].length + 1)) + r.pick(ODD);
    }
    if (words.length === 0) return "";
  }
  return words.join("");
}

/** Takes one text the whole way; throws when anything on it does. */
function takeThrough(name: string, text: string): void {
  const diagnostics = new Diagnostics();
  const read = name.endsWith(".yaml") ? readYaml : readCfg;
  const document = read(text, name, { X: "a b" }, diagnostics);
  const readFile = () => {
    throw new Error("no file");
  };
  const config = buildConfig(document, { diagnostics, readFile });
  if (config !== undefined) {
    const process = new SluiceProcess({ config, compilePolicies, report: () => {} });
    process.provision(diagnostics);
  }
  const lines = text.split("\n");
  const sources = new Map([[name, text]]);
  for (const d of diagnostics.list) {
    renderDiagnostic(d, sources);
    if (d.span === undefined || d.span.file !== name) continue;
    ok(d.span.line >= 1 && d.span.line <= lines.length, `line ${d.span.line}: ${d.message}`);
    ok(d.span.column >= 1, `column ${d.span.column}: ${d.message}`);
  }
}

/** Fuzzes `rounds` texts; throws an error that holds the text when one of them breaks something. */
export function fuzzConfig(rounds: number, seed: number): void {
  const r = new Random(seed);
  const texts = seeds();
  for (let n = 0; n < rounds; n++) {
    const { name, text } = r.pick(texts);
    const mutated = mutate(text, r);
    try {
      takeThrough(name, mutated);
    } catch (error) {
      throw new Error(`${name}:\n${mutated}\n${error instanceof Error ? error.stack : error}`);
    }
  }
}
