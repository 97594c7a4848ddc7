/** `-c` and `check`: everything but opening the listeners. */
import type { CommandLine } from "./command_line.ts";
import type { CliHost } from "./host.ts";
import { loadConfig } from "./load.ts";
import { countOf, judge } from "./messages.ts";

/** 0 right, 1 wrong, 2 right but nothing would listen; undefined when there is nothing to check. */
export async function check(line: CommandLine, host: CliHost): Promise<number | undefined> {
  const loaded = await loadConfig(line.files, { ...line, env: host.env });
  if (loaded === undefined) return undefined;
  const { config, diagnostics } = loaded;
  if (config !== undefined) {
    // Rules, conditions and log formats are compiled when a process is provisioned.
    host.createProcess({ config, maxconn: line.maxconn, report: () => {} }).provision(diagnostics);
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
