/** `pidfile` and `-p`: the process's number in a file, and the signals to the processes it replaces (`-sf`, `-st`). */

/**
 * Writes the process id and a line feed. Answers a sentence when it cannot. As HAProxy does, the file stays when
 * the process ends: whoever starts the next one reads it (`-sf $(cat FILE)`).
 */
export function writePidfile(path: string, pid: number): string | undefined {
  try {
    Deno.writeTextFileSync(path, `${pid}\n`, { mode: 0o644 });
    return undefined;
  } catch (error) {
    return `cannot write the pidfile '${path}': ${
      error instanceof Error ? error.message : String(error)
    }`;
  }
}

/** Sends a signal to each process; those that are gone are left out. Answers how many were there. */
export function signalAll(pids: readonly number[], signal: Deno.Signal): number {
  let reached = 0;
  for (const pid of pids) {
    try {
      Deno.kill(pid, signal);
      reached++;
    } catch {
      // It ended before, or it is not ours: as with HAProxy that is no mistake.
    }
  }
  return reached;
}
