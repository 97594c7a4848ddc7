/** Commands that change frontends, checks, limits, and that show and end what is being served. */
import assert from "node:assert/strict";
import { FRONTEND, type Rig, S1 } from "../../support/proxy_rig.ts";
import { get, ok } from "../../proxy/support.ts";
import { ADMIN, ask, SOCKETS, socketTest, USER } from "./support.ts";

const server = (rig: Rig, name = "s1") =>
  rig.process.generation.backends.get("be")!.pool.server(name)!;

socketTest(
  "a disabled frontend accepts nothing until it is enabled, one that was shut stays so",
  async (rig) => {
    assert.equal(await ask(rig, "disable frontend fe"), "\n");
    assert.equal(await ask(rig, "disable frontend fe"), "All sockets are already disabled.\n\n");
    assert.match(await ask(rig, "show stat fe 1 -1"), /,PAUSED,/);
    assert.equal(await ask(rig, "enable frontend fe"), "\n");
    assert.equal(await ask(rig, "enable frontend fe"), "All sockets are already enabled.\n\n");
    assert.equal(await ask(rig, "disable frontend no"), "No such frontend.\n\n");
    assert.equal(await ask(rig, "disable frontend"), "A frontend name is expected.\n\n");
    assert.equal(await ask(rig, "shutdown frontend fe"), "\n");
    assert.match(await ask(rig, "show stat fe 1 -1"), /,STOP,/);
    assert.equal(
      await ask(rig, "enable frontend fe"),
      "Frontend was previously shut down, cannot enable.\n\n",
    );
  },
);

socketTest("limits of connections change at once", async (rig) => {
  assert.equal(await ask(rig, "set maxconn frontend fe 7"), "\n");
  assert.match(await ask(rig, "show stat fe 1 -1"), /\nfe,FRONTEND,,,0,0,7,/);
  assert.equal(await ask(rig, "set maxconn server be/s1 3"), "\n");
  assert.equal(server(rig).maxconn, 3);
  assert.equal(await ask(rig, "set maxconn server be/s1"), "Require <maxconn>.\n\n");
  assert.equal(await ask(rig, "set maxconn global 5"), "\n");
  assert.match(await ask(rig, "show info"), /\nMaxconn: 5\nHard_maxconn: \d{2,}\n/);
  assert.equal(await ask(rig, "set maxconn global 999999999"), "Value out of range.\n\n");
  assert.equal(await ask(rig, "set maxconn global 0"), "\n");
  assert.equal(await ask(rig, "set rate-limit connections global 9"), "\n");
  assert.match(await ask(rig, "show info"), /\nConnRateLimit: 9\n/);
  assert.equal(await ask(rig, "set rate-limit http-compression global 3"), "\n");
  assert.match(await ask(rig, "show info"), /\nCompressBpsRateLim: 3072\n/);
  assert.equal(await ask(rig, "set rate-limit http-compression global 0"), "\n");
  assert.match(await ask(rig, "set rate-limit x"), /^'set rate-limit' only supports :\n/);
});

socketTest("checks and agents are switched off and on", async (rig) => {
  assert.equal(await ask(rig, "disable health be/s2"), "\n");
  assert.equal(
    await ask(rig, "enable health be/s2"),
    "Health check was not configured on this server, cannot enable.\n\n",
  );
  assert.equal(
    await ask(rig, "enable agent be/s1"),
    "Agent was not configured on this server, cannot enable.\n\n",
  );
  assert.equal(
    await ask(rig, "set server be/s1 agent up"),
    "agent checks are not enabled on this server.\n\n",
  );
  await ask(rig, "disable health be/s1");
  assert.match(await ask(rig, "show stat be 4 1"), /,no check,/);
  await ask(rig, "enable health be/s1");
  assert.match(await ask(rig, "show stat be 4 1"), /,UP/);
}, {
  global: SOCKETS,
  backend: "server s1 127.0.0.1:8001 check inter 1h\n server s2 127.0.0.1:8002",
});

