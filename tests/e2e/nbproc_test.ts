/** `nbproc`: what the process that was started does for the ones that serve. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { descendants, isAlive, run } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { runProxy, startProxy, writeConfig } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";

const needs = { unless: underTest === "haproxy" ? "HAProxy has no nbproc since 2.5" : undefined };

function configuration(port: number, answer: string, nbproc = 2): string {
  return `global
    nbproc ${nbproc}
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend f
    bind 127.0.0.1:${port}
    http-request return status 200 content-type text/plain lf-string "${answer} %pid"
`;
}

/** Starts it and waits until both processes serve; answers their ids. */
async function startBoth(scope: Scope, port: number, answer: string) {
  const proxy = await startProxy(scope, configuration(port, answer), {
    args: ["-V", "-db"],
    listening: [`127.0.0.1:${port}`],
  });
  await waitFor("the start", () => proxy.process.output().includes("serving 1 frontend"));
  return { proxy, pids: await answersOf(port, answer, 2) };
}

/** Asks until `count` processes have given this answer; their ids. */
async function answersOf(port: number, answer: string, count: number): Promise<number[]> {
  const seen = new Set<string>();
  await waitFor(`'${answer}' from ${count} processes`, async () => {
    const [word, pid] = (await ask(port)).split(" ");
    if (word === answer) seen.add(pid);
    return seen.size === count;
  }, { limit: 30_000 });
  return [...seen].map(Number);
}

async function ask(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  return await answer.text();
}

scopedTest("a reload reaches every process, a mistake none", needs, async (scope) => {
  const port = freePort();
  const { proxy, pids } = await startBoth(scope, port, "one");

  Deno.writeTextFileSync(proxy.configPath, configuration(port, "two"));
  proxy.reload();
  await waitFor("the reload", () => proxy.process.output().includes("was loaded again"));
  for (let i = 0; i < 10; i++) assert.match(await ask(port), /^two /);
  await answersOf(port, "two", 2);

  Deno.writeTextFileSync(proxy.configPath, configuration(port, "three").replace("bind", "bnd"));
  proxy.reload();
  await waitFor("the refusal", () => proxy.process.output().includes("unknown keyword 'bnd'"));
  assert.match(await ask(port), /^two /);

  Deno.writeTextFileSync(proxy.configPath, configuration(port, "four", 3));
  proxy.reload();
  await waitFor(
    "the refusal",
    () => proxy.process.output().includes("'nbproc' cannot change while running: it is 2"),
  );
  assert.match(await ask(port), /^two /);
  assert.deepEqual(descendants(proxy.process.pid).sort(), pids.sort());
});

scopedTest(
  "a process that dies is started again, and the others serve on",
  needs,
  async (scope) => {
    const port = freePort();
    const { proxy, pids: [first, second] } = await startBoth(scope, port, "here");
    Deno.kill(first, "SIGKILL");
    await waitFor("its end", () => /process \d ended \(SIGKILL\)/.test(proxy.process.output()));
    assert.equal(await ask(port), `here ${second}`);
    await waitFor("its successor", () => descendants(proxy.process.pid).length === 2);
    await waitFor("its answer", async () => !(await ask(port)).endsWith(` ${second}`));
  },
);

scopedTest("SIGTERM ends them all, and the exit code is the signal's", needs, async (scope) => {
  const port = freePort();
  const { proxy, pids } = await startBoth(scope, port, "here");
  proxy.process.signal("SIGTERM");
  assert.equal((await proxy.process.exited).code, 143);
  for (const pid of pids) assert.ok(!isAlive(pid));
});

scopedTest("they end when the process that started them is killed", needs, async (scope) => {
  const port = freePort();
  const { proxy, pids } = await startBoth(scope, port, "here");
  proxy.process.signal("SIGKILL");
  await proxy.process.exited;
  await waitFor("their end", () => pids.every((pid) => !isAlive(pid)));
});

scopedTest("an address in use is told once, and nothing stays", needs, async (scope) => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const path = writeConfig(scope, configuration((taken.addr as Deno.NetAddr).port, "no"));
  const { code, stderr } = await runProxy(["-db", "-f", path]);
  taken.close();
  assert.equal(code, 1);
  assert.equal(stderr.match(/cannot bind socket/g)?.length, 1);
  assert.equal((await run(["pgrep", "-f", path])).stdout, "");
});
