/**
 * One test's belongings: a temporary directory and everything that must be stopped.
 * Whatever a test starts is registered here, so that it ends with the test, also when the test fails.
 */
import { within } from "./poll.ts";
import { missingNeeds, type Needs } from "./needs.ts";

export class Scope {
  readonly dir: string;
  #cleanups: { readonly what: string; readonly run: (failed: boolean) => void | Promise<void> }[] =
    [];

  constructor() {
    this.dir = Deno.makeTempDirSync({ prefix: "sluice-test-" });
    // Servers drop their privileges: they must still reach what the test put here.
    Deno.chmodSync(this.dir, 0o755);
  }

  /** Runs `run` at the end, the last one registered first; it is told whether the test failed. */
  defer(what: string, run: (failed: boolean) => void | Promise<void>): void {
    this.#cleanups.push({ what, run });
  }

  /** A path in the temporary directory. */
  path(name: string): string {
    return `${this.dir}/${name}`;
  }

  /** Writes a file below the temporary directory and answers its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = this.path(name);
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    return path;
  }

  /** Stops everything. Throws only when nothing else went wrong (`failed` false). */
  async close(failed: boolean): Promise<void> {
    const problems: string[] = [];
    for (const { what, run } of this.#cleanups.reverse()) {
      try {
        await within(15_000, `stopping ${what}`, Promise.resolve(run(failed)));
      } catch (error) {
        problems.push(`${what}: ${error instanceof Error ? error.message : error}`);
      }
    }
    this.#cleanups = [];
    if (Deno.env.get("SLUICE_TEST_KEEP") === undefined) {
      await Deno.remove(this.dir, { recursive: true }).catch(() => undefined);
    } else console.log(`kept: ${this.dir}`);
    if (problems.length > 0 && !failed) throw new Error(`cleaning up: ${problems.join("; ")}`);
  }
}

/** Runs `body` with a fresh Scope and closes it, whatever happens. */
export async function withScope<T>(body: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope();
  let failed = true;
  try {
    const result = await body(scope);
    failed = false;
    return result;
  } finally {
    await scope.close(failed);
  }
}

/**
 * What all tests of a file share, made with a Scope of its own when the first of them asks, and ended after the last.
 * To be called while the file is loaded.
 */
export function sharedByTests<T>(make: (scope: Scope) => Promise<T>): () => Promise<T> {
  let scope: Scope | undefined;
  let made: Promise<T> | undefined;
  Deno.test.afterAll(() => scope?.close(false));
  return () => made ??= make(scope = new Scope());
}

export interface ScopedTestOptions extends Needs {
  /** ms for the whole test, default 60 s */
  readonly limit?: number;
  /**
   * It binds addresses and ports that are given: it waits for any other such test on this machine, also one of
   * another run. With SO_REUSEPORT two proxies would share the port and answer each other's clients.
   */
  readonly exclusive?: boolean;
}

/** Registers a test that gets a Scope; skipped, with the reason in its name, where a need is missing. */
export function scopedTest(
  name: string,
  options: ScopedTestOptions,
  body: (scope: Scope) => Promise<void>,
): void {
  const missing = missingNeeds(options);
  const limit = options.limit ?? 60_000;
  Deno.test({
    name: missing === undefined ? name : `${name} (skipped: ${missing})`,
    ignore: missing !== undefined,
    fn: async () => {
      const unlock = options.exclusive === true ? await lockMachine() : undefined;
      try {
        await withScope((scope) => within(limit, name, body(scope)));
      } finally {
        unlock?.();
      }
    },
  });
}

/** Waits for the lock that all tests with fixed ports share; answers what gives it back. */
async function lockMachine(): Promise<() => void> {
  const path = `${Deno.env.get("TMPDIR") ?? "/tmp"}/sluice-fixed-ports-${Deno.uid()}.lock`;
  const file = Deno.openSync(path, { create: true, write: true });
  await file.lock(true);
  return () => file.close();
}
