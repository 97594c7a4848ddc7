/** `deno compile`: the executable that Deno itself makes. It must have, or be able to download, its runtime. */
import { V8_FLAGS } from "../v8_flags.ts";

/** True when `output` was made and is a program that runs; otherwise says why not. */
export async function tryDenoCompile(
  root: string,
  bundle: string,
  output: string,
  say: (line: string) => void,
): Promise<boolean> {
  const made = await run([
    "compile",
    "--quiet",
    "-A",
    "--no-config",
    // The bundle was checked before it was made.
    "--no-check",
    "--unstable-net",
    V8_FLAGS,
    "-o",
    output,
    bundle,
  ], root);
  if (!made.success) {
    say(`deno compile is not possible here: ${firstLine(made.text)}`);
    return false;
  }
  // With a wrong runtime it makes a file that opens a prompt instead of running the program.
  const { success, stdout } = await new Deno.Command(output, {
    args: ["version"],
    clearEnv: true,
    stdin: "null",
    stderr: "null",
  }).output();
  if (success && /sluice/i.test(new TextDecoder().decode(stdout))) return true;
  say("deno compile made a file that does not run");
  return false;
}

async function run(args: readonly string[], cwd: string) {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { success, text: new TextDecoder().decode(stderr) };
}

function firstLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.find((line) => /error/i.test(line))?.replace(/https?:\/\/\S+/g, "its runtime") ??
    "no reason given";
}
