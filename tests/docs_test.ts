/**
 * The pages that people read are held against the program: configurations in them are valid, the mistakes shown are
 * what sluice says, links and paths lead somewhere, the layers are the ones that the imports follow.
 *
 * Fenced blocks say what they are: `haproxy complete` and `yaml complete` are whole configurations, with a third
 * word all blocks of that name say the same; `haproxy mistaken` is followed by the `text` that `sluice -c` prints
 * (UPDATE_GOLDEN=1 writes it).
 */
import assert from "node:assert/strict";
import { emptyCommandLine } from "../lib/cli/command_line.ts";
import { loadConfig } from "../lib/cli/load.ts";
import { judge } from "../lib/cli/messages.ts";
import { ENV_VARIABLES } from "../lib/config/env_variables.ts";
import { Diagnostics } from "../lib/config/diagnostic.ts";
import { optionArity } from "../lib/config/keywords/index.ts";
import type { Config } from "../lib/config/model.ts";
import { readCfg } from "../lib/config/read_cfg.ts";
import { readYaml } from "../lib/config/read_yaml.ts";
import { writeCfg } from "../lib/config/write_cfg.ts";
import { writeYaml } from "../lib/config/write_yaml.ts";
import { DEMO_CONFIG } from "../lib/demo/config.ts";
import { Authority } from "./support/certificates.ts";
import { findProgram } from "./support/needs.ts";
import { Linter } from "../lib/lint/linter.ts";
import { SluiceProcess } from "../lib/runtime/process.ts";
import { compilePolicies } from "../routes/policies.ts";

const root = new URL("../", import.meta.url);
const pages = new Map(
  [
    ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
    ...[...Deno.readDirSync(new URL("docs/", root))]
      .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `docs/${name}`),
  ].map((path) => [path, Deno.readTextFileSync(new URL(path, root))]),
);

interface Block {
  /** the words after the fence */
  readonly info: readonly string[];
  readonly text: string;
  readonly line: number;
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  for (const match of page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)) {
    const line = page.slice(0, match.index).split("\n").length;
    blocks.push({ info: match[1].split(/\s+/), text: match[2], line });
  }
  return blocks;
}

/** What `sluice -c -f FILE` says about a text, and the Config when there is no mistake. */
async function check(
  file: string,
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ config?: Config; said: string }> {
  const bytes = new TextEncoder().encode(text);
  const loaded = await loadConfig([file], {
    env,
    localPeer: text.includes("localpeer") ? undefined : "docs",
    reader: {
      isDirectory: () => Promise.resolve(false),
      listFiles: () => Promise.resolve([]),
      read: () => Promise.resolve(bytes),
    },
  });
  const { config, diagnostics } = loaded!;
  if (config !== undefined) {
    const linter = new Linter();
    const process = new SluiceProcess({
      config,
      compilePolicies: (built, state, diagnostics) =>
        compilePolicies(built, state, diagnostics, linter),
      report: () => {},
    });
    if (text.includes(CERTIFICATES)) process.readFilesBy(exampleFiles());
    process.provision(diagnostics);
    if (!diagnostics.failed) linter.report(config, diagnostics, () => file.endsWith(".cfg"));
  }
  let said = "";
  const output = { out: () => {}, err: (text: string) => said += text, render: {} };
  const good = judge(loaded!, emptyCommandLine(), false, output);
  return { config: good ? config : undefined, said };
}

/** Where the examples have their certificates. */
const CERTIFICATES = "/etc/sluice/";

let authority: Authority | undefined;

/** Files of the examples: authorities end in `-ca.pem`, all others are certificates with keys. */
function exampleFiles(): { readSync(path: string): Uint8Array; listSync(): undefined } {
  const root = authority ??= Authority.make("Example");
  const site = root.issue({ names: ["www.example.org"] });
  const readSync = (path: string) => {
    if (!path.startsWith(CERTIFICATES)) return Deno.readFileSync(path);
    const text = path.endsWith("-ca.pem") ? root.certificate : site.pem;
    if (!path.endsWith(".pem")) throw new Deno.errors.NotFound(path);
    return new TextEncoder().encode(text);
  };
  return { readSync, listSync: () => undefined };
}

/** Certificates cannot be made here. */
const withoutOpenSsl = findProgram("openssl") === undefined;

/** Everything a Config says, without where and how it was written. */
function meaning(config: Config): unknown {
  const written = ["span", "raw", "quoted"];
  const text = JSON.stringify(config, (key, value) => {
    if (written.includes(key)) return undefined;
    return value instanceof Map || value instanceof Set ? [...value] : value;
  });
  return JSON.parse(text);
}

const FILE_NAMES: Readonly<Record<string, string>> = {
  haproxy: "haproxy.cfg",
  yaml: "sluice.yaml",
};

