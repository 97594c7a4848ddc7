import assert from "node:assert/strict";
import { mariadbPrograms, query, startMariaDbs } from "../support/mariadb.ts";
import { type Form, startProxy } from "../support/sluice.ts";
import { waitFor } from "../support/poll.ts";
import { type Scope } from "../support/scope.ts";
import { alternates, DEFAULTS, proxy, row, web1, web2 } from "./tutorial.ts";

const port = 6663;

const text = (balance: string, second: string, check: string) => ({
  cfg: `${DEFAULTS.cfg}
listen mariadbcluster
    bind *:${port}
    mode tcp
    balance ${balance}
    server db1 ${web1}:3306 ${check}
    server db2 ${web2}:3306 ${check}${second}
`,
  yaml: `${DEFAULTS.yaml}
listens:
  mariadbcluster:
    bind: "*:${port}"
    mode: tcp
    balance: ${balance}
    servers:
      db1: "${web1}:3306 ${check}"
      db2: "${web2}:3306 ${check}${second}"
`,
});

const servers = [
  { host: web1, port: 3306, serverId: 10 },
  { host: web2, port: 3306, serverId: 20 },
];
const needs = { programs: mariadbPrograms, limit: 150_000 };
const startBalancer = (scope: Scope, form: Form, ...args: Parameters<typeof text>) =>
  startProxy(scope, text(...args)[form], { form, listening: [`${proxy}:${port}`] });
const serverId = () => query(proxy, port, "select @@server_id");

for (const balance of ["roundrobin", "leastconn"]) {
  row(`A23: balance ${balance} alternates two MariaDB servers`, needs, async (scope, form) => {
    await startMariaDbs(scope, servers);
    await startBalancer(scope, form, balance, "", "check inter 3s fall 3 rise 5");
    const answers: string[] = [];
    for (let n = 0; n < 6; n++) answers.push(await serverId() ?? "failed");
    assert.ok(alternates(answers, "10", "20"), answers.join(" "));
  });
}

row(
  "A24: the backup MariaDB takes over after fall checks and gives back after rise",
  needs,
  async (scope, form) => {
    const [first] = await startMariaDbs(scope, servers);
    await startBalancer(
      scope,
      form,
      "roundrobin",
      " backup",
      "check inter 300ms fall 3 rise 2",
    );
    for (let n = 0; n < 4; n++) assert.equal(await serverId(), "10", "the backup waits");
    await first.stop();
    await waitFor("the backup to take over", async () => await serverId() === "20");
    for (let n = 0; n < 4; n++) assert.equal(await serverId(), "20");
    await first.start();
    await waitFor("the first to be back", async () => await serverId() === "10");
    for (let n = 0; n < 4; n++) assert.equal(await serverId(), "10");
  },
);
