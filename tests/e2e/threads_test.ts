/** `nbthread`: what one thread decides, counts or limits holds in all of them. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { connect, ok, startHttpOrigin } from "../support/tcp.ts";

const needs = { programs: ["socat"] };

function configuration(scope: Scope, port: number, backend: string, front = ""): string {
  return `global
    nbthread 3
    stats socket ${scope.path("socket")} level admin
defaults
    mode http
    timeout connect 20s
    timeout client 20s
    timeout server 20s
    timeout queue 20s
frontend f
    bind 127.0.0.1:${port}
    http-after-response set-header X-Thread %[thread]
    default_backend b
${front}
backend b
${backend}
`;
}

const start = (scope: Scope, text: string, port: number) =>
  startProxy(scope, text, { listening: [`127.0.0.1:${port}`] });

async function command(scope: Scope, line: string): Promise<string> {
  return await mustRun(["socat", "-t", "30", "-", scope.path("socket")], { stdin: `${line}\n` });
}

/** One request on a connection of its own: the thread that served it, status and body. */
async function ask(scope: Scope, port: number, path = "/") {
  const peer = await connect(scope, `127.0.0.1:${port}`);
  await peer.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const answer = await peer.response();
  peer.close();
  return { thread: answer.get("x-thread"), body: answer.body };
}

/** Asks until every thread has answered `each`; fails when an answer is something else. */
async function everyThread(scope: Scope, port: number, check: (body: string) => void) {
  const seen = new Set<string>();
  await waitFor("an answer of every thread", async () => {
    const { thread, body } = await ask(scope, port);
    check(body);
    if (thread !== undefined) seen.add(thread);
    return seen.size === 3;
  }, { limit: 40_000 });
}

scopedTest(
  "a server that an operator takes out gets nothing from any thread",
  needs,
  async (scope) => {
    const port = freePort();
    const one = await startHttpOrigin(scope, () => ok("one"));
    const two = await startHttpOrigin(scope, () => ok("two"));
    await start(
      scope,
      configuration(
        scope,
        port,
        `    server one ${one.address}\n    server two ${two.address} weight 3`,
      ),
      port,
    );
    await everyThread(scope, port, (body) => assert.match(body, /^(one|two)$/));
    assert.equal(await command(scope, "disable server b/one"), "\n");
    await everyThread(scope, port, (body) => assert.equal(body, "two"));
    assert.equal(await command(scope, "enable server b/one; set weight b/two 0"), "\n\n");
    await everyThread(scope, port, (body) => assert.equal(body, "one"));
  },
);

scopedTest(
  "a variable of the process that one thread sets is read in all of them, and begins anew with a reload",
  needs,
  async (scope) => {
    const port = freePort();
    const text = configuration(
      scope,
      port,
      "    server s 127.0.0.1:1",
      `    http-request set-var(proc.seen) req.hdr(seen) if { req.hdr(seen) -m found }
    http-request return status 200 content-type text/plain lf-string "%[var(proc.seen)] %[var(proc.from)]"`,
    ).replace("nbthread 3", "nbthread 3\n    set-var proc.from str(start)");
    const proxy = await start(scope, text, port);
    await everyThread(scope, port, (body) => assert.equal(body, " start"));
    const client = await connect(scope, `127.0.0.1:${port}`);
    await client.write("GET / HTTP/1.1\r\nHost: x\r\nSeen: by one\r\n\r\n");
    assert.equal((await client.response()).body, "by one start");
    await everyThread(scope, port, (body) => assert.equal(body, "by one start"));
    proxy.reload();
    await waitFor("the reload", async () => {
      const peer = await connect(scope, `127.0.0.1:${port}`);
      await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      return (await peer.response()).body === " start" || undefined;
    });
    await everyThread(scope, port, (body) => assert.equal(body, " start"));
  },
);

