/** The program under test: started with a configuration text in either form, and asked to check one. */
import { existsSync } from "node:fs";
import { THREADS_VARIABLE } from "../../lib/cli/default_threads.ts";
import type { Scope } from "./scope.ts";
import { type Ran, run, type Running, start, type StartOptions } from "./process.ts";
import { waitFor } from "./poll.ts";
import { waitListening } from "./ports.ts";
import { commandUnderTest, type Engine, underTest } from "./under_test.ts";

/** The same configuration in both forms. Real HAProxy is given `cfg` only. */
export interface BothForms {
  readonly cfg: string;
  readonly yaml: string;
}

export type Form = "cfg" | "yaml";

/** The forms that the program under test reads. */
export const forms: readonly Form[] = underTest === "haproxy" ? ["cfg"] : ["cfg", "yaml"];

const FILE_NAME: Readonly<Record<Form, string>> = { cfg: "haproxy.cfg", yaml: "sluice.yaml" };

/** A second thread costs each start a second of CPU. THREADS_UNDER_TEST: how many there are by themselves ("": the default). */
const threads = Deno.env.get("THREADS_UNDER_TEST") ?? "1";

let counter = 0;

/** The compiled file must need nothing around it: it is given an empty environment and an empty directory. */
function surroundings(options: StartOptions): StartOptions {
  if (underTest !== "file") return options;
  const cwd = options.cwd ?? emptyDirectory();
  return { ...options, clearEnv: true, cwd };
}

let empty: string | undefined;

function emptyDirectory(): string {
  if (empty === undefined) {
    empty = Deno.makeTempDirSync({ prefix: "sluice-empty-" });
    const path = empty;
    globalThis.addEventListener("unload", () => Deno.removeSync(path));
  }
  return empty;
}

/** Writes the text where `-f` will find it and answers the path. */
export function writeConfig(scope: Scope, text: string, form: Form = "cfg"): string {
  return scope.write(`conf${counter++}/${FILE_NAME[form]}`, text);
}

export interface ProxyOptions extends StartOptions {
  readonly form?: Form;
  /** what TLS is made of: OpenSSL when nothing is said */
  readonly engine?: Engine;
  /** more arguments, before `-f` */
  readonly args?: readonly string[];
  /** `host:port` that it must listen on before the test goes on */
  readonly listening: readonly string[];
}

/** A running program under test. */
export interface Proxy {
  readonly process: Running;
  readonly configPath: string;
  /** Asks for a reload (SIGUSR2). */
  reload(): void;
}

/** Starts the program under test in the foreground with this configuration. */
export async function startProxy(
  scope: Scope,
  text: string,
  options: ProxyOptions,
): Promise<Proxy> {
  const configPath = writeConfig(scope, text, options.form);
  const process = start(
    scope,
    "proxy",
    commandUnderTest([...options.args ?? ["-db"], "-f", configPath], options.engine),
    surroundings({ ...options, env: { [THREADS_VARIABLE]: threads, ...options.env } }),
  );
  await waitListening(process, options.listening);
  await waitForRuntimeSockets(process, text);
  return { process, configPath, reload: () => process.signal("SIGUSR2") };
}

/** With several processes a port may be listened on before every runtime socket is there: a test may ask at once. */
async function waitForRuntimeSockets(process: Running, text: string): Promise<void> {
  for (const [, path] of text.matchAll(/\bstats:?\s+socket:?[\s"-]+(\/[^\s",]+)/g)) {
    await waitFor(`${process.name} to make ${path}`, () => {
      return existsSync(path) || process.exit !== undefined;
    }, { explain: () => process.output() });
  }
}

/** Runs the program under test to its end with these arguments. */
export function runProxy(
  args: readonly string[],
  options: StartOptions & { readonly engine?: Engine } = {},
): Promise<Ran> {
  // With -D two programs start, and a session of its own gets little of a loaded machine.
  return run(commandUnderTest(args, options.engine), { limit: 50_000, ...surroundings(options) });
}

/** Runs `-c -f` on this text. */
export function checkConfig(scope: Scope, text: string, form: Form = "cfg"): Promise<Ran> {
  return runProxy(["-c", "-f", writeConfig(scope, text, form)]);
}
