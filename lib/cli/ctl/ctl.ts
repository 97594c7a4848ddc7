/** `sluice ctl`: a running process from the command line, over its runtime socket or its REST API. */
import { nearest } from "../../config/suggest.ts";
import type { CommandLine } from "../command_line.ts";
import type { CliHost } from "../host.ts";
import { message } from "../messages.ts";
import { SUB_COMMANDS } from "../option_rows.ts";
import { ctlCommands, render } from "./commands.ts";
import { completion, SHELLS } from "./completion.ts";
import { type Ask, askApi, askSocket } from "./transport.ts";

/** Where it looks when nothing is said. */
const SOCKETS = ["/run/sluice/sluice.sock", "/run/sluice.sock", "/run/haproxy/admin.sock"];

/** Answers the exit code: 0 done, 1 not. */
export async function ctl(line: CommandLine, host: CliHost): Promise<number> {
  const { output } = host;
  const [name, ...words] = line.topic;
  const fail = (text: string) => {
    output.err(message("alert", text));
    return 1;
  };
  if (name === undefined) {
    output.out(usage());
    return 0;
  }
  if (name === "completion") {
    const shell = SHELLS.find((each) => each === words[0]);
    if (shell === undefined) return fail(`'ctl completion' needs one of ${SHELLS.join(", ")}`);
    output.out(completion(shell, SUB_COMMANDS.map((each) => each.name)));
    return 0;
  }
  const command = ctlCommands.find((each) => each.name === name);
  if (command === undefined) {
    const near = nearest(name, ctlCommands.map((each) => each.name));
    return fail(
      `there is no 'ctl ${name}'${near === undefined ? "" : `, did you mean '${near}'?`}`,
    );
  }
  if (words.length < (command.least ?? 0)) return fail(`'ctl ${name}' needs ${command.args}`);
  const ask = transport(line, host.env);
  if (typeof ask === "string") return fail(ask);
  try {
    output.out(render(await command.run(ask, words), line.given.has("--json")));
    return 0;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

function usage(): string {
  const rows = ctlCommands.map(({ name, args, doc }) =>
    `  ${`${name} ${args}`.trim().padEnd(26)}  ${doc}\n`
  );
  return `sluice ctl [--socket PLACE | --api URL --token-file FILE] [--json] COMMAND\n\n${
    rows.join("")
  }  ${"completion SHELL".padEnd(26)}  the script of bash, zsh or fish\n`;
}

/** A sentence when there is no way. */
function transport(line: CommandLine, env: CliHost["env"]): Ask | string {
  const given = (name: string) => line.given.get(name)?.at(-1);
  const api = given("--api") ?? env.SLUICE_API;
  if (api !== undefined && given("--socket") === undefined) {
    const files = {
      token: given("--token-file") ?? env.SLUICE_API_TOKEN_FILE,
      cert: given("--cert"),
      key: given("--key"),
      ca: given("--cacert"),
    };
    if (files.token === undefined && files.cert === undefined) {
      return "'--api' needs '--token-file' (or SLUICE_API_TOKEN_FILE) or '--cert'";
    }
    const read: Record<string, string> = {};
    for (const [name, path] of Object.entries(files)) {
      if (path === undefined) continue;
      try {
        read[name] = Deno.readTextFileSync(path).trim();
      } catch {
        return `${path} cannot be read`;
      }
    }
    return askApi(api, read);
  }
  const socket = given("--socket") ?? env.SLUICE_SOCKET ?? SOCKETS.find(exists);
  if (socket === undefined) {
    return `no runtime socket at ${SOCKETS.join(", ")}: name it by --socket or SLUICE_SOCKET`;
  }
  return askSocket(socket);
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isSocket === true;
  } catch {
    return false;
  }
}
