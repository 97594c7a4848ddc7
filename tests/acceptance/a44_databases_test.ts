import assert from "node:assert/strict";
import { postgresPrograms, postgresService } from "../support/postgres.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { waitFor } from "../support/poll.ts";
import { mustRun, start } from "../support/process.ts";
import { redisPrograms, redisService } from "../support/redis.ts";
import type { Scope } from "../support/scope.ts";
import { type Form, startProxy } from "../support/sluice.ts";
import { proxy, row } from "./tutorial.ts";

/** A `listen` of mode tcp with these lines before its servers. */
function text(port: number, lines: Readonly<Record<string, string>>, servers: readonly string[]) {
  const pairs = Object.entries(lines);
  return {
    cfg: `defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m

listen pool
    bind ${proxy}:${port}
${pairs.map(([keyword, args]) => `    ${keyword} ${args}\n`).join("")}${
      servers.map((server, n) => `    server s${n + 1} ${server}\n`).join("")
    }`,
    yaml: `defaults:
  mode: tcp
  timeout: { connect: 5s, client: 1m, server: 1m }
listens:
  pool:
    bind: "${proxy}:${port}"
${pairs.map(([keyword, args]) => `    ${keyword}: "${args}"\n`).join("")}    servers:
${servers.map((server, n) => `      s${n + 1}: "${server}"\n`).join("")}`,
  };
}

async function pool(
  scope: Scope,
  form: Form,
  lines: Readonly<Record<string, string>>,
  servers: readonly string[],
): Promise<number> {
  const port = freePort();
  await startProxy(scope, text(port, lines, servers)[form], {
    form,
    listening: [`${proxy}:${port}`],
  });
  return port;
}

const at = { host: "127.0.0.1" };

row(
  "A44: redis-benchmark and redis-cli work through two Redis servers, also when one is stopped",
  { programs: [...redisPrograms, "redis-benchmark", "redis-cli"], limit: 120_000 },
  async (scope, form) => {
    const services = [freePort(), freePort()].map((port) => redisService(scope, at.host, port));
    for (const service of services) await service.start();
    const port = await pool(
      scope,
      form,
      { balance: "leastconn", "option redis-check": "" },
      services.map((s) => `${s.host}:${s.port} check inter 300ms fall 2 rise 1`),
    );
    const through = ["-h", proxy, "-p", String(port)];
    const bench = await mustRun(
      ["redis-benchmark", ...through, "-n", "4000", "-c", "20", "-q", "-t", "ping,set,get"],
      { limit: 60_000 },
    );
    for (const command of ["PING_INLINE", "SET", "GET"]) {
      assert.match(bench, new RegExp(`${command}: [0-9.]+ requests per second`));
    }
    const total = async (service: { port: number }) => {
      const info = await mustRun(["redis-cli", "-p", String(service.port), "info", "stats"]);
      return Number(/total_connections_received:(\d+)/.exec(info)![1]);
    };
    const counts = [await total(services[0]), await total(services[1])];
    assert.ok(Math.min(...counts) > 20, `connections of each: ${counts}`);
    await services[0].stop();
    const ping = () => mustRun(["redis-cli", ...through, "ping"]);
    await waitFor("every ping to be answered", async () => {
      for (let n = 0; n < 4; n++) {
        if ((await ping().catch(() => "")).trim() !== "PONG") return false;
      }
      return true;
    });
  },
);

row(
  "A44: psql and pgbench work through a pool in front of PostgreSQL",
  { programs: [...postgresPrograms, "psql", "pgbench"], limit: 240_000 },
  async (scope, form) => {
    const server = await postgresService(scope, at.host, freePort());
    await server.start();
    const port = await pool(
      scope,
      form,
      { balance: "leastconn", "option pgsql-check": "user postgres" },
      [`${server.host}:${server.port} check inter 500ms`],
    );
    const through = ["-h", proxy, "-p", String(port), "-U", "postgres"];
    const psql = (query: string) => mustRun(["psql", ...through, "-Atc", query], { limit: 60_000 });
    await waitFor("PostgreSQL", () => psql("select 1").then(() => true, () => false), {
      limit: 60_000,
    });
    await mustRun(["pgbench", ...through, "-i", "-q", "-s", "1", "postgres"], { limit: 120_000 });
    const load = await mustRun(
      ["pgbench", ...through, "-c", "8", "-t", "40", "postgres"],
      { limit: 120_000 },
    );
    assert.match(load, /number of transactions actually processed: 320\/320/);
    assert.match(load, /number of failed transactions: 0/);
    // Every account that was moved came out even: no byte was lost or doubled.
    const sums = await psql(
      "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history)",
    );
    assert.equal(sums.trim(), "t");
    // A large answer comes whole.
    const large = await psql("select repeat('x', 5000000)");
    assert.equal(large.trim().length, 5_000_000);
  },
);

row(
  "A44: a message broker's own clients publish and subscribe through a pool",
  { programs: ["mosquitto", "mosquitto_pub", "mosquitto_sub"], limit: 120_000 },
  async (scope, form) => {
    const brokerPort = freePort();
    const conf = scope.write(
      "mosquitto.conf",
      `listener ${brokerPort} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n`,
    );
    await waitListening(start(scope, "mosquitto", ["mosquitto", "-c", conf]), [
      `127.0.0.1:${brokerPort}`,
    ]);
    const port = await pool(
      scope,
      form,
      {
        "tcp-request inspect-delay": "5s",
        "tcp-request content": "reject unless { req.payload(0,0),mqtt_is_valid }",
      },
      [`127.0.0.1:${brokerPort} check inter 500ms`],
    );
    const through = ["-h", proxy, "-p", String(port), "-q", "1", "-t", "news"];
    const subscriber = start(scope, "subscriber", [
      "mosquitto_sub",
      ...through,
      "-C",
      "100",
      "-W",
      "60",
      "-i",
      "sub",
    ]);
    const publish = (message: string) => mustRun(["mosquitto_pub", ...through, "-m", message]);
    // Until the subscription stands nobody hears.
    await waitFor("the first message", async () => {
      await publish("first");
      return subscriber.output().includes("first");
    }, { limit: 60_000 });
    const lines = Array.from({ length: 120 }, (_, n) => `message ${n}`).join("\n");
    const file = scope.write("messages", `${lines}\n`);
    await mustRun(["sh", "-c", `mosquitto_pub ${through.join(" ")} -l < ${file}`], {
      limit: 60_000,
    });
    await waitFor("the subscriber to have had its messages", () => subscriber.exit?.code === 0, {
      limit: 60_000,
      explain: () => subscriber.output().slice(-500),
    });
    assert.ok(subscriber.output().includes("message 90\n"), "in order and whole");
  },
);
