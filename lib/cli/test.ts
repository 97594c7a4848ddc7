/** `test`: runs the tests of a configuration without touching the network. */
import { Diagnostics } from "../config/diagnostic.ts";
import { detectFormat } from "../config/load.ts";
import type { TestSpec } from "../config/tests/model.ts";
import { readTests } from "../config/tests/read.ts";
import { Laboratory } from "../explain/laboratory.ts";
import { renderJunit, renderResults } from "../explain/render_tests.ts";
import { runTests } from "../explain/run_tests.ts";
import type { CommandLine } from "./command_line.ts";
import type { CliHost } from "./host.ts";
import { loadConfig } from "./load.ts";
import { judge, message } from "./messages.ts";

/** A file that was given: its tests, and the configuration that it names. */
interface Given {
  readonly tests: readonly TestSpec[];
  readonly config: string | undefined;
}

/** 0 all passed, 1 some failed, or something cannot be used; undefined: there is no configuration. */
export async function test(line: CommandLine, host: CliHost): Promise<number | undefined> {
  const { output } = host;
  const fail = (text: string) => {
    output.err(message("alert", text));
    return 1;
  };
  const diagnostics = new Diagnostics();
  const sources = new Map<string, string>();
  const tests: TestSpec[] = [];
  const files = [...line.files];
  for (const path of line.topic) {
    const given = readFile(path, line.files.length > 0, diagnostics, sources);
    if (typeof given === "string") return fail(given);
    tests.push(...given.tests);
    if (given.config !== undefined && !files.includes(given.config)) files.push(given.config);
  }
  if (diagnostics.failed) {
    judge({ diagnostics, sources }, line, false, output);
    return 1;
  }
  const loaded = await loadConfig(files, { ...line, env: host.env });
  if (loaded === undefined) return undefined;
  for (const [file, text] of loaded.sources) {
    if (line.topic.includes(file) || detectFormat(file, text) !== "yaml") continue;
    tests.push(...readTests(text, file, loaded.diagnostics, false)?.tests ?? []);
  }
  const { config } = loaded;
  const settings = {
    compile: host.compilePolicies,
    report: (text: string) => output.err(message("warning", text)),
  };
  if (config !== undefined) new Laboratory({ config, ...settings }).provision(loaded.diagnostics);
  if (loaded.diagnostics.failed || config === undefined) {
    judge(loaded, line, false, output);
    return 1;
  }
  const filter = line.given.get("--filter")?.at(-1);
  const wanted = filter === undefined ? tests : tests.filter(({ name }) => name.includes(filter));
  if (wanted.length === 0) {
    return fail(
      tests.length === 0 ? "there are no tests" : `no test has '${filter}' in its name`,
    );
  }
  const results = await runTests(wanted, { config, ...settings });
  if (line.given.has("--json")) output.out(`${JSON.stringify(results, null, 2)}\n`);
  else if (line.given.has("--junit")) output.out(renderJunit(results, files.join(" ")));
  else output.out(renderResults(results));
  return results.tests.every(({ failure }) => failure === null) ? 0 : 1;
}

/** Reads a file of tests; one that is a whole configuration is its own. */
function readFile(
  path: string,
  hasConfig: boolean,
  diagnostics: Diagnostics,
  sources: Map<string, string>,
): Given | string {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    return `cannot read '${path}': ${error instanceof Error ? error.message : error}`;
  }
  if (detectFormat(path, text) !== "yaml") {
    return `'${path}' is no YAML: give the configuration by '-f ${path}' and the tests as YAML`;
  }
  sources.set(path, text);
  const probe = readTests(text, path, new Diagnostics(), true);
  const other = probe?.config;
  const alone = hasConfig || other !== undefined;
  const suite = readTests(text, path, diagnostics, alone);
  if (suite === undefined && !diagnostics.failed) return `'${path}' has no 'tests'`;
  const directory = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
  const named = other === undefined ? undefined : other.startsWith("/") ? other : directory + other;
  return {
    tests: suite?.tests ?? [],
    config: hasConfig ? undefined : named ?? path,
  };
}
