/** A real server that a test stops and starts again. */
import type { Scope } from "./scope.ts";
import { type Running, start, type StartOptions } from "./process.ts";
import { waitListening } from "./ports.ts";
import { isRoot } from "./needs.ts";

export interface Service {
  readonly host: string;
  readonly port: number;
  /** Stops it (by its own signal, or by this one) and keeps its data. */
  stop(signal?: Deno.Signal): Promise<void>;
  /** Starts it (again) and waits until it listens. */
  start(): Promise<void>;
}

/** A service that is one program in the foreground; not started yet. */
export function programService(
  scope: Scope,
  name: string,
  at: { readonly host: string; readonly port: number },
  command: readonly string[],
  options: StartOptions = {},
): Service {
  let running: Running | undefined;
  return {
    ...at,
    async stop(signal) {
      await running?.stop(signal);
    },
    async start() {
      running = start(scope, name, command, options);
      await waitListening(running, [`${at.host}:${at.port}`]);
    },
  };
}

/** The command as this account; as it is where we are not root. */
export function asAccount(account: string, command: readonly string[]): string[] {
  if (!isRoot) return [...command];
  return ["setpriv", `--reuid=${account}`, `--regid=${account}`, "--clear-groups", ...command];
}
