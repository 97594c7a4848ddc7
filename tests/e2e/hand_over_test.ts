/** `-sf`: a new process takes the place of the old one under load; no connection is lost on the way. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { listeningSockets } from "../../lib/runtime/steer.ts";
import { start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { connect, ok, startHttpOrigin } from "../support/tcp.ts";
import { commandUnderTest, underTest } from "../support/under_test.ts";

const unless = underTest === "haproxy" ? "HAProxy does it with -x" : undefined;
const WAITING = 20;

const configuration = (address: string, origin: string, name: string, threads: number) =>
  `global
    nbthread ${threads}
defaults
    mode http
    timeout client 20s
    timeout connect 2s
    timeout server 20s
frontend web
    bind ${address}
    http-response set-header X-Process ${name}
    default_backend app
backend app
    server s1 ${origin}
`;

async function begin(scope: Scope, command: readonly string[], threads: readonly number[]) {
  const origin = await startHttpOrigin(scope, () => ok("hello"));
  const address = `127.0.0.1:${freePort()}`;
  const file = (name: string, n: number) =>
    scope.write(`${name}.cfg`, configuration(address, origin.address, name, n));
  const old = start(scope, "old", [...command, "-db", "-f", file("old", threads[0])]);
  await waitListening(old, [address]);
  const replace = () =>
    start(
      scope,
      "next",
      commandUnderTest(["-db", "-f", file("next", threads[1]), "-sf", String(old.pid)]),
    );
  return { address, old, replace };
}

/** Undefined: it takes longer than an answer can. */
const quick = <T>(promise: Promise<T>): Promise<T | undefined> =>
  Promise.race([promise, new Promise<undefined>((resolve) => setTimeout(resolve, 1000))]);

const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

for (const [name, ...threads] of [["sluice", 1, 2], ["haproxy", 2, 1]] as const) {
  scopedTest(
    `${name} (nbthread ${threads[0]}) serves what waits in its sockets, its successor (${
      threads[1]
    }) all that comes`,
    { programs: name === "haproxy" ? ["haproxy"] : [], unless },
    async (scope) => {
      const command = name === "haproxy" ? ["haproxy"] : commandUnderTest([]);
      const { address, old, replace } = await begin(scope, command, threads);
      const ask = async () => {
        const peer = await connect(scope, address);
        await peer.write(REQUEST);
        return { process: async () => (await peer.head(30_000)).get("x-process") };
      };
      const many = () => Promise.all(Array.from({ length: WAITING }, ask));
      // It accepts nothing any more: connections stay in the kernel's queues.
      Deno.kill(old.pid, "SIGSTOP");
      const waiting = await many();
      const next = replace();
      const sockets = () => [...listeningSockets().values()];
      const count = sockets().length;
      await waitFor("the new one to listen", () => sockets().length > count);
      // Which socket a connection got before that is left to chance.
      let served: Awaited<ReturnType<typeof many>>;
      await waitFor("all that comes to go to the new one", async () => {
        served = await many();
        const all = await Promise.all(served.map((each) => quick(each.process())));
        return all.every((process) => process === "next");
      });
      Deno.kill(old.pid, "SIGCONT");
      for (const each of waiting) assert.equal(await each.process(), "old", next.output());
      assert.equal((await old.exited).code, 0);
    },
  );
}

scopedTest("under load no connection is lost, and the new process serves all", {
  unless,
  limit: 120_000,
}, async (scope) => {
  const { address, old, replace } = await begin(scope, commandUnderTest([]), [2, 2]);
  let going = true;
  const seen: Record<string, number> = {};
  const client = async () => {
    while (going) {
      const peer = await connect(scope, address);
      await peer.write(REQUEST);
      const answer = await peer.head();
      const process = `${answer.status} ${answer.get("x-process")}`;
      seen[process] = (seen[process] ?? 0) + 1;
      peer.close();
    }
  };
  const clients = Array.from({ length: 8 }, client);
  await waitFor("the old one to be busy", () => (seen["200 old"] ?? 0) > 100);
  replace();
  await Promise.race([old.exited, Promise.all(clients)]);
  const before = seen["200 next"] ?? 0;
  await waitFor("the new one to be busy", () => (seen["200 next"] ?? 0) > before + 100);
  going = false;
  await Promise.all(clients);
  assert.deepEqual(Object.keys(seen).sort(), ["200 next", "200 old"]);
});
