/** What operators change reaches all threads; what they look at comes from all of them. */
import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";
import { connect } from "../support/tcp.ts";

scopedTest("patterns changed by their number, sessions and idle connections with two threads", {
  programs: ["curl", "socat"],
}, async (scope) => {
  const origin = await startHttpOrigin(scope, ({ line }) => line.includes("/slow") ? "" : ok("x"));
  const web = `127.0.0.1:${freePort()}`;
  const stats = `127.0.0.1:${freePort()}`;
  const map = scope.write("map.lst", "key one\nkey two\nkey three\n");
  const socket = scope.path("admin.sock");
  await startProxy(
    scope,
    `global
    nbthread 2
    stats socket ${socket} level admin
defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
frontend web
    bind ${web}
    http-request return status 200 content-type text/plain lf-string %[str(key),map(${map},none)] if { path /map }
    default_backend app
backend app
    http-reuse always
    server s1 ${origin.address}
listen stats
    bind ${stats}
    stats enable
    stats uri /
    stats admin if TRUE
`,
    { listening: [web, stats] },
  );
  const ask = async (line: string) =>
    (await run(["socat", "-t", "5", "-", `UNIX-CONNECT:${socket}`], { stdin: `${line}\n` })).stdout;
  /** Answers of twenty connections, which both threads have their share of. */
  const seen = async () => {
    const found = new Set<string>();
    for (let i = 0; i < 20; i++) found.add(await curlBody(`http://${web}/map`));
    return [...found];
  };
  const number = (value: string, text: string) => {
    const line = text.split("\n").find((each) => each.endsWith(` ${value}`));
    assert.ok(line, text);
    return `#${line.split(" ")[0]}`;
  };
  assert.deepEqual(await seen(), ["one"]);
  await ask(`del map ${map} ${number("one", await ask(`show map ${map}`))}`);
  assert.deepEqual(await seen(), ["two"]);
  await ask(`set map ${map} ${number("two", await ask(`show map ${map}`))} second`);
  assert.deepEqual(await seen(), ["second"]);

  // Clients of both threads that wait for an answer.
  for (let i = 0; i < 20; i++) {
    const client = await connect(scope, web);
    await client.write("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n");
  }
  const count = async () =>
    (await ask("show sess")).split("\n").filter((l) => l.includes("srv=s1")).length;
  await waitFor("twenty sessions", async () => await count() === 20 ? true : undefined);
  const threads = await ask("show threads");
  assert.match(threads, /^\* Thread 1 :.*\n\* Thread 2 :/);
  assert.match(await ask("show activity"), /thread_id: 1 \(1\.\.2\)/);

  // The page ends them, whichever thread it is served by.
  const page = await curlBody(`http://${stats}/`);
  const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const posted = await run([
    "curl",
    "-s",
    "-o",
    "/dev/null",
    "-w",
    "%{redirect_url}",
    "-H",
    `origin: http://${stats}`,
    "--data",
    `s=s1&b=app&action=shutdown&token=${encodeURIComponent(token)}`,
    `http://${stats}/`,
  ]);
  assert.match(posted.stdout, /st=DONE/);
  await waitFor("no session", async () => await count() === 0 ? true : undefined);

  // Idle connections of all threads are in the tables.
  await run([
    "curl",
    "-s",
    "-o",
    "/dev/null",
    "-Z",
    "--parallel-immediate",
    `http://${web}/[1-40]`,
  ]);
  const idle = await waitFor("idle connections", async () => {
    const row = (await ask("show servers conn app")).split("\n")[1].split(" ");
    return Number(row[12]) > 0 ? row : undefined;
  });
  assert.equal(Number(idle[12]), Number(idle[13]) + Number(idle[14]));
});