scopedTest(
  "a server never has more than its maxconn, whichever threads its streams are in",
  needs,
  async (scope) => {
    const port = freePort();
    let now = 0;
    let most = 0;
    const origin = await startHttpOrigin(scope, async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now--;
      return ok("served");
    });
    await start(
      scope,
      configuration(scope, port, `    server s ${origin.address} maxconn 2`),
      port,
    );
    await everyThread(scope, port, (body) => assert.equal(body, "served"));
    const field = async (name: string) => {
      const [names, values] = (await command(scope, "show stat -1 4 -1")).split("\n")
        .map((line) => line.split(","));
      return Number(values[names.indexOf(name)]);
    };
    const before = await field("stot");
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(scope, port)));
    assert.ok(answers.every(({ body }) => body === "served"));
    assert.ok(new Set(answers.map(({ thread }) => thread)).size > 1);
    assert.equal(most, 2);
    assert.equal(await field("scur"), 0);
    assert.equal(await field("qcur"), 0);
    assert.equal(await field("stot"), before + 60);
    assert.equal(await field("smax"), 2);
  },
);

scopedTest("a frontend's maxconn holds for all threads together", needs, async (scope) => {
  const port = freePort();
  const origin = await startHttpOrigin(scope, () => ok("served"));
  const text = configuration(scope, port, `    server s ${origin.address}`)
    .replace("frontend f\n", "frontend f\n    maxconn 4\n");
  await start(scope, text, port);
  const held = await Promise.all(
    Array.from({ length: 4 }, () => connect(scope, `127.0.0.1:${port}`)),
  );
  for (const peer of held) {
    await peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await peer.response();
  }
  // Each thread may have taken one more out of the kernel's queue; none of them is served.
  const waiting = Array.from({ length: 8 }, () => ask(scope, port));
  let early = 0;
  for (const each of waiting) each.then(() => early++);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(early, 0);
  for (const peer of held) peer.close();
  for (const { body } of await Promise.all(waiting)) assert.equal(body, "served");
});

scopedTest("a reload takes over in every thread; a mistake in none", needs, async (scope) => {
  const port = freePort();
  const origin = await startHttpOrigin(scope, () => ok("served"));
  const text = (word: string) =>
    configuration(scope, port, `    server s ${origin.address}`).replace(
      "http-after-response set-header X-Thread %[thread]",
      `http-request return status 200 hdr X-Thread %[thread] content-type text/plain string ${word}`,
    );
  const proxy = await start(scope, text("one"), port);
  await everyThread(scope, port, (body) => assert.equal(body, "one"));
  for (let round = 0; round < 5; round++) {
    Deno.writeTextFileSync(proxy.configPath, text(`round${round}`));
    const before = proxy.process.output().split("was loaded again").length;
    proxy.reload();
    await waitFor(
      "the reload",
      () => proxy.process.output().split("was loaded again").length > before,
    );
    await everyThread(scope, port, (body) => assert.equal(body, `round${round}`));
  }
  Deno.writeTextFileSync(
    proxy.configPath,
    text("bad").replace("default_backend b", "default_backend c"),
  );
  proxy.reload();
  await waitFor("the refusal", () => proxy.process.output().includes("there is no backend 'c'"));
  await everyThread(scope, port, (body) => assert.equal(body, "round4"));
  Deno.writeTextFileSync(proxy.configPath, text("more").replace("nbthread 3", "nbthread 2"));
  proxy.reload();
  await waitFor(
    "the refusal",
    () => proxy.process.output().includes("'nbthread' cannot change while running: it is 3"),
  );
});

