/** A proxy with several TLS listeners, and OpenSSL's own client that asks them. */
import { Authority } from "../support/certificates.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import type { Scope } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import type { Engine } from "../support/under_test.ts";

const startProxy = reloadedProxy();

export const needs = { programs: ["openssl", "curl"] };

/** Authorities are made once: the second one has no part in the first one's tree. */
export const tree = (() => {
  let made: { root: Authority; middle: Authority; other: Authority } | undefined;
  return () => {
    if (made !== undefined) return made;
    const root = Authority.make("Root");
    return made = { root, middle: Authority.make("Middle", root), other: Authority.make("Other") };
  };
})();

interface Bind {
  readonly settings: string;
}

/** Starts a proxy with one `bind` line for each of `binds`; answers where they listen. */
export async function listeners<K extends string>(
  scope: Scope,
  binds: Readonly<Record<K, Bind>>,
  answer: string,
  more: { global?: string; frontend?: string; engine?: Engine } = {},
) {
  const ports = {} as Record<K, number>;
  const lines = Object.entries<Bind>(binds).map(([name, { settings }]) => {
    const port = ports[name as K] = freePort();
    return `    bind 127.0.0.1:${port} name ${name} ssl ${settings}`;
  });
  const log = startSyslogSink(scope);
  const proxy = await startProxy(
    scope,
    `global
    log ${log.address} local0
${more.global ?? ""}
defaults
    mode http
    log global
    option httpslog
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
${lines.join("\n")}
${more.frontend ?? ""}
    http-request return status 200 content-type text/plain lf-string "${answer}"
`,
    {
      listening: Object.values<number>(ports).map((port) => `127.0.0.1:${port}`),
      engine: more.engine,
    },
  );
  return { ports, proxy, log };
}

/** What OpenSSL's client gets when it asks for `/`; empty when the handshake failed. */
export async function ask(port: number, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run([
    "sh",
    "-c",
    `printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | ` +
    `openssl s_client -connect 127.0.0.1:${port} -ign_eof ${args.join(" ")}`,
  ]);
  return stdout.includes("HTTP/1.1 200") ? `${stdout}${stderr}` : "";
}

export function subjectOf(said: string): string | undefined {
  return /CN ?= ?(\S+)/.exec(/subject=.*/.exec(said)?.[0] ?? "")?.[1];
}
