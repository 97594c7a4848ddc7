/** What the rows about processes share: configurations with lines in `global`, and the worker processes of a proxy. */
import { waitFor } from "../support/poll.ts";
import { descendants, mustRun } from "../support/process.ts";
import type { BothForms, Proxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";
import { DEFAULTS, port80, proxy, web1, web2 } from "./tutorial.ts";

export const address = `${proxy}:${port80}`;

/** HAProxy had processes until 2.4; the one that is compared with is newer. */
export const processesNeed = {
  programs: ["nginx", "curl", "ss"],
  unless: underTest === "haproxy" ? "HAProxy has no nbproc since 2.5" : undefined,
};

/** The tutorial's cluster with these lines of `global`: keyword and arguments. */
export function cluster(lines: readonly (readonly [string, string])[]): BothForms {
  const cfg = lines.map(([keyword, value]) => `    ${keyword} ${value}\n`).join("");
  const keywords = [...new Set(lines.map(([keyword]) => keyword))];
  const yaml = keywords.map((keyword) => {
    const values = lines.filter(([name]) => name === keyword).map(([, value]) => value);
    return values.length === 1
      ? `  ${keyword}: ${values[0]}\n`
      : `  ${keyword}:\n${values.map((value) => `    - ${value}\n`).join("")}`;
  }).join("");
  return {
    cfg: `global
${cfg}
${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    use_backend webserver-80

backend webserver-80
    server web1 ${web1}:${port80} check inter 3s fall 3 rise 5
    server web2 ${web2}:${port80} check inter 3s fall 3 rise 5
`,
    yaml: `global:
${yaml}
${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    servers:
      web1: "${web1}:${port80} check inter 3s fall 3 rise 5"
      web2: "${web2}:${port80} check inter 3s fall 3 rise 5"
`,
  };
}

/** The `count` processes below the one that was started, by their ids, once each of them serves. */
export async function workers({ process }: Proxy, count: number): Promise<number[]> {
  return await waitFor(`${count} processes that listen`, async () => {
    const pids = descendants(process.pid).sort((a, b) => a - b);
    const listening = (await mustRun(["ss", "-Hltnp", "sport", "=", `:${port80}`])).split("\n");
    const serve = (pid: number) => listening.some((line) => line.includes(`pid=${pid},`));
    return pids.length === count && pids.every(serve) ? pids : undefined;
  }, { limit: 30_000 });
}
