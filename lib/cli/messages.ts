/** How much is said, and the shape of what is said. */
import type { Diagnostics, Severity } from "../config/diagnostic.ts";
import type { CommandLine } from "./command_line.ts";
import type { LoadedConfig } from "./load.ts";
import { diagnosticsText, type Output } from "./output.ts";

/** `[WARNING] text` with a line feed. */
export function message(severity: Exclude<Severity, "diag">, text: string): string {
  return `[${severity.toUpperCase()}] ${text}\n`;
}

/** `2 mistakes, 1 warning`; undefined when there is neither. */
export function countOf(diagnostics: Diagnostics): string | undefined {
  const of = (severity: Severity) => diagnostics.list.filter((d) => d.severity === severity).length;
  const parts: string[] = [];
  const alerts = of("alert");
  const warnings = of("warning");
  if (alerts > 0) parts.push(`${alerts} mistake${alerts === 1 ? "" : "s"}`);
  if (warnings > 0) parts.push(`${warnings} warning${warnings === 1 ? "" : "s"}`);
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** Prints all diagnostics; answers whether the configuration may be used. `-q` silences them. */
export function judge(
  loaded: Pick<LoadedConfig, "diagnostics" | "sources">,
  line: CommandLine,
  zeroWarning: boolean,
  output: Output,
): boolean {
  const { diagnostics, sources } = loaded;
  const say = line.quiet ? () => {} : output.err;
  say(diagnosticsText(diagnostics.list, sources, { ...output.render, diag: line.diagnostic }));
  if (diagnostics.failed) {
    say(message("alert", `the configuration cannot be used: ${countOf(diagnostics)}`));
    return false;
  }
  if (zeroWarning && diagnostics.list.some(({ severity }) => severity === "warning")) {
    say(message("alert", `'zero-warning' is set and there is ${countOf(diagnostics)}`));
    return false;
  }
  return true;
}
