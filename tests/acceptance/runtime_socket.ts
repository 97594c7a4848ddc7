/** The tutorial's `stats socket`, and socat as the tutorial uses it. */
import { waitFor } from "../support/poll.ts";
import { mustRun } from "../support/process.ts";
import type { Scope } from "../support/scope.ts";
import type { BothForms } from "../support/sluice.ts";
import { port80, web1, web2 } from "./tutorial.ts";

/** `global` with a runtime socket; `options` as on its line, such as `level admin`. */
export function globalWithSocket(scope: Scope, options: string): BothForms {
  const line = `${scope.path("stats")} ${options}`.trim();
  return {
    cfg: `global\n    stats socket ${line}\n    stats timeout 2m\n`,
    yaml: `global:\n  stats:\n    socket: "${line}"\n    timeout: 2m\n`,
  };
}

/** Gives one line to the socket and answers all that comes back. */
export async function socat(scope: Scope, line: string): Promise<string> {
  return await mustRun(["socat", "-t", "5", "stdio", `UNIX-CONNECT:${scope.path("stats")}`], {
    stdin: `${line}\n`,
  });
}

/** The tutorial's two servers in a backend with this `balance` and these weights. */
export function webcluster(address: string, weights: readonly [number, number]): BothForms {
  return {
    cfg: `
frontend webcluster
    bind ${address}
    use_backend webserver-80

backend webserver-80
    balance roundrobin
    server web1 ${web1}:${port80} weight ${weights[0]} check inter 300ms fall 3 rise 5
    server web2 ${web2}:${port80} weight ${weights[1]} check inter 300ms fall 3 rise 5
`,
    yaml: `
frontends:
  webcluster:
    bind: "${address}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    balance: roundrobin
    servers:
      web1: { address: "${web1}:${port80}", weight: ${
      weights[0]
    }, check: true, inter: 300ms, fall: 3, rise: 5 }
      web2: { address: "${web2}:${port80}", weight: ${
      weights[1]
    }, check: true, inter: 300ms, fall: 3, rise: 5 }
`,
  };
}

/** Waits until both servers have been checked. */
export async function bothChecked(scope: Scope): Promise<void> {
  await waitFor("both servers to be checked", async () => {
    const text = await socat(scope, "show servers state");
    return (text.match(/ web[12] \S+ 2 0 \d+ \d+ \d+ 6 3 7 6 /g) ?? []).length === 2;
  });
}
