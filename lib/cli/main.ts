/** The command line: reads the arguments and does what they say. */
import { Diagnostics } from "../config/diagnostic.ts";
import { readCfg } from "../config/read_cfg.ts";
import { check } from "./check.ts";
import { type CommandLine, UsageError } from "./command_line.ts";
import { ctl } from "./ctl/ctl.ts";
import { convert } from "./convert.ts";
import { explain } from "./explain.ts";
import { helpFor } from "./help.ts";
import type { CliHost } from "./host.ts";
import { environmentFor } from "./load.ts";
import { message } from "./messages.ts";
import { diagnosticsText } from "./output.ts";
import { parseCommandLine } from "./parse_command_line.ts";
import { run } from "./run.ts";
import { test } from "./test.ts";
import { usage } from "./usage.ts";
import { FEATURES, versionDetails, versionLine } from "./version.ts";

/** Does what `args` (without the program's name) ask for; answers the exit code. */
export async function main(args: readonly string[], host: CliHost): Promise<number> {
  const { output } = host;
  const line = parseCommandLine(args);
  if (line instanceof UsageError) {
    output.err(message("alert", line.message));
    if (line.showUsage) output.err("    'sluice -h' lists all commands and options\n");
    return 1;
  }
  if (!line.quiet) { for (const text of line.warnings) output.err(message("warning", text)); }
  const cwd = Deno.cwd();
  if (line.directory !== undefined) {
    try {
      Deno.chdir(line.directory);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      output.err(message("alert", `cannot change to the directory '${line.directory}': ${reason}`));
      return 1;
    }
  }
  switch (line.command) {
    case "version":
      output.out(`${versionLine()}\n${line.everything ? `${versionDetails()}\n` : ""}`);
      return 0;
    case "help":
      return help(line.topic, host);
    case "condition":
      return condition(line, host);
    case "convert":
      return await convert(line, host.env, output);
    case "ctl":
      return await ctl(line, host);
    case "check":
      return await check(line, host) ?? nothingToDo(host);
    case "test":
      return await test(line, host) ?? nothingToDo(host);
    case "explain":
      return await explain(line, host) ?? nothingToDo(host);
    case "run":
      return await run(line, { args, cwd }, host) ?? nothingToDo(host);
  }
}

function nothingToDo({ output }: CliHost): number {
  output.err(`${versionLine()}\n${usage()}\n`);
  return 1;
}

function help(words: readonly string[], { output }: CliHost): number {
  if (words.length === 0) {
    output.out(`${versionLine()}\n${usage()}\n`);
    return 0;
  }
  const topic = words.join(" ");
  const found = helpFor(topic);
  if ("text" in found) {
    output.out(`${found.text}\n`);
    return 0;
  }
  const near = found.nearest === undefined ? "" : `, did you mean '${found.nearest}'?`;
  output.err(message("alert", `there is no keyword and no option '${topic}'${near}`));
  return 1;
}

/** `-cc`: 0 true, 1 false, 2 wrong. The text is read as the line after `.if`, quotes and variables included. */
function condition(line: CommandLine, { env, output }: CliHost): number {
  const diagnostics = new Diagnostics();
  const name = "-cc";
  const text = `.if ${line.condition}\n.notice true\n.endif\n`;
  readCfg(text, name, environmentFor({ env, localPeer: line.localPeer }), diagnostics, {
    features: FEATURES,
  });
  if (!diagnostics.failed) {
    return diagnostics.list.some(({ severity }) => severity === "notice") ? 0 : 1;
  }
  if (!line.quiet) {
    output.err(diagnosticsText(diagnostics.list, new Map([[name, text]]), output.render));
  }
  return 2;
}
