/** Signals to actions (management guide, section 4). */

export interface SignalActions {
  /** SIGTERM, SIGINT: end at once. */
  stop(signal: "SIGTERM" | "SIGINT"): void;
  /** SIGUSR1: accept nothing more, let streams finish. */
  drain(): void;
  /** SIGUSR2, SIGHUP: read the configuration again. */
  reload(): void;
  /** SIGTTOU: release the listeners for a while. */
  pause(): void;
  /** SIGTTIN: listen again. */
  resume(): void;
  /** SIGQUIT: say how much memory is used. */
  memory(): void;
}

/** Row by row which signal does what. */
export const SIGNALS: readonly {
  readonly signal: Deno.Signal;
  readonly does: string;
  readonly act: (actions: SignalActions) => void;
}[] = [
  { signal: "SIGTERM", does: "stops at once", act: (a) => a.stop("SIGTERM") },
  { signal: "SIGINT", does: "stops at once", act: (a) => a.stop("SIGINT") },
  {
    signal: "SIGUSR1",
    does: "closes the listeners, lets streams finish, then stops",
    act: (a) => a.drain(),
  },
  { signal: "SIGUSR2", does: "reads the configuration again", act: (a) => a.reload() },
  { signal: "SIGHUP", does: "reads the configuration again", act: (a) => a.reload() },
  { signal: "SIGTTOU", does: "pauses the listeners", act: (a) => a.pause() },
  { signal: "SIGTTIN", does: "resumes the listeners", act: (a) => a.resume() },
  { signal: "SIGQUIT", does: "says how much memory is used", act: (a) => a.memory() },
];

/** Signals that ask for a reload. */
const RELOADS: readonly Deno.Signal[] = ["SIGUSR2", "SIGHUP"];

/**
 * While the process starts: a request to reload would end it, as nobody has said yet what it means. Answers a function
 * that takes the handlers away, and says whether there was one.
 */
export function holdReloads(): () => boolean {
  let asked = false;
  const handler = () => void (asked = true);
  for (const signal of RELOADS) Deno.addSignalListener(signal, handler);
  return () => {
    for (const signal of RELOADS) Deno.removeSignalListener(signal, handler);
    return asked;
  };
}

/** Installs all of them; answers a function that takes them away again. */
export function installSignals(actions: SignalActions): () => void {
  const installed: (() => void)[] = [];
  for (const { signal, act } of SIGNALS) {
    const handler = () => act(actions);
    try {
      Deno.addSignalListener(signal, handler);
      installed.push(() => Deno.removeSignalListener(signal, handler));
    } catch {
      // This system does not have it.
    }
  }
  return () => installed.splice(0).forEach((remove) => remove());
}
