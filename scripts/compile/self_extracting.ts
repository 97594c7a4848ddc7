/** One file: a sh header, then the Deno runtime and the bundle, compressed. */
import type { Packer } from "./packers.ts";
import { packFile } from "./packers.ts";
import { V8_FLAGS } from "../v8_flags.ts";

export interface SelfExtracting {
  readonly version: string;
  /** the deno executable */
  readonly runtime: string;
  /** the bundle */
  readonly main: string;
  readonly output: string;
  readonly packer: Packer;
  readonly fast: boolean;
}

/** What the runtime is started with: everything is in the bundle, nothing is looked for elsewhere. */
export const RUN_FLAGS: readonly string[] = [
  "-A",
  "--no-prompt",
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--no-npm",
  "--unstable-net",
  V8_FLAGS,
];

const hex = (bytes: ArrayBuffer) =>
  [...new Uint8Array(bytes)].map((each) => each.toString(16).padStart(2, "0")).join("");

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", bytes));
}

/** Writes the file; answers its size in bytes. */
export async function writeSelfExtracting(what: SelfExtracting): Promise<number> {
  const command = what.fast ? what.packer.packFast : what.packer.pack;
  const [runtimeSum, mainSum] = [
    await sha256(await Deno.readFile(what.runtime)),
    await sha256(await Deno.readFile(what.main)),
  ];
  const main = await packFile(command, what.main);
  const runtime = await packFile(command, what.runtime);
  const template = await Deno.readTextFile(new URL("./header.sh", import.meta.url));
  const fixed: Readonly<Record<string, string>> = {
    VERSION: what.version,
    RUNTIME_ID: `runtime-${runtimeSum.slice(0, 16)}`,
    RUNTIME_SUM: runtimeSum,
    RUNTIME_SIZE: String(runtime.length),
    MAIN_ID: `sluice-${mainSum.slice(0, 16)}`,
    MAIN_SUM: mainSum,
    MAIN_SIZE: String(main.length),
    MACHINE: `"${await machine()}"`,
    UNPACK: what.packer.unpack,
    NEED: what.packer.need,
    FLAGS: RUN_FLAGS.join(" "),
  };
  const header = withOffsets(template, fixed, main.length);
  const temporary = `${what.output}.${Deno.pid}`;
  const file = await Deno.open(temporary, {
    write: true,
    create: true,
    truncate: true,
    mode: 0o755,
  });
  const writer = file.writable.getWriter();
  for (const part of [header, main, runtime]) await writer.write(part);
  await writer.close();
  await Deno.chmod(temporary, 0o755);
  await Deno.rename(temporary, what.output);
  return header.length + main.length + runtime.length;
}

/** The header tells where the parts begin, and telling changes its length: fixed-width numbers do not. */
function withOffsets(
  template: string,
  fixed: Readonly<Record<string, string>>,
  mainSize: number,
): Uint8Array {
  const fill = (values: Readonly<Record<string, string>>) =>
    template.replace(/@([A-Z_]+)@/g, (whole, name: string) => values[name] ?? whole);
  const width = 10;
  const blank = { ...fixed, MAIN_AT: "0".repeat(width), RUNTIME_AT: "0".repeat(width) };
  const length = new TextEncoder().encode(fill(blank)).length;
  // tail counts from 1; blanks in front of a number would end the assignment, so they stand behind it.
  const at = (offset: number) => String(offset + 1).padEnd(width, " ");
  return new TextEncoder().encode(
    fill({ ...fixed, MAIN_AT: at(length), RUNTIME_AT: at(length + mainSize) }),
  );
}

async function machine(): Promise<string> {
  const { stdout } = await new Deno.Command("uname", { args: ["-sm"], stdin: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}
