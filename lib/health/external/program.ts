/** One run of the program of an external check. */
import { Timer, type TimerWheel } from "../../net/timers.ts";

export interface ProgramRun {
  /** -1: a signal ended it; 255: it could not be started */
  readonly code: number;
  /** its time was up */
  readonly late: boolean;
}

/** ms between asking a program to end and ending it */
const GRACE = 1000;
const NOT_STARTED: ProgramRun = { code: 255, late: false };

export class Program {
  /** Never rejects. */
  readonly ended: Promise<ProgramRun>;
  readonly #timer: Timer;
  #child: Deno.ChildProcess | undefined;
  #late = false;

  /** Starts `path`; after `limit` ms it is asked to end, and a second later it is ended. */
  constructor(
    path: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    limit: number,
    wheel: TimerWheel,
  ) {
    this.#timer = new Timer(wheel, () => {
      this.#kill(this.#late ? "SIGKILL" : "SIGTERM");
      this.#late = true;
      this.#timer.set(GRACE);
    });
    try {
      this.#child = new Deno.Command(path, {
        args: [...args],
        env: { ...env },
        clearEnv: true,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    } catch {
      this.ended = Promise.resolve(NOT_STARTED);
      return;
    }
    this.#timer.set(limit);
    this.ended = this.#child.status.then(({ code, signal }) => {
      this.#timer.clear();
      return { code: signal === null ? code : -1, late: this.#late };
    }, () => NOT_STARTED);
  }

  /** Ends it at once. */
  stop(): void {
    this.#kill("SIGKILL");
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child?.kill(signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Where a program without a slash is found in a PATH; itself when it has one. */
export function findProgram(command: string, path: string): string | undefined {
  if (command.includes("/")) return command;
  for (const directory of path.split(":")) {
    const file = `${directory === "" ? "." : directory}/${command}`;
    try {
      if (Deno.statSync(file).isFile) return file;
    } catch {
      // Not here: the next one.
    }
  }
  return undefined;
}
