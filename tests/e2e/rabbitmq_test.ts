/** Pools in front of real RabbitMQ brokers, with a client of AMQP. */
import assert from "node:assert/strict";
import { type AMQPBaseClient, AMQPClient } from "@cloudamqp/amqp-client";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { rabbitmqPrograms, rabbitmqService } from "../support/rabbitmq.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";

const config = (port: number, brokers: readonly number[]) =>
  `defaults:
  mode: tcp
  timeout: { connect: 5s, client: 1h, server: 1h, check: 10s }
listens:
  amqp:
    bind: "127.0.0.1:${port}"
    balance: leastconn
    option: { clitcpka: true, tcp-check: true }
    tcp-check:
      # a broker answers a header of no version with the one that it speaks
      - send-binary 414d515000000000
      - expect binary 414d515000000901
    default-server: check inter 300ms fall 3 rise 1 on-marked-down shutdown-sessions
    servers:
${brokers.map((broker, n) => `      b${n + 1}: "127.0.0.1:${broker}"\n`).join("")}`;

/** Sends messages to a queue of this connection's own and takes them back: how many came. */
async function exchange(port: number, count: number): Promise<string[]> {
  const connection = await new AMQPClient(`amqp://guest:guest@127.0.0.1:${port}`).connect();
  const got: string[] = [];
  try {
    const channel = await connection.channel();
    const { name } = await channel.queueDeclare("", { exclusive: true });
    await channel.basicConsume(name, { noAck: true }, (message) => {
      got.push(message.bodyString() ?? "");
    });
    for (let n = 0; n < count; n++) await channel.basicPublish("", name, `message ${n}`);
    await waitFor("all messages", () => got.length === count);
  } finally {
    await connection.close().catch(() => {});
  }
  return got;
}

async function twoBrokers(scope: Scope) {
  const services = [];
  for (const port of [freePort(), freePort()]) {
    services.push(await rabbitmqService(scope, "127.0.0.1", port));
  }
  await Promise.all(services.map((service) => service.start()));
  return services;
}

scopedTest(
  "messages go through a pool of RabbitMQ brokers, also when one is stopped and comes back",
  { programs: rabbitmqPrograms, limit: 400_000 },
  async (scope) => {
    const [one, two] = await twoBrokers(scope);
    const port = freePort();
    await startProxy(scope, config(port, [one.port, two.port]), {
      form: "yaml",
      listening: [`127.0.0.1:${port}`],
    });
    const expected = Array.from({ length: 500 }, (_, n) => `message ${n}`);
    const all = await Promise.all(Array.from({ length: 4 }, () => exchange(port, 500)));
    for (const got of all) assert.deepEqual(got, expected);
    // Both have connections: leastconn evens out those that stay.
    const held: AMQPBaseClient[] = [];
    for (let n = 0; n < 2; n++) {
      const client = new AMQPClient(`amqp://guest:guest@127.0.0.1:${port}`);
      held.push(await client.connect());
    }
    await one.stop();
    await waitFor(
      "a connection of the stopped broker to end",
      () => held.some((each) => each.closed),
    );
    assert.ok(held.some((each) => !each.closed), "the other one stays");
    await waitFor("every exchange to work", async () => {
      for (let n = 0; n < 3; n++) {
        if ((await exchange(port, 10).catch(() => [])).length !== 10) return false;
      }
      return true;
    }, { limit: 30_000 });
    for (const each of held) await each.close().catch(() => {});
    await one.start();
    await two.stop();
    await waitFor(
      "the first to serve again",
      () => exchange(port, 10).then((got) => got.length === 10, () => false),
      { limit: 60_000 },
    );
  },
);