scopedTest(
  "streams of a server that goes down end in every thread, and errors that they see count together",
  needs,
  async (scope) => {
    const port = freePort();
    let status = "200 OK";
    const origin = await startHttpOrigin(
      scope,
      ({ line }) =>
        line.includes("/wait")
          ? new Promise(() => {})
          : `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nhi`,
    );
    await start(
      scope,
      configuration(
        scope,
        port,
        `    server s ${origin.address} check inter 600s observe layer7 error-limit 9 on-error mark-down on-marked-down shutdown-sessions`,
      ),
      port,
    );
    await everyThread(scope, port, (body) => assert.equal(body, "hi"));
    const before = origin.accepted;
    const waiting = await Promise.all(Array.from({ length: 12 }, async () => {
      const peer = await connect(scope, `127.0.0.1:${port}`);
      await peer.write("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
      return peer;
    }));
    await waitFor("all of them", () => origin.accepted >= before + 12);
    status = "500 No";
    for (let i = 0; i < 9; i++) await ask(scope, port);
    for (const peer of waiting) assert.equal((await peer.response()).status, 502);
    await waitFor("its end", async () => (await command(scope, "show stat")).includes(",DOWN,"));
  },
);

scopedTest("SIGUSR1 ends every thread once its streams have ended", needs, async (scope) => {
  const port = freePort();
  let let_go = () => {};
  const origin = await startHttpOrigin(scope, () =>
    new Promise<string>((resolve) => {
      const before = let_go;
      let_go = () => {
        before();
        resolve(ok("late"));
      };
    }));
  const proxy = await start(
    scope,
    configuration(scope, port, `    server s ${origin.address}`),
    port,
  );
  const waiting = Array.from({ length: 9 }, () => ask(scope, port));
  await waitFor("all of them", () => origin.accepted >= 9);
  proxy.process.signal("SIGUSR1");
  await waitFor(
    "closed listeners",
    async () =>
      await Deno.connect({ hostname: "127.0.0.1", port }).then((conn) => {
        conn.close();
        return false;
      }, () => true),
  );
  let_go();
  for (const { body } of await Promise.all(waiting)) assert.equal(body, "late");
  assert.equal((await proxy.process.exited).code, 0);
});

scopedTest("a list that a rule changes in one thread is changed in all", needs, async (scope) => {
  const port = freePort();
  const origin = await startHttpOrigin(scope, () => ok("served"));
  const text = configuration(scope, port, `    server s ${origin.address}`).replace(
    "    default_backend b",
    `    http-request add-acl(virt@blocked) %[path] if { method PUT }
    http-request return status 200 hdr X-Thread %[thread] content-type text/plain string listed if { path -f virt@blocked }
    default_backend b`,
  );
  await start(scope, text, port);
  await everyThread(scope, port, (body) => assert.equal(body, "served"));
  const peer = await connect(scope, `127.0.0.1:${port}`);
  await peer.write("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  await peer.response();
  await waitFor("the change in every thread", async () => {
    const seen = new Map<string, string>();
    for (let i = 0; i < 30 && seen.size < 3; i++) {
      const { thread, body } = await ask(scope, port);
      seen.set(thread!, body);
    }
    return seen.size === 3 && [...seen.values()].every((body) => body === "listed");
  }, { limit: 40_000 });
});

scopedTest(
  "commands reach every thread: servers are added, sessions listed and ended",
  needs,
  async (scope) => {
    const port = freePort();
    const one = await startHttpOrigin(scope, () => ok("one"));
    const two = await startHttpOrigin(scope, () => ok("two"));
    await start(scope, configuration(scope, port, `    server one ${one.address}`), port);
    await everyThread(scope, port, (body) => assert.equal(body, "one"));
    assert.match(await command(scope, `add server b/two ${two.address} weight 5`), /registered/);
    assert.equal(await command(scope, "enable server b/two; disable server b/one"), "\n\n");
    await everyThread(scope, port, (body) => assert.equal(body, "two"));
    assert.equal(await command(scope, "enable server b/one; disable server b/two"), "\n\n");
    assert.match(await command(scope, "del server b/two"), /deleted/);
    await everyThread(scope, port, (body) => assert.equal(body, "one"));

    const held = await Promise.all(Array.from({ length: 12 }, async () => {
      const peer = await connect(scope, `127.0.0.1:${port}`);
      await peer.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
      return peer;
    }));
    const listed = await waitFor("all sessions", async () => {
      const lines = (await command(scope, "show sess")).split("\n").filter((line) =>
        line.includes("fe=f ")
      );
      return lines.length === 12 ? lines : undefined;
    });
    const ids = listed.map((line) => line.split(":")[0]);
    assert.equal(new Set(ids).size, 12);
    for (const id of ids) {
      assert.match(await command(scope, `show sess ${id}`), new RegExp(`^${id}: `));
      assert.equal(await command(scope, `shutdown session ${id}`), "\n");
    }
    for (const peer of held) assert.ok(await peer.closed());
  },
);

scopedTest("the exporter and the page show the same in every thread", needs, async (scope) => {
  const port = freePort();
  const origin = await startHttpOrigin(scope, () => ok("served"));
  const text = configuration(scope, port, `    server s ${origin.address} check inter 200ms`)
    .replace(
      "    default_backend b",
      `    stats uri /stats
    http-request use-service prometheus-exporter if { path /metrics }
    default_backend b`,
    );
  await start(scope, text, port);
  await everyThread(scope, port, (body) => assert.equal(body, "served"));
  /** What every thread answers to this path. */
  const answers = async (path: string) => {
    const found = new Map<string, string>();
    await waitFor("an answer of every thread", async () => {
      const peer = await connect(scope, `127.0.0.1:${port}`);
      await peer.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      const answer = await peer.response();
      peer.close();
      found.set(answer.get("x-thread")!, answer.body);
      return found.size === 3;
    }, { limit: 40_000 });
    return [...found.values()];
  };
  const counts = (await answers("/metrics")).map((body) =>
    /^sluice_server_total_duration_seconds_count\{[^}]*\} (\d+)$/m.exec(body)?.[1]
  );
  assert.ok(Number(counts[0]) >= 3);
  assert.deepEqual(new Set(counts), new Set([counts[0]]));
  await waitFor(
    "the result of the check in every thread",
    async () => (await answers("/stats;csv")).every((body) => /^b,s,.*,L4OK,/m.test(body)),
    { limit: 40_000 },
  );
});

scopedTest(
  "live requests are traced in whatever thread they are",
  needs,
  async (scope) => {
    const port = freePort();
    const one = await startHttpOrigin(scope, () => ok("one"));
    await start(scope, configuration(scope, port, `    server one ${one.address}`), port);
    assert.match(await command(scope, "trace start count 500 time 5m"), /^Tracing at most 500/);
    // A thread hears of it by a message: each is asked until it has traced something.
    await waitFor("a trace of every thread", async () => {
      await ask(scope, port);
      const list = await command(scope, "show trace");
      const threads = [...list.matchAll(/^\w+-(\d+)\.\d+ /gm)].map(([, thread]) => thread);
      return new Set(threads).size === 3;
    }, { limit: 40_000 });
    assert.equal(await command(scope, "trace stop"), "\n");
    assert.match(await command(scope, "show trace"), /^# nothing is being traced\n/);
  },
);

scopedTest(
  "an object of a cache is fetched once, whichever threads its clients wait in",
  needs,
  async (scope) => {
    const port = freePort();
    let asked = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => release = resolve);
    const origin = await startHttpOrigin(scope, async ({ line }) => {
      if (!line.includes("/kept")) return ok("served");
      asked++;
      await held;
      return ok("kept", "Cache-Control: max-age=60\r\n");
    });
    const cache =
      "    http-request cache-use c if { path /kept }\n    http-response cache-store c\n" +
      "cache c\n    total-max-size 1\n    coalesce 20s";
    const text = configuration(scope, port, `    server s ${origin.address}`, cache);
    await start(scope, text, port);
    await everyThread(scope, port, (body) => assert.equal(body, "served"));
    const clients = 24;
    const answers = Array.from({ length: clients }, () => ask(scope, port, "/kept"));
    await waitFor("all clients to be there", async () => {
      const row = (await command(scope, "show stat")).split("\n").find((line) =>
        line.startsWith("f,FRONTEND,")
      );
      return Number(row?.split(",")[4]) === clients;
    });
    release();
    const heard = await Promise.all(answers);
    assert.deepEqual(new Set(heard.map(({ body }) => body)), new Set(["kept"]));
    assert.ok(new Set(heard.map(({ thread }) => thread)).size > 1, "several threads have clients");
    assert.equal(asked, 1);
  },
);
