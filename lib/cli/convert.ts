/** `convert FILE`: the same configuration in the other form. */
import { Diagnostics } from "../config/diagnostic.ts";
import { detectFormat, loadDocument } from "../config/load.ts";
import { optionArity } from "../config/keywords/index.ts";
import { writeCfg } from "../config/write_cfg.ts";
import { writeYaml } from "../config/write_yaml.ts";
import { readTests } from "../config/tests/read.ts";
import type { CommandLine } from "./command_line.ts";
import { environmentFor } from "./load.ts";
import { message } from "./messages.ts";
import { diagnosticsText, type Output } from "./output.ts";
import { FEATURES } from "./version.ts";

/** Prints the conversion; exit code 1 when the text could not be read. */
export async function convert(
  line: CommandLine,
  env: Readonly<Record<string, string>>,
  output: Output,
): Promise<number> {
  const diagnostics = new Diagnostics();
  const { document, sources, files } = await loadDocument(line.files, diagnostics, {
    env: environmentFor({ env }),
    features: FEATURES,
    forConversion: true,
  });
  output.err(diagnosticsText(diagnostics.list, sources, output.render));
  if (diagnostics.failed) return 1;
  const from = detectFormat(files[0] ?? "", sources.get(files[0]) ?? "");
  for (const [file, text] of sources) {
    const isYaml = detectFormat(file, text) === "yaml";
    if (isYaml && readTests(text, file, new Diagnostics(), false) !== undefined) {
      output.err(
        message("warning", `the tests of '${file}' are left out: they stay a file of YAML`),
      );
    }
  }
  const to = line.to ?? (from === "yaml" ? "cfg" : "yaml");
  output.out(to === "yaml" ? writeYaml(document, { arity: optionArity }) : writeCfg(document));
  return 0;
}
