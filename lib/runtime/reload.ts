/** A new configuration in place of the running one, in all threads or in none. */
import type { Config } from "../config/model.ts";
import { Diagnostics } from "../config/diagnostic.ts";
import type { Generation } from "./generation.ts";
import type { Crew } from "./threads/crew.ts";
import type { Blueprint } from "./threads/messages.ts";

/** What a reload needs of the process. */
export interface Reloadable {
  /** the configuration that it was started with: the number of processes and threads stays */
  readonly started: Config;
  readonly running: () => Generation;
  readonly prepare: (config: Config, diagnostics: Diagnostics) => Generation | undefined;
  readonly blueprint: (next: Generation) => Blueprint;
  /** Puts it in place of the running one, or discards it and answers why that cannot be. */
  readonly takeOver: (next: Generation) => readonly string[];
  readonly stopping: () => boolean;
  readonly crew: Crew | undefined;
  readonly report: (message: string) => void;
}

/** Takes `config` in place of the running one; the running one stays when the diagnostics tell of mistakes. */
export async function reload(config: Config, process: Reloadable): Promise<Diagnostics> {
  const diagnostics = new Diagnostics();
  const { crew } = process;
  if (stopsReload(process, diagnostics)) return diagnostics;
  const alert = (message: string) => diagnostics.add("alert", undefined, message);
  for (const name of ["nbproc", "nbthread"] as const) {
    const { [name]: now = 1 } = process.started.global;
    if ((config.global[name] ?? 1) === now) continue;
    alert(`'${name}' cannot change while running: it is ${now}`);
    return diagnostics;
  }
  const next = process.prepare(config, diagnostics);
  if (next === undefined) return diagnostics;
  const refuse = (messages: readonly string[]): Diagnostics => {
    messages.forEach(alert);
    next.discard();
    return diagnostics;
  };
  const before = process.running();
  if (!next.names.idle) {
    const messages = await next.names.findAddresses();
    if (messages.length > 0) return refuse(messages);
  }
  if (crew !== undefined) {
    const messages = await crew.prepare(process.blueprint(next));
    if (messages.length > 0) return refuse(messages);
  }
  // That takes its time, in which the process may have been told something else.
  const late = stopsReload(process, diagnostics)
    ? []
    : process.running() !== before
    ? ["another reload was faster"]
    : undefined;
  if (late !== undefined) {
    crew?.discard();
    return refuse(late);
  }
  const messages = process.takeOver(next);
  if (messages.length > 0) {
    crew?.discard();
    messages.forEach(alert);
    return diagnostics;
  }
  // The first thread listens: what another one cannot do costs its share of the work, and nothing else.
  for (const text of await crew?.commit() ?? []) process.report(text);
  return diagnostics;
}

function stopsReload({ stopping }: Reloadable, diagnostics: Diagnostics): boolean {
  if (!stopping()) return false;
  diagnostics.add("alert", undefined, "the process is stopping: it does not reload any more");
  return true;
}
