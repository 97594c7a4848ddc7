/** The summary of the command line, from its tables. */
import { OPTIONS, SUB_COMMANDS } from "./option_rows.ts";

const COLUMN = 24;
const WIDTH = 100;

/** What `sluice -h` prints. */
export function usage(): string {
  const lines = [
    "Usage: sluice [COMMAND] [OPTION …] [-f FILE|DIRECTORY …] [-- FILE …]",
    "",
    "Commands:",
    ...SUB_COMMANDS.flatMap((row) => entry(`${row.name} ${row.label}`.trimEnd(), row.summary)),
    "",
    ...SUB_COMMANDS.flatMap((row) =>
      row.options === undefined ? [] : [
        `Options of ${row.name}:`,
        ...row.options.flatMap(({ name, label, summary }) =>
          entry(label === undefined ? name : `${name} ${label}`, summary)
        ),
        "",
      ]
    ),
    "Options:",
    ...OPTIONS.flatMap((row) =>
      entry(row.label === undefined ? row.name : `${row.name} ${row.label}`, row.summary)
    ),
    "",
    "Without a file, the SLUICE_* variables of the environment are the configuration:",
    "    SLUICE_BIND=:8080 SLUICE_SERVERS=web1=10.0.0.10:80,web2=10.0.0.20:80 sluice",
  ];
  return lines.join("\n");
}

/** `  name   text`, the text wrapped in its column. */
function entry(name: string, text: string): string[] {
  const lines: string[] = [];
  let line = `  ${name}`.padEnd(COLUMN);
  if (line.trimEnd().length >= COLUMN) {
    lines.push(line.trimEnd());
    line = " ".repeat(COLUMN);
  }
  for (const word of text.split(" ")) {
    if (line.length + word.length > WIDTH && line.trim() !== "") {
      lines.push(line.trimEnd());
      line = " ".repeat(COLUMN);
    }
    line += `${word} `;
  }
  lines.push(line.trimEnd());
  return lines;
}
