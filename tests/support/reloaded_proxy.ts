/**
 * One process for the configurations of all tests of a file, one after the other: a start costs half a second of
 * CPU and more, a reload some hundredths of that.
 */
import { waitFor } from "./poll.ts";
import { connectionsOf, freePort, waitListening } from "./ports.ts";
import { Scope } from "./scope.ts";
import { type Form, type Proxy, type ProxyOptions, startProxy } from "./sluice.ts";
import { underTest } from "./under_test.ts";

/** Nothing of a test's configuration is in it, so that what was known of its proxies and servers is forgotten. */
const IDLE: Readonly<Record<Form, (address: string, threads: string) => string>> = {
  cfg: (address, threads) =>
    `global
    ${threads}
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend idle
    bind ${address}
    http-request deny
`,
  yaml: (address, threads) =>
    `global: { ${threads} }
defaults:
  mode: http
  timeout: { connect: 1s, client: 1s, server: 1s }
frontends:
  idle:
    bind: "${address}"
    http-request: [deny]
`,
};

const LOADED = "the configuration was loaded again";

/**
 * Answers a `startProxy`, to be called while the file is loaded: the process that an earlier test has done with takes
 * the text by a reload, if it was started with the same options; otherwise, and after a failure, a new one is started.
 * Not for tests of starts, of ends, of signals, and of what stays in a process over reloads.
 */
export function reloadedProxy(): typeof startProxy {
  // The real one takes another process for each reload.
  if (underTest === "haproxy") return startProxy;
  const file = new Scope();
  Deno.test.afterAll(() => file.close(false));
  const resting = new Map<string, Proxy[]>();

  return async (scope, text, options) => {
    // A namespace ends with its test.
    if (options.namespace !== undefined) return await startProxy(scope, text, options);
    const { listening, ...rest } = options;
    // The number of threads stays.
    const threads = /\bnbthread:? \d+/.exec(text)?.[0] ?? "";
    const key = `${threads} ${JSON.stringify(rest)}`;
    const left = resting.get(key) ?? [];
    resting.set(key, left);
    const earlier = await usable(left.pop());
    const proxy = earlier ?? await startAlone(file, text, options);
    scope.defer("the proxy", async (failed) => {
      if (failed || proxy.process.exit !== undefined) await proxy.process.stop();
      else {
        const address = `127.0.0.1:${freePort()}`;
        await become(proxy, IDLE[options.form ?? "cfg"](address, threads), [address]);
        left.push(proxy);
      }
    });
    if (earlier !== undefined) await become(proxy, text, listening);
    return proxy;
  };
}

/** Starts a process that ends with the file, or at once when it does not come to listen. */
async function startAlone(file: Scope, text: string, options: ProxyOptions): Promise<Proxy> {
  const own = new Scope();
  file.defer("a process", () => own.close(false));
  try {
    return await startProxy(own, text, options);
  } catch (error) {
    await own.close(true);
    throw error;
  }
}

/** Loads the text and waits for the end of that; what is printed begins anew with it. */
async function become(
  { process, configPath, reload }: Proxy,
  text: string,
  listening: ProxyOptions["listening"],
): Promise<void> {
  Deno.writeTextFileSync(configPath, text);
  Deno.truncateSync(process.outputPath);
  reload();
  const said = await waitFor("the reload", () => {
    const said = process.output();
    if (process.exit !== undefined || said.includes(" the running configuration stays")) {
      throw new Error(`the configuration was not loaded:\n${said}`);
    }
    return said.includes(LOADED) ? said : undefined;
  }, { every: 5, limit: 30_000, explain: () => process.output() });
  // A test that reloads looks for its own.
  const others = said.split("\n").filter((line) => !line.includes(LOADED));
  Deno.writeTextFileSync(process.outputPath, others.join("\n"));
  await waitListening(process, listening);
}

/** The process once the last connection of the test before is gone, or undefined when that lasts. */
async function usable(proxy: Proxy | undefined): Promise<Proxy | undefined> {
  if (proxy === undefined || proxy.process.exit !== undefined) return undefined;
  try {
    await waitFor("the connections to end", () => connectionsOf(proxy.process.pid) === 0, {
      limit: 2000,
      every: 5,
    });
    return proxy;
  } catch {
    await proxy.process.stop();
    return undefined;
  }
}
