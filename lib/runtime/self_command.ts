/** How this very program is started once more: the one place that knows in which form it runs. */

/**
 * The command line that starts this program again with `args`: `deno run main.ts`, the compiled executable and the
 * self-extracting file alike. Works from the running process's own command line, so its permissions stay the same.
 */
export function selfCommand(args: readonly string[]): string[] {
  const started = ownArguments();
  const own = Deno.args.length;
  if (started !== undefined && started.length > own) {
    // The arguments given to sluice stand at the end, whatever stands before.
    const tail = started.slice(started.length - own);
    if (tail.every((each, i) => each === Deno.args[i])) {
      return [Deno.execPath(), ...started.slice(1, started.length - own), ...args];
    }
  }
  if (Deno.build.standalone) return [Deno.execPath(), ...args];
  return [Deno.execPath(), "run", "--no-prompt", ...grantedFlags(), Deno.mainModule, ...args];
}

const PERMISSIONS = ["read", "write", "net", "env", "sys", "run", "ffi"] as const;

/** The permissions that this process has as a whole. */
function grantedFlags(): string[] {
  return PERMISSIONS.filter((name) => Deno.permissions.querySync({ name }).state === "granted")
    .map((name) => `--allow-${name}`);
}

function ownArguments(): string[] | undefined {
  try {
    const text = Deno.readTextFileSync("/proc/self/cmdline");
    return text.replace(/\0$/, "").split("\0");
  } catch {
    return undefined;
  }
}
