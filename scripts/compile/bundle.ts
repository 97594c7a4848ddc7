/** main.ts and everything it imports, as one JavaScript file. */

/** Writes the bundle to `output`. Throws when bundling fails or the bundle knows this machine's paths. */
export async function bundle(root: string, output: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "deno", "-o", output, "main.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`deno bundle failed:\n${said}`);
  const text = onlyAscii(await Deno.readTextFile(output));
  await Deno.writeTextFile(output, text);
  const known = [root.replace(/\/$/, ""), Deno.env.get("HOME"), Deno.env.get("DENO_DIR")];
  for (const path of known) {
    if (path !== undefined && path.length > 1 && names(text, path)) {
      throw new Error(`the bundle names a path of this machine: ${path}`);
    }
  }
}

/**
 * One dash of a comment beyond Latin-1 makes the engine keep the whole text with two bytes a character, in each thread.
 * The escape means the same in the regular expressions and templates where such characters can still be.
 */
export function onlyAscii(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex
    /[^\x00-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function names(text: string, path: string): boolean {
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    // A home of `/root` must not be found in `/rootfs` or in `lib/root`.
    if (!/[\w.-]/.test(text[at + path.length] ?? "") && !/[\w.-]/.test(text[at - 1] ?? "")) {
      return true;
    }
  }
  return false;
}