for (const [path, page] of pages) {
  for (const { info: [language, kind], text, line } of blocksOf(page)) {
    if (kind !== "complete") continue;
    Deno.test({
      name: `${path}:${line}: the configuration is valid and without a warning`,
      ignore: withoutOpenSsl && text.includes(CERTIFICATES),
      async fn() {
        const { said } = await check(FILE_NAMES[language], text);
        assert.equal(said, "");
      },
    });
  }
}

Deno.test("configurations of one name in the pages mean the same", async () => {
  const byName = new Map<string, { where: string; config: Config }[]>();
  for (const [path, page] of pages) {
    for (const { info: [language, kind, name], text, line } of blocksOf(page)) {
      if (kind !== "complete" || name === undefined) continue;
      if (withoutOpenSsl && text.includes(CERTIFICATES)) continue;
      const { config } = await check(FILE_NAMES[language], text);
      const same = byName.get(name) ?? [];
      byName.set(name, [...same, { where: `${path}:${line}`, config: config! }]);
    }
  }
  assert.ok(byName.size > 0);
  for (const [name, [first, ...others]] of byName) {
    assert.ok(others.length > 0, `${name} stands alone`);
    for (const other of others) {
      assert.deepEqual(meaning(other.config), meaning(first.config), other.where);
    }
  }
});

/** Every whole configuration of the repository: those in the pages, and the demonstration's. */
function examples(): {
  readonly where: string;
  readonly language: string;
  readonly text: string;
}[] {
  const found = [{ where: "lib/demo/config.ts", language: "yaml", text: DEMO_CONFIG }];
  for (const [path, page] of pages) {
    for (const { info: [language, kind], text, line } of blocksOf(page)) {
      if (kind !== "complete" || (withoutOpenSsl && text.includes(CERTIFICATES))) continue;
      found.push({ where: `${path}:${line}`, language, text });
    }
  }
  return found;
}

/** The other form of a text, as `sluice convert` writes it. */
function convert(text: string, from: string): string {
  const diagnostics = new Diagnostics();
  const read = from === "yaml" ? readYaml : readCfg;
  const document = read(text, FILE_NAMES[from], {}, diagnostics, { forConversion: true });
  assert.equal(diagnostics.failed, false);
  return from === "yaml" ? writeCfg(document) : writeYaml(document, { arity: optionArity });
}

Deno.test("every example converted there and back is the same configuration", async () => {
  const env = {
    DEMO_BIND: ":8080",
    DEMO_RED: "1",
    DEMO_STATS: ":8404",
    DEMO_GREEN: "2",
    DEMO_BLUE: "3",
  };
  const all = examples();
  assert.ok(all.length > 5);
  for (const { where, language, text } of all) {
    const other = language === "yaml" ? "haproxy" : "yaml";
    const there = convert(text, language);
    const back = convert(there, other);
    const [first, second, third] = await Promise.all([
      check(FILE_NAMES[language], text, env),
      check(FILE_NAMES[other], there, env),
      check(FILE_NAMES[language], back, env),
    ]);
    assert.ok(first.config !== undefined, `${where}: ${first.said}`);
    assert.deepEqual(meaning(second.config!), meaning(first.config), `${where} as ${other}`);
    assert.deepEqual(meaning(third.config!), meaning(first.config), `${where} and back`);
  }
});

for (const [path, page] of pages) {
  if (!page.includes(" mistaken\n")) continue;
  Deno.test(`${path}: the mistakes shown are what sluice says`, async () => {
    let now = page;
    const blocks = blocksOf(page);
    for (const [at, { info: [language, kind], text, line }] of blocks.entries()) {
      if (kind !== "mistaken") continue;
      const { said } = await check(FILE_NAMES[language], text);
      const answer = blocks[at + 1];
      assert.equal(answer?.info[0], "text", `${path}:${line} is followed by what is said`);
      const before = `\`\`\`text\n${answer.text}\`\`\`\n`;
      now = now.replace(before, () => `\`\`\`text\n${said}\`\`\`\n`);
    }
    if (Deno.env.get("UPDATE_GOLDEN") === "1") Deno.writeTextFileSync(new URL(path, root), now);
    else assert.equal(page, now);
  });
}

/** A value for each variable of the environment, such as somebody would give it. */
const VALUES: Readonly<Record<string, string>> = {
  SLUICE_BIND: ":8080",
  SLUICE_SERVERS: "web1=10.0.0.10:80,web2=10.0.0.20:80",
  SLUICE_MODE: "http",
  SLUICE_BALANCE: "leastconn",
  SLUICE_CHECK: "false",
  SLUICE_HTTPCHK: "GET /health",
  SLUICE_COOKIE: "SRV",
  SLUICE_TLS_CERT: "site.pem",
  SLUICE_STATS: ":9000",
  SLUICE_MAXCONN: "1000",
  SLUICE_THREADS: "2",
  SLUICE_TIMEOUT_CLIENT: "30s",
  SLUICE_TIMEOUT_SERVER: "30s",
  SLUICE_TIMEOUT_CONNECT: "2s",
  SLUICE_RETRIES: "1",
  SLUICE_LOG: "stdout format raw local0",
  SLUICE_OPTIONS: "forwardfor,http-server-close",
  SLUICE_LINES: "option redispatch;maxconn 500",
};

