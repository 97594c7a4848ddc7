/** The examples of docs/nodes.md as they stand there, on addresses of this machine. */
import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { docExample } from "../support/doc_examples.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { redisPrograms, redisService } from "../support/redis.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { type Form, forms, startProxy } from "../support/sluice.ts";
import { connect, ok, startHttpOrigin } from "../support/tcp.ts";
import { underTest } from "../support/under_test.ts";

/** Puts what is there in the place of the example's addresses; each must stand in it. */
function placed(text: string, places: Readonly<Record<string, string>>): string {
  for (const [from, to] of Object.entries(places)) {
    assert.ok(text.includes(from), `the example has no '${from}'`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const withSocket = (text: string, socket: string, form: Form) =>
  form === "cfg"
    ? text.replace("global\n", `global\n    stats socket ${socket} level admin\n`)
    : text.replace("global:\n", `global:\n  stats: { socket: "${socket} level admin" }\n`);

async function peersExample(scope: Scope, form: Form): Promise<void> {
  const servers = await Promise.all(
    ["web1", "web2"].map((name) => startHttpOrigin(scope, () => ok(name))),
  );
  const ports = [freePort(), freePort()];
  const nodes = await Promise.all(["node1", "node2"].map(async (name) => {
    const web = `127.0.0.1:${freePort()}`;
    const socket = scope.path(`${name}.sock`);
    const text = placed(docExample("nodes.md", "Peers", form), {
      [form === "cfg" ? "localpeer node1" : "localpeer: node1"]: form === "cfg"
        ? `localpeer ${name}`
        : `localpeer: ${name}`,
      "10.0.0.1:10000": `127.0.0.1:${ports[0]}`,
      "10.0.0.2:10000": `127.0.0.1:${ports[1]}`,
      "10.0.1.10:80": servers[0].address,
      "10.0.1.20:80": servers[1].address,
      ":8080": web,
    });
    await startProxy(scope, withSocket(text, socket, form), { form, listening: [web] });
    return {
      ask: (source: string) => curlBody(`http://${web}/`, ["--interface", source]),
      table: () =>
        mustRun(["socat", "-t", "5", "-", `UNIX-CONNECT:${socket}`], {
          stdin: "show table app\n",
        }),
    };
  }));
  for (const source of ["127.0.0.2", "127.0.0.3", "127.0.0.4"]) {
    const server = await nodes[0].ask(source);
    await waitFor(
      `node2 to know ${source}`,
      async () => (await nodes[1].table()).includes(`key=${source} `),
      { limit: 30_000 },
    );
    for (let i = 0; i < 2; i++) assert.equal(await nodes[1].ask(source), server, source);
  }
}

async function redisExample(scope: Scope, form: Form): Promise<void> {
  const redis = freePort();
  await redisService(scope, "127.0.0.1", redis).start();
  const origin = await startHttpOrigin(scope, () => ok("served"));
  const nodes = await Promise.all([1, 2].map(async () => {
    const web = `127.0.0.1:${freePort()}`;
    const text = placed(docExample("nodes.md", "One limit over all nodes: Redis", form), {
      "redis://10.0.0.5:6379": `redis://127.0.0.1:${redis}`,
      "10.0.1.10:80": origin.address,
      ":8080": web,
    });
    await startProxy(scope, text, { form, listening: [web] });
    const peer = await connect(scope, web);
    return async (token: string) => {
      await peer.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Token: ${token}\r\n\r\n`);
      return await peer.response();
    };
  }));
  const [one, two] = nodes;
  for (let i = 0; i < 60; i++) assert.equal((await one("t")).status, 200);
  for (let i = 0; i < 99; i++) await two("t");
  // Alone it would let a hundred pass.
  let sent = 60;
  const refused = await waitFor("the other node's requests to count", async () => {
    assert.ok(sent++ < 100, "they never counted");
    const answer = await one("t");
    return answer.status === 429 ? answer : undefined;
  }, { limit: 20_000, every: 300 });
  assert.equal(refused.get("retry-after"), "10");
  assert.equal((await one("another")).status, 200);
}

for (const form of underTest === "haproxy" ? [] : forms) {
  scopedTest(
    `docs/nodes.md 'Peers': a client stays with its server whichever node it comes to [${form}]`,
    { programs: ["curl", "socat"] },
    (scope) => peersExample(scope, form),
  );
  scopedTest(
    `docs/nodes.md 'Redis': what one node lets pass counts for the other one [${form}]`,
    { programs: [...redisPrograms] },
    (scope) => redisExample(scope, form),
  );
}
