/** `-c` and `check`: everything but opening the listeners. */
import { detectFormat } from "../config/load.ts";
import { readTests } from "../config/tests/read.ts";
import { Linter } from "../lint/linter.ts";
import type { CommandLine } from "./command_line.ts";
import type { CliHost } from "./host.ts";
import { loadConfig } from "./load.ts";
import { countOf, judge } from "./messages.ts";

/** 0 right, 1 wrong, 2 right but nothing would listen; undefined when there is nothing to check. */
export async function check(line: CommandLine, host: CliHost): Promise<number | undefined> {
  const loaded = await loadConfig(line.files, { ...line, env: host.env });
  if (loaded === undefined) return undefined;
  const { config, diagnostics } = loaded;
  for (const [file, text] of config === undefined ? [] : loaded.sources) {
    if (detectFormat(file, text) === "yaml") readTests(text, file, diagnostics, false);
  }
  if (config !== undefined) {
    // Rules, conditions and log formats are compiled when a process is provisioned.
    const linter = new Linter();
    const settings = { config, maxconn: line.maxconn, report: () => {}, observer: linter };
    host.createProcess(settings).provision(diagnostics);
    if (!diagnostics.failed) {
      const { sources } = loaded;
      // In YAML what belongs together stands together: the order of keys says nothing.
      const isOrdered = (file: string) => detectFormat(file, sources.get(file) ?? "") === "cfg";
      linter.report(config, diagnostics, isOrdered);
    }
  }
  const zeroWarning = line.zeroWarning || config?.global.zeroWarning === true;
  if (!judge(loaded, line, zeroWarning, host.output)) return 1;
  const say = line.quiet ? () => {} : host.output.out;
  if (!loaded.listens) {
    say("Nothing would listen: the configuration has no mistake and no 'bind' that is enabled\n");
    return 2;
  }
  const count = countOf(diagnostics);
  say(`Configuration file is valid${count === undefined ? "" : ` (${count})`}\n`);
  return 0;
}