Deno.test("docs/configuration.md names the environment variables that are refused today", async () => {
  const refused: string[] = [];
  for (const { name } of ENV_VARIABLES) {
    assert.ok(VALUES[name] !== undefined, `a value for ${name} is missing in this test`);
    const env = { SLUICE_SERVERS: VALUES.SLUICE_SERVERS, [name]: VALUES[name] };
    const loaded = await loadConfig([], { env, localPeer: "docs" });
    if (loaded!.config === undefined) refused.push(name);
  }
  const page = pages.get("docs/configuration.md")!;
  const sentence = /Refused\s+today:([^.]*)\./.exec(page)?.[1] ?? "";
  const named = [...sentence.matchAll(/`(SLUICE_\w+)`/g)].map(([, name]) => name);
  assert.deepEqual(named.sort(), refused.sort());
});

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-");
}

function anchorsOf(page: string): Set<string> {
  const outside = page.replace(/^```[\s\S]*?^```$/gm, "");
  return new Set([...outside.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading)));
}

Deno.test("relative links of the pages lead to files, and their anchors to headings", () => {
  const broken: string[] = [];
  for (const [path, page] of pages) {
    const text = page.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split("#");
      const url = file === "" ? new URL(path, root) : new URL(file, new URL(path, root));
      try {
        const info = Deno.statSync(url);
        if (anchor === undefined || info.isDirectory) continue;
        if (anchorsOf(Deno.readTextFileSync(url)).has(anchor)) continue;
      } catch {
        // Not there: reported below.
      }
      broken.push(`${path}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

Deno.test("files and folders that the pages name exist", () => {
  const missing: string[] = [];
  const path = /`((?:lib|routes|tests|scripts|docs)\/[\w./*{},-]*)`/g;
  for (const [name, page] of pages) {
    for (const [, found] of page.matchAll(path)) {
      for (const each of spread(found)) {
        // A pattern names a kind of file: its folder must exist.
        const real = each.includes("*") ? each.slice(0, each.indexOf("*")) : each;
        const folder = each.includes("*") ? real.slice(0, real.lastIndexOf("/")) : real;
        try {
          Deno.statSync(new URL(folder, root));
        } catch {
          missing.push(`${name}: ${each}`);
        }
      }
    }
  }
  assert.deepEqual(missing, []);
});

/** `lib/{a,b}.ts` is two names. */
function spread(path: string): string[] {
  const braces = /^(.*)\{([^}]*)\}(.*)$/.exec(path);
  if (braces === null) return [path];
  return braces[2].split(",").flatMap((each) => spread(`${braces[1]}${each}${braces[3]}`));
}

/** The layers as `docs/architecture.md` draws them: a block `text layers`, the top first. */
function layers(): Map<string, number> {
  const page = pages.get("docs/architecture.md")!;
  const block = blocksOf(page).find(({ info }) => info[1] === "layers");
  const levels = new Map<string, number>();
  for (const [level, line] of (block?.text ?? "").trim().split("\n").entries()) {
    for (const name of line.split(/\s{2,}/)[0].split(" ")) levels.set(name, level);
  }
  return levels;
}

function* sources(folder: string): Iterable<string> {
  for (const entry of Deno.readDirSync(new URL(folder, root))) {
    if (entry.isDirectory) yield* sources(`${folder}${entry.name}/`);
    else if (entry.name.endsWith(".ts")) yield `${folder}${entry.name}`;
  }
}

/** The layer that a path of the project belongs to. */
function layerOf(path: string): string {
  const [first, second] = path.split("/");
  return first === "lib" ? `lib/${second}` : first;
}

Deno.test("imports point down the layers of docs/architecture.md", () => {
  const levels = layers();
  const wrong: string[] = [];
  for (const path of ["main.ts", ...sources("lib/"), ...sources("routes/")]) {
    const own = layerOf(path);
    if (!levels.has(own)) wrong.push(`${own} is not drawn`);
    const text = Deno.readTextFileSync(new URL(path, root));
    for (const [, target] of text.matchAll(/^(?:import|export)\b[^;"]*?from "(\.[^"]+)"/gm)) {
      const other = layerOf(new URL(target, new URL(path, root)).href.slice(root.href.length));
      if (other === own || other === "deno.json") continue;
      if (levels.get(other)! > levels.get(own)!) continue;
      wrong.push(`${path} imports ${target}`);
    }
  }
  assert.deepEqual([...new Set(wrong)], []);
});
