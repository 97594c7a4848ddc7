/** `nbthread`: what is counted is exact, however many threads count at the same time. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { connect, ok, startHttpOrigin } from "../support/tcp.ts";

const THREADS = 3;
const CLIENTS = 48;
/** of each client; with it each thread ends in the middle of a turn of the servers */
const REQUESTS = 25;
const ALL = CLIENTS * REQUESTS;

scopedTest(
  "turns of servers, weights, statistics and stick counters of three threads add up to the last request",
  { programs: ["socat"] },
  async (scope) => {
    const origins = await Promise.all(
      ["a", "b", "c"].map((name) => startHttpOrigin(scope, () => ok(name))),
    );
    const port = freePort();
    await startProxy(
      scope,
      `global
    nbthread ${THREADS}
    stats socket ${scope.path("socket")} level admin
defaults
    mode http
    timeout connect 20s
    timeout client 60s
    timeout server 60s
frontend f
    bind 127.0.0.1:${port}
    stick-table type ip size 1k expire 10m store conn_cnt,http_req_cnt,gpc0
    http-request track-sc0 src
    http-request sc-inc-gpc0(0)
    http-after-response set-header X-Thread %[thread]
    default_backend b
backend b
    balance roundrobin
    server a ${origins[0].address}
    server b ${origins[1].address}
    server c ${origins[2].address} weight 2
`,
      { listening: [`127.0.0.1:${port}`] },
    );
    const command = (line: string) =>
      mustRun(["socat", "-t", "30", "-", scope.path("socket")], { stdin: `${line}\n` });

    // Which thread accepts is the kernel's choice: clients are taken until each thread has its share.
    const clients: Awaited<ReturnType<typeof connect>>[] = [];
    const share = Math.floor(CLIENTS / THREADS);
    const taken = new Map<string, number>();
    let opened = 0;
    const served: Record<string, number> = {};
    const ask = async (client: typeof clients[number]) => {
      await client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      const answer = await client.response({ limit: 30_000 });
      served[answer.body] = (served[answer.body] ?? 0) + 1;
      return answer.get("x-thread")!;
    };
    await waitFor("connections to every thread", async () => {
      const client = await connect(scope, `127.0.0.1:${port}`);
      opened++;
      const thread = await ask(client);
      const count = taken.get(thread) ?? 0;
      if (count === share) return client.close();
      taken.set(thread, count + 1);
      clients.push(client);
      return clients.length === CLIENTS;
    }, { limit: 40_000 });
    assert.equal(taken.size, THREADS);

    let asked = Object.values(served).reduce((sum, each) => sum + each, 0);
    const everyone = (requests: number) =>
      Promise.all(clients.map(async (client) => {
        for (let n = 0; n < requests; n++) await ask(client);
      }));
    await everyone(REQUESTS);
    asked += ALL;
    // Whole turns of four, and what the last one left over.
    const turns = Math.floor(asked / 4);
    for (const [name, weight] of [["a", 1], ["b", 1], ["c", 2]] as const) {
      const rest = served[name] - turns * weight;
      assert.ok(rest >= 0 && rest <= asked % 4, `${name}: ${served[name]} of ${asked}`);
    }

    assert.equal(await command("set weight b/a 0"), "\n");
    const before = { ...served };
    await everyone(REQUESTS);
    asked += ALL;
    assert.equal(served.a, before.a);
    assert.ok(Math.abs(served.b - before.b - ALL / 3) <= 1, `b: ${served.b - before.b} of ${ALL}`);

    const stat = (await command("show stat")).split("\n").map((line) => line.split(","));
    const column = (proxy: string, server: string, name: string) =>
      Number(stat.find(([px, sv]) => px === proxy && sv === server)![stat[0].indexOf(name)]);
    assert.equal(column("f", "FRONTEND", "req_tot"), asked);
    assert.equal(column("f", "FRONTEND", "stot"), opened);
    assert.equal(column("f", "FRONTEND", "hrsp_2xx"), asked);
    for (const name of ["a", "b", "c"]) assert.equal(column("b", name, "stot"), served[name]);
    assert.equal(column("b", "BACKEND", "lbtot"), asked);
    const table = await command("show table f");
    assert.match(table, new RegExp(`conn_cnt=${asked} `));
    assert.match(table, new RegExp(`http_req_cnt=${asked}\\b`));
    assert.match(table, new RegExp(`gpc0=${asked}\\b`));
  },
);
