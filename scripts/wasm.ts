/**
 * `deno task wasm [--check]`: makes `lib/compression/deflate_wasm.ts` of `deflate.wat`. With `--check` nothing is
 * written, and the exit code is 1 when the file is not what it should be.
 */
import wabt from "wabt";

const folder = new URL("../lib/compression/", import.meta.url);
const made = new URL("deflate_wasm.ts", folder);

/** The generated file's text. */
export async function wasmModule(): Promise<string> {
  const { parseWat } = await wabt();
  const name = "deflate.wat";
  const module = parseWat(name, Deno.readTextFileSync(new URL(name, folder)));
  const { buffer } = module.toBinary({});
  module.destroy();
  const lines = buffer.toBase64().match(/.{1,96}/g)!.map((line) => `  "${line}"`);
  return `/** What \`deno task wasm\` makes of \`${name}\`: not to be changed by hand. */\n` +
    `export const DEFLATE_WASM = [\n${lines.join(",\n")},\n].join("");\n`;
}

if (import.meta.main) {
  const text = await wasmModule();
  if (!Deno.args.includes("--check")) Deno.writeTextFileSync(made, text);
  else if (Deno.readTextFileSync(made) !== text) Deno.exit(1);
}