socketTest("what is served is listed and can be ended", async (rig) => {
  await rig.origin(S1);
  const client = await rig.client(FRONTEND);
  client.send(get("/slow"));
  await client.take();
  const list = await ask(rig, "show sess");
  const found = /^(0x[0-9a-f]+): proto=tcpv4 src=\S+ fe=fe be=be srv=s1 age=0s /.exec(list);
  assert.ok(found, list);
  const details = await ask(rig, `show sess ${found[1]}`);
  assert.match(details, /\n {2}backend=be \(id=3 mode=http\)/);
  assert.match(details, /request=GET "\/slow"/);
  assert.equal(await ask(rig, "show sess all"), details);
  assert.equal(await ask(rig, "show sess 0x1234567"), "Session not found.\n\n");
  assert.equal(
    await ask(rig, "shutdown session"),
    "Session pointer expected (use 'show sess').\n\n",
  );
  assert.equal(
    await ask(rig, "shutdown session 0x1234567"),
    "No such session (use 'show sess').\n\n",
  );
  assert.equal(await ask(rig, "show sess", USER), "Permission denied\n\n");
  assert.equal(await ask(rig, `shutdown session ${found[1]}`), "\n");
  await client.take();
  assert.notEqual(client.state, "open");
  assert.equal(await ask(rig, "show sess"), "\n");
});

socketTest("what was no HTTP is shown with the place of the error", async (rig) => {
  assert.match(await ask(rig, "show errors"), /^Total events captured on \[[^\]]+\] : 0\n\n$/);
  const client = await rig.client(FRONTEND);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nbad header: x\r\n\r\n");
  await client.take();
  const text = await ask(rig, "show errors");
  assert.match(text, / : 1\n\n\[[^\]]+\] frontend fe \(#2\): invalid request\n/);
  assert.match(text, /\n {2}backend <NONE>, server <NONE>, event #0, src 127\.0\.0\.1:\d+\n/);
  assert.match(text, /\n {2}00000 {2}GET \/ HTTP\/1\.1\\r\\n\n {2}00016 {2}Host: a\\r\\n\n/);
  assert.equal(await ask(rig, "show errors no"), "No such proxy.\n\n");
  assert.doesNotMatch(await ask(rig, "show errors be"), /invalid/);
});

socketTest("counters are cleared: the highest values, or all", async (rig) => {
  const origin = await rig.origin(S1);
  const client = await rig.client(FRONTEND);
  client.send(get());
  const conn = await origin.next();
  conn.send(ok());
  await client.take();
  const field = async (name: string) => {
    const [head, row] = (await ask(rig, "show stat fe 1 -1")).split("\n");
    return row.split(",")[head.slice(2).split(",").indexOf(name)];
  };
  assert.equal(await field("smax"), "1");
  assert.equal(await ask(rig, "clear counters"), "\n");
  assert.equal(await field("smax"), "0");
  assert.equal(await field("stot"), "1");
  assert.equal(await ask(rig, "clear counters all"), "\n");
  assert.equal(await field("stot"), "0");
});

socketTest("events are told, and 'wait' answers in its time", async (rig) => {
  await ask(rig, "disable server be/s1");
  assert.match(await ask(rig, "show events"), /\n {4}buf0 +: type=buffer/);
  assert.match(
    await ask(rig, "show events buf0"),
    /^<1>\[[^\]]+\] Server be\/s1 is going DOWN for maintenance\./,
  );
  assert.equal(await ask(rig, "show events no"), "No such event sink\n");
  const peer = await rig.client(ADMIN);
  peer.send("wait 50;show version\n");
  assert.equal(await peer.take(), "");
  await rig.pass(60);
  assert.match(await peer.take(), /^\n\d/);
});

socketTest("events are followed until the client sends something", async (rig) => {
  const peer = await rig.client(ADMIN);
  peer.send("prompt\nshow events buf0 -w -n\n");
  await peer.take();
  await ask(rig, "disable server be/s2");
  assert.match(await peer.take(), /^<1>\[[^\]]+\] Server be\/s2 is going DOWN/);
  peer.send("\n");
  assert.match(await peer.take(), /^\n> /);
  peer.send("quit\n");
});

socketTest("the prompt may tell how long the process has been running", async (rig) => {
  const peer = await rig.client(ADMIN);
  peer.send("prompt timed\n");
  assert.equal(await peer.take(), "\n[0:00:00:00]> ");
  peer.send("quit\n");
});

socketTest("a command without a meaning here says so", async (rig) => {
  for (const line of ["show profiling", "show tasks", "dump stats-file"]) {
    assert.match(await ask(rig, line), /\.\n\n$/, line);
  }
});
