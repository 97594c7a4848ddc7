/** `-S ADDRESS[,SETTING…]`: the words of a `stats socket` line, with commas in place of blanks. */
import { buildConfig } from "../config/build.ts";
import { Diagnostics } from "../config/diagnostic.ts";
import { readCfg } from "../config/read_cfg.ts";
import type { StatsSocketConfig } from "../config/model.ts";

/** The socket of the option; a sentence says what is wrong with it. */
export function masterSocketOf(text: string): StatsSocketConfig | string {
  const [address, ...settings] = text.split(",");
  const diagnostics = new Diagnostics();
  // Nobody who is not told so has fewer rights: the file's mode decides who comes in.
  const words = [address, "level", "admin", ...settings].map((word) => `'${word}'`).join(" ");
  const document = readCfg(`global\n stats socket ${words}\n`, "-S", {}, diagnostics);
  const config = diagnostics.failed ? undefined : buildConfig(document, {
    diagnostics,
    readFile: Deno.readFileSync,
  });
  const socket = config?.global.statsSockets[0];
  if (socket !== undefined && !diagnostics.failed) return socket;
  const why = diagnostics.list.find(({ severity }) => severity === "alert")?.message;
  return `'-S ${text}': ${
    why ?? "it is ADDRESS[,SETTING…], as in '/run/sluice/master.sock,mode,600'"
  }`;
}
