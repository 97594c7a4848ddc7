/** One proxy for all tests of a file: a start costs more than most of what is asked of it. */
import { freePort } from "../support/ports.ts";
import { Scope, scopedTest, type ScopedTestOptions } from "../support/scope.ts";
import { type Proxy, startProxy } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { connect, startHttpOrigin, startOrigin } from "../support/tcp.ts";
import { proxyLines, type ProxySettings, type Setup } from "./setup.ts";

/** What a test has of the proxy for itself: a frontend, a backend with a server, their ports, and a log. */
export interface Part {
  /** `startOrigin` where the backend's server must be: the test starts it */
  origin(scope: Scope, script: Parameters<typeof startOrigin>[1]): ReturnType<typeof startOrigin>;
  httpOrigin(
    scope: Scope,
    answer: Parameters<typeof startHttpOrigin>[1],
  ): ReturnType<typeof startHttpOrigin>;
  /** Starts the proxy, if no test of the file has, and what belongs to this part of it. */
  setUp(scope: Scope): Promise<Setup>;
}

export interface PartSettings extends Omit<ProxySettings, "backend"> {
  /** lines of the backend, of the server's `host:port`; default: `server s1 ADDRESS` */
  readonly backend?: (origin: string) => string;
}

/** `scopedTest` with a part of the proxy, to be called while the file is loaded. */
export type PartTest = (
  name: string,
  options: ScopedTestOptions & PartSettings,
  body: (scope: Scope, part: Part) => Promise<void>,
) => void;

/** The proxy starts with the first of its tests that runs, and ends after the last. */
export function sharedProxy(): PartTest {
  const texts: string[] = [];
  const addresses: string[] = [];
  const scope = new Scope();
  let running: Promise<Proxy> | undefined;
  Deno.test.afterAll(() => scope.close(false));

  const start = () => running ??= startProxy(scope, texts.join(""), { listening: [...addresses] });

  const part = (settings: PartSettings): Part => {
    const port = freePort();
    const originPort = freePort();
    const logPort = freePort();
    const address = `127.0.0.1:${port}`;
    const { backend = (origin: string) => `server s1 ${origin}` } = settings;
    texts.push(proxyLines(
      { ...settings, backend: backend(`127.0.0.1:${originPort}`) },
      { bind: address, log: `127.0.0.1:${logPort}`, suffix: `${texts.length}` },
    ));
    addresses.push(address);
    return {
      origin: (own, script) => startOrigin(own, script, { port: originPort }),
      httpOrigin: (own, answer) => startHttpOrigin(own, answer, { port: originPort }),
      async setUp(own) {
        const log = startSyslogSink(own, logPort);
        return { proxy: await start(), address, port, log, client: () => connect(own, address) };
      },
    };
  };
  return (name, options, body) => {
    const own = part(options);
    scopedTest(name, options, (scope) => body(scope, own));
  };
}
