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

/** ms for which the runtime's debugger is looked for after SIGUSR1, and between two looks */
const DEBUGGER_COMES = 2000;
const DEBUGGER_LOOK = 5;

/**
 * The runtime opens its debugger on 127.0.0.1:9229 at SIGUSR1, whoever handles the signal, and whoever reaches it may
 * run anything in this process: it is shut as soon as it is there.
 */
async function shutDebugger(): Promise<void> {
  const { close } = await import("node:inspector");
  for (let left = DEBUGGER_COMES / DEBUGGER_LOOK; left > 0; left--) {
    close();
    await new Promise<void>((resolve) => Deno.unrefTimer(setTimeout(resolve, DEBUGGER_LOOK)));
  }
}

/** Hears a signal, where the system has it; answers a function that ends that. */
function listen(signal: Deno.Signal, act: () => void): () => void {
  const handler = () => {
    if (signal === "SIGUSR1") shutDebugger().catch(() => {});
    act();
  };
  try {
    Deno.addSignalListener(signal, handler);
  } catch {
    return () => {};
  }
  return () => Deno.removeSignalListener(signal, handler);
}

/** What was asked for while the process was starting. */
export interface HeldSignals {
  /** SIGUSR2 or SIGHUP came. */
  readonly reload: boolean;
  /** SIGUSR1 came. */
  readonly drain: boolean;
  /** SIGTERM or SIGINT came, this one first. */
  readonly stop?: EndSignal;
}

export type EndSignal = "SIGTERM" | "SIGINT";

/** The status of a process that one of them ended. */
export const EXIT_BY_SIGNAL = { SIGTERM: 143, SIGINT: 130 } as const;

/** ms that a start gets to come to its end once it was told to end */
const LAST_START = 5000;

/** Signals that ask for something once the process runs; the others of `SIGNALS` can be missed. */
const HELD: readonly (readonly [Deno.Signal, "reload" | "drain"])[] = [
  ["SIGUSR2", "reload"],
  ["SIGHUP", "reload"],
  ["SIGUSR1", "drain"],
];

/**
 * While the process starts: these signals would end it (SIGUSR1 would open the runtime's debugger), as nobody has said
 * yet what they mean, nor with which status it ends. A second SIGTERM ends it at once. Answers a function that takes the
 * handlers away, and says what was asked for; again, it says the same.
 */
export function holdSignals(): () => HeldSignals {
  const asked: { reload: boolean; drain: boolean; stop?: EndSignal } = {
    reload: false,
    drain: false,
  };
  const end = (signal: EndSignal) => () => {
    if (asked.stop !== undefined) Deno.exit(EXIT_BY_SIGNAL[signal]);
    asked.stop = signal;
    Deno.unrefTimer(setTimeout(() => {
      if (installed.length > 0) Deno.exit(EXIT_BY_SIGNAL[signal]);
    }, LAST_START));
  };
  const installed = HELD.map(([signal, what]) => listen(signal, () => void (asked[what] = true)));
  for (const signal of ["SIGTERM", "SIGINT"] as const) installed.push(listen(signal, end(signal)));
  return () => {
    installed.splice(0).forEach((remove) => remove());
    return asked;
  };
}

/** Installs all of them; answers a function that takes them away again. */
export function installSignals(actions: SignalActions): () => void {
  const installed = SIGNALS.map(({ signal, act }) => listen(signal, () => act(actions)));
  return () => installed.splice(0).forEach((remove) => remove());
}
