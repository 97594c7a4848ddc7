/** Words of the command line to a CommandLine, by the rows of `option_rows.ts`. */
import { nearest } from "../config/suggest.ts";
import { type CommandLine, emptyCommandLine, UsageError } from "./command_line.ts";
import {
  type CliOption,
  OPTIONS,
  SUB_COMMANDS,
  type SubCommand,
  type SubOption,
} from "./option_rows.ts";

/** Reads the arguments after the program's name. */
export function parseCommandLine(args: readonly string[]): CommandLine | UsageError {
  const line = emptyCommandLine();
  let sub: SubCommand | undefined;
  const words: string[] = [];
  let at = 0;
  if (args.length > 0 && !args[0].startsWith("-")) {
    sub = SUB_COMMANDS.find((each) => each.name === args[0]);
    if (sub === undefined) return unknownCommand(args[0]);
    at = 1;
  }
  while (at < args.length) {
    const word = args[at++];
    if (word === "--") {
      line.files.push(...args.slice(at));
      break;
    }
    if (word === "-h" || word === "--help") {
      line.command = "help";
      return line;
    }
    if (word === "--version") {
      line.command = "version";
      return line;
    }
    if (word.startsWith("--to") && sub?.name === "convert") {
      const to = word.startsWith("--to=") ? word.slice(5) : args[at++];
      if (to !== "yaml" && to !== "cfg") {
        return new UsageError(
          `'--to' needs 'yaml' or 'cfg'${to === undefined ? "" : `, not '${to}'`}`,
        );
      }
      line.to = to;
      continue;
    }
    if (sub?.options !== undefined) {
      const taken = takeSubOption(sub.options, word, args, at, line);
      if (taken instanceof UsageError) return taken;
      if (taken !== undefined) {
        at = taken;
        continue;
      }
    }
    if (sub?.name === "help" || !word.startsWith("-") || word === "-") {
      words.push(word);
      continue;
    }
    const option = findOption(word);
    if (option === undefined) return unknownOption(word, sub?.options);
    const values: string[] = [];
    if (option.takes === "one") {
      if (at >= args.length) return new UsageError(`'${word}' needs ${option.label}`);
      values.push(args[at++]);
    } else if (option.takes === "list") {
      while (at < args.length && !args[at].startsWith("-")) values.push(args[at++]);
    }
    const problem = option.apply(line, values);
    if (problem instanceof UsageError) return problem;
  }
  if (sub !== undefined) return sub.apply(line, words) ?? line;
  if (words.length > 0) {
    return new UsageError(`unexpected '${words[0]}': a file is given by '-f ${words[0]}'`, true);
  }
  return line;
}

function findOption(word: string): CliOption | undefined {
  return OPTIONS.find((each) => each.name === word) ??
    OPTIONS.find((each) => each.glued === true && word.startsWith(each.name));
}

/** Takes an option of the sub-command; answers where to read on, undefined when it is none of these. */
function takeSubOption(
  options: readonly SubOption[],
  word: string,
  args: readonly string[],
  at: number,
  line: CommandLine,
): number | UsageError | undefined {
  const equals = word.startsWith("--") ? word.indexOf("=") : -1;
  const name = equals < 0 ? word : word.slice(0, equals);
  const option = options.find((each) => each.name === name);
  if (option === undefined) return undefined;
  const values = line.given.get(name) ?? [];
  line.given.set(name, values);
  if (option.label === undefined) {
    return equals < 0 ? at : new UsageError(`'${name}' takes no value`);
  }
  if (equals >= 0) values.push(word.slice(equals + 1));
  else if (at < args.length) values.push(args[at++]);
  else return new UsageError(`'${name}' needs ${option.label}`);
  return at;
}

function unknownOption(word: string, more: readonly SubOption[] = []): UsageError {
  const near = nearest(word, [...OPTIONS, ...more].map((each) => each.name));
  return new UsageError(
    `unknown option '${word}'${near === undefined ? "" : `, did you mean '${near}'?`}`,
    true,
  );
}

function unknownCommand(word: string): UsageError {
  const near = nearest(word, SUB_COMMANDS.map((each) => each.name));
  return new UsageError(
    near === undefined
      ? `unexpected '${word}': a file is given by '-f ${word}'`
      : `unknown command '${word}', did you mean '${near}'?`,
    true,
  );
}
