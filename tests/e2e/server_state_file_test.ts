/** `show servers state` into a file, and back at the next start: HAProxy's files in sluice and the other way round. */
import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { waitFor } from "../support/poll.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { type Form, forms, startProxy, writeConfig } from "../support/sluice.ts";
import { globalWithSocket, socat } from "../acceptance/runtime_socket.ts";

const needs = { programs: ["haproxy", "nginx", "socat", "curl"] };
const HOSTS = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"];

type Which = "global" | "local";

interface Setup {
  readonly address: string;
  readonly web: number;
  readonly which: Which;
}

function configuration(scope: Scope, { address, web, which }: Setup, form: Form): string {
  const global = globalWithSocket(scope, "level admin")[form];
  const own = which === "local" ? "states/app" : "servers.state";
  const servers = HOSTS.map((host, n) =>
    `s${n + 1} ${host}:${web} check inter 200ms weight ${n + 1}${n === 3 ? " disabled" : ""}`
  );
  if (form === "cfg") {
    return `${global}    server-state-base ${scope.dir}
    server-state-file servers.state
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 2s
    load-server-state-from-file ${which}
listen app
    bind ${address}
    server-state-file-name ${own}
${servers.map((server) => `    server ${server}\n`).join("")}`;
  }
  return `${global}  server-state-base: ${scope.dir}
  server-state-file: servers.state
defaults:
  mode: http
  timeout: { client: 10s, server: 10s, connect: 2s }
  load-server-state-from-file: ${which}
listens:
  app:
    bind: "${address}"
    server-state-file-name: ${own}
    servers:
${
    servers.map((server) => {
      const [name, ...rest] = server.split(" ");
      return `      ${name}: "${rest.join(" ")}"\n`;
    }).join("")
  }`;
}

/** Name, operational and administrative state, weights of each server. */
function essence(dump: string): string[] {
  return dump.split("\n").slice(2).filter((line) => line !== "").map((line) => {
    const f = line.split(" ");
    return [f[3], f[5], f[6], f[7], f[8]].join(" ");
  });
}

const CHANGED = ["s1 2 0 200 1", "s2 0 1 2 2", "s3 2 8 3 3", "s4 2 4 4 4"];

async function change(scope: Scope): Promise<string> {
  for (
    const line of [
      "set weight app/s1 200",
      "disable server app/s2",
      "set server app/s3 state drain",
      "enable server app/s4",
    ]
  ) await socat(scope, line);
  let dump = "";
  await waitFor("the states to settle", async () => {
    dump = await socat(scope, "show servers state");
    return essence(dump).join() === CHANGED.join();
  });
  return dump;
}

async function startHaproxy(scope: Scope, setup: Setup) {
  const path = writeConfig(scope, configuration(scope, setup, "cfg"));
  const process = start(scope, "haproxy", ["haproxy", "-db", "-f", path]);
  await waitListening(process, [setup.address]);
  return process;
}

for (const form of forms) {
  for (const which of ["global", "local"] as const) {
    scopedTest(
      `states of servers: HAProxy's ${which} file, then its own, then back in HAProxy [${form}]`,
      needs,
      async (scope) => {
        const web = freePort();
        await startNginx(scope, {
          name: "web",
          listen: HOSTS.map((host) => `${host}:${web}`),
          extra: "return 200 $server_addr;",
        });
        const setup = { address: `127.0.0.1:${freePort()}`, web, which };
        const file = which === "local" ? "states/app" : "servers.state";
        const haproxy = await startHaproxy(scope, setup);
        scope.write(file, await change(scope));
        await haproxy.stop();

        const text = configuration(scope, setup, form);
        const own = await startProxy(scope, text, { form, listening: [setup.address] });
        const dump = await socat(scope, "show servers state");
        assert.deepEqual(essence(dump), CHANGED);
        const bodies = new Set<string>();
        for (let n = 0; n < 20; n++) bodies.add((await curl(`http://${setup.address}/`)).body);
        assert.ok(!bodies.has(HOSTS[1]) && !bodies.has(HOSTS[2]), [...bodies].join(" "));
        // A reload does not read it again: what runs is newer.
        await socat(scope, "set weight app/s1 100");
        const extra = freePort();
        Deno.writeTextFileSync(
          own.configPath,
          form === "cfg"
            ? `${text}listen extra\n    bind 127.0.0.1:${extra}\n`
            : `${text}  extra: { bind: "127.0.0.1:${extra}" }\n`,
        );
        own.reload();
        await waitListening(own.process, [`127.0.0.1:${extra}`]);
        assert.equal(await socat(scope, "get weight app/s1"), "100 (initial 1)\n\n");
        await socat(scope, "set weight app/s1 200");
        scope.write(file, await socat(scope, "show servers state"));
        await own.process.stop();

        await startHaproxy(scope, setup);
        assert.deepEqual(essence(await socat(scope, "show servers state")), CHANGED);
      },
    );
  }
}

scopedTest(
  "a state file that is missing or is none is told, and stops nothing",
  {},
  async (scope) => {
    const setup = { address: `127.0.0.1:${freePort()}`, web: 9, which: "global" } as const;
    const text = configuration(scope, setup, "cfg");
    const missing = await startProxy(scope, text, { listening: [setup.address] });
    await missing.process.stop();
    assert.match(missing.process.output(), /state file '.*servers\.state' cannot be read/);
    scope.write("servers.state", "what is this\n");
    const wrong = await startProxy(scope, text, { listening: [setup.address] });
    await wrong.process.stop();
    assert.match(
      wrong.process.output(),
      /state file '.*servers\.state' is not used: its first line/,
    );
  },
);
