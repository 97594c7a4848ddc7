/**
 * `-D` and `daemon`: the process starts itself once more, detached from the terminal, and waits until that one says
 * that it is ready or what went wrong. A fork is not to be had from JavaScript; the effect is the same: the command
 * returns when the listeners are open, and everything that is wrong is still seen on the terminal.
 */
import { selfCommand } from "./self_command.ts";

/** Set for the process in the background: the descriptor to report on. */
export const DAEMON_VARIABLE = "SLUICE_DAEMON";
const REPORT_FD = 3;

/** What the process in the background says to the waiting one. */
export interface DaemonReport {
  /** A text for standard error. */
  message(text: string): void;
  /** Everything is up: the waiting process ends with 0. Nothing is said afterwards. */
  ready(): void;
}

/** The report of this process when it is the one in the background. */
export function daemonReport(env: (name: string) => string | undefined): DaemonReport | undefined {
  if (env(DAEMON_VARIABLE) !== String(REPORT_FD)) return undefined;
  let file: Deno.FsFile | undefined = Deno.openSync(`/proc/self/fd/${REPORT_FD}`, { write: true });
  const say = (record: string) => {
    try {
      const bytes = new TextEncoder().encode(`${record}\n`);
      for (let at = 0; file !== undefined && at < bytes.length;) {
        at += file.writeSync(bytes.subarray(at));
      }
    } catch {
      // The waiting process was interrupted.
    }
  };
  return {
    message: (text) => say(`E${JSON.stringify(text)}`),
    ready() {
      say("R");
      file?.close();
      file = undefined;
    },
  };
}

/**
 * Starts the background process with `args` in `cwd`, passes on what it says to `error`, and answers the exit code:
 * 0 once it is ready, else its own (never 0).
 */
export async function launchDaemon(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly error: (text: string) => void;
    /** the program to start, default: this one */
    readonly command?: (args: readonly string[]) => string[];
  },
): Promise<number> {
  const command = (options.command ?? selfCommand)(args);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("/bin/sh", {
      // The shell only moves the descriptors and then becomes the program.
      args: ["-c", `exec "$0" "$@" ${REPORT_FD}>&1 >/dev/null 2>/dev/null </dev/null`, ...command],
      env: { [DAEMON_VARIABLE]: String(REPORT_FD) },
      cwd: options.cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      detached: true,
    }).spawn();
  } catch (error) {
    options.error(`[ALERT] cannot start in the background: ${error}\n`);
    return 1;
  }
  for await (const record of lines(child.stdout)) {
    if (record === "R") {
      child.unref();
      return 0;
    }
    if (record.startsWith("E")) options.error(String(JSON.parse(record.slice(1))));
  }
  const { code, signal } = await child.status;
  if (signal !== null) {
    options.error(`[ALERT] the process in the background was ended by ${signal}\n`);
  }
  return code === 0 ? 1 : code;
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
