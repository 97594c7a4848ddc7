/** Pools in front of real databases: what their operators ask of a balancer beyond a connection that works. */
import assert from "node:assert/strict";
import { mariadbPrograms, startMariaDbs } from "../support/mariadb.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { redisPrograms, redisService } from "../support/redis.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { connect } from "../support/tcp.ts";

async function pool(scope: Scope, lines: string): Promise<number> {
  const port = freePort();
  const address = `127.0.0.1:${port}`;
  await startProxy(
    scope,
    `defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen pool
    bind ${address}
${lines.split("\n").map((line) => `    ${line.trim()}\n`).join("")}`,
    { listening: [address] },
  );
  return port;
}

const redis = (port: number, ...command: string[]) =>
  mustRun(["redis-cli", "-p", String(port), ...command]);
const redisNeeds = { programs: [...redisPrograms, "redis-cli"], limit: 120_000 };

async function twoRedis(scope: Scope) {
  const services = [freePort(), freePort()].map((port) => redisService(scope, "127.0.0.1", port));
  for (const service of services) await service.start();
  return services;
}

scopedTest(
  "leastconn evens out long connections, also after a server was away",
  redisNeeds,
  async (scope) => {
    const [one, two] = await twoRedis(scope);
    const server = (service: { port: number }) =>
      `127.0.0.1:${service.port} check inter 200ms fall 2 rise 1`;
    const port = await pool(
      scope,
      `balance leastconn\noption redis-check\nserver a ${server(one)}\nserver b ${server(two)}`,
    );
    const open = async (count: number) => {
      for (let n = 0; n < count; n++) {
        const peer = await connect(scope, `127.0.0.1:${port}`);
        await peer.write("PING\r\n");
        assert.equal(await peer.exactly(7), "+PONG\r\n");
      }
    };
    const clients = async (service: { port: number }) => {
      const list = await redis(service.port, "client", "list", "type", "normal");
      // The one that asks counts itself, and a check may be there.
      return list.split("\n").filter((line) => line.includes("cmd=ping")).length;
    };
    await open(20);
    assert.deepEqual([await clients(one), await clients(two)], [10, 10]);
    await one.stop();
    await waitFor("the check to find it", async () => {
      const peer = await connect(scope, `127.0.0.1:${port}`);
      await peer.write("PING\r\n");
      const answer = await peer.exactly(7).catch(() => "");
      peer.close();
      return answer === "+PONG\r\n" ? true : undefined;
    });
    await one.start();
    await waitFor("the first to be back and to get what it lacks", async () => {
      await open(1);
      return await clients(one) >= 5;
    }, { every: 100 });
  },
);

scopedTest(
  "on-marked-down shutdown-sessions ends the connections of a server that hangs",
  redisNeeds,
  async (scope) => {
    const [one, two] = await twoRedis(scope);
    const port = await pool(
      scope,
      `option redis-check
       timeout check 300ms
       default-server check inter 300ms fall 2 rise 1 on-marked-down shutdown-sessions
       server a 127.0.0.1:${one.port}
       server b 127.0.0.1:${two.port} backup`,
    );
    const peer = await connect(scope, `127.0.0.1:${port}`);
    await peer.write("PING\r\n");
    assert.equal(await peer.exactly(7), "+PONG\r\n");
    // It does not die: it stands still, for 20 s.
    await redis(one.port, "client", "pause", "20000", "all");
    assert.ok(await peer.closed(15_000), "the client is told at once");
    await waitFor("the other one to serve", async () => {
      const next = await connect(scope, `127.0.0.1:${port}`);
      await next.write("PING\r\n");
      const answer = await next.exactly(7, 1000).catch(() => "");
      next.close();
      return answer === "+PONG\r\n" ? true : undefined;
    });
  },
);

scopedTest(
  "writes follow the primary of Redis, found by its answer to a check, through a failover",
  redisNeeds,
  async (scope) => {
    const [one, two] = await twoRedis(scope);
    await redis(two.port, "replicaof", "127.0.0.1", String(one.port));
    const port = await pool(
      scope,
      `option tcp-check
       tcp-check send PING\\r\\n
       tcp-check expect string +PONG
       tcp-check send info\\ replication\\r\\n
       tcp-check expect string role:master
       default-server check inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions
       server a 127.0.0.1:${one.port}
       server b 127.0.0.1:${two.port}`,
    );
    const write = (value: string) => redis(port, "set", "k", value).catch(() => "failed");
    await waitFor("only the primary to be up", async () => {
      for (let n = 0; n < 4; n++) if ((await write(`v${n}`)).trim() !== "OK") return false;
      return true;
    });
    await one.stop();
    await redis(two.port, "replicaof", "no", "one");
    await waitFor("writes on the new primary", async () => (await write("new")).trim() === "OK");
    assert.equal((await redis(two.port, "get", "k")).trim(), "new");
  },
);

scopedTest(
  "mysqlslap works through a pool of two MariaDB servers, also when one is stopped meanwhile",
  { programs: [...mariadbPrograms, "mysqlslap"], limit: 240_000 },
  async (scope) => {
    const [portOne, portTwo] = [freePort(), freePort()];
    const [one] = await startMariaDbs(scope, [
      { host: "127.0.0.10", port: portOne, serverId: 10 },
      { host: "127.0.0.20", port: portTwo, serverId: 20 },
    ]);
    const port = await pool(
      scope,
      `balance leastconn
       option redispatch
       default-server check inter 300ms fall 2 rise 1
       server a 127.0.0.10:${portOne}
       server b 127.0.0.20:${portTwo}`,
    );
    const slap = () =>
      mustRun([
        "mysqlslap",
        "--no-defaults",
        "--host=127.0.0.1",
        `--port=${port}`,
        "--protocol=tcp",
        "--user=root",
        "--concurrency=8",
        "--iterations=2",
        "--number-of-queries=200",
        "--create-schema=",
        "--query=select repeat('x', 2000), @@server_id",
        "--no-drop",
      ], { limit: 60_000 });
    assert.match(await slap(), /Number of clients running queries: 8/);
    await one.stop();
    await waitFor("the load to run on the other one", () => slap().then(() => true, () => false), {
      limit: 60_000,
    });
  },
);
