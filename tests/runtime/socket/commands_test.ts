import assert from "node:assert/strict";
import { commands } from "../../../lib/runtime/socket/table.ts";
import { infoFields } from "../../../lib/runtime/socket/info.ts";
import { Admin, OpState } from "../../../lib/state/server_fields.ts";
import type { Rig } from "../../support/proxy_rig.ts";
import { ADMIN, ask, OPERATOR, socketTest, table, USER } from "./support.ts";

const server = (rig: Rig, name = "s1") =>
  rig.process.generation.backends.get("be")!.pool.server(name)!;

socketTest("help lists every command with its one line", async (rig) => {
  const text = await ask(rig, "help");
  assert.ok(text.startsWith("The following commands are valid at this level:\n"));
  const lines = text.trimEnd().split("\n").slice(1);
  assert.equal(lines.length, commands.length);
  for (const [at, { words, args, doc }] of commands.entries()) {
    const usage = [...words, args].join(" ").trim();
    assert.ok(usage.length <= 40, usage);
    assert.equal(lines[at], `  ${usage.padEnd(40)}: ${doc}`);
  }
  const names = commands.map(({ words }) => words.join(" "));
  assert.deepEqual(names.slice(-3), ["help", "prompt", "quit"]);
  assert.deepEqual(names.slice(0, -3), names.slice(0, -3).toSorted());
});

socketTest("help with words lists what begins with them", async (rig) => {
  const listed = async (line: string) =>
    (await ask(rig, line)).trimEnd().split("\n").slice(1, -3).map((each) =>
      each.split(/ [<[ ]/)[1]
    );
  assert.ok((await listed("help set")).length >= 3);
  assert.deepEqual(await listed("help get w"), await listed("help get weight"));
});

socketTest("an unknown command is answered with what may be meant", async (rig) => {
  const near = "Unknown command, but maybe one of the following ones is a better match:\n";
  const all = "Unknown command. Please enter one of the following commands only:\n";
  const answer = async (line: string) => await ask(rig, line);
  for (const line of ["show", "show infos", "sho info", "set wieght be/s1 1", "show foo"]) {
    assert.ok((await answer(line)).startsWith(near), line);
  }
  assert.match(await answer("show infos"), /\n {2}show info /);
  assert.doesNotMatch(await answer("show infos"), /set weight/);
  for (const line of ["", " ", "foo bar", "SHOW INFO"]) {
    const text = await answer(line);
    assert.ok(text.startsWith(all), line);
    assert.equal(text.split("\n").length, commands.length + 3);
  }
});

socketTest("a level that does not suffice is told before anything else", async (rig) => {
  const denied = "Permission denied\n\n";
  for (const { words, level } of commands) {
    const line = `${words.join(" ")};quit`;
    assert.equal(await ask(rig, line, USER) === denied, level !== "user", `${line} as user`);
    assert.equal(
      await ask(rig, line, OPERATOR) === denied,
      level === "admin",
      `${line} as operator`,
    );
  }
  assert.equal(server(rig).weight, 2);
});

socketTest("a connection may lower its level, not raise it", async (rig) => {
  assert.equal(
    await ask(rig, "operator;show cli level;user;show cli level;operator;set weight be/s1 1"),
    "\noperator\n\n\nuser\n\nPermission denied\n\nPermission denied\n\n",
  );
  assert.equal(await ask(rig, "show cli level"), "admin\n\n");
});

socketTest("show cli sockets names each with its level", async (rig) => {
  assert.equal(
    await ask(rig, "show cli sockets", USER),
    `# socket lvl processes\nipv4@${ADMIN} admin all\nipv4@${OPERATOR} operator all\n` +
      `ipv4@${USER} user all\n\n`,
  );
});

const weights: [line: string, answer: string, weight: number][] = [
  ["set weight be/s1 1", "\n", 1],
  ["set weight be/s1 150%", "\n", 3],
  ["set weight be/s1 256", "\n", 256],
  ["set weight be/s1 0", "\n", 0],
  ["set weight #2/#1 7", "\n", 7],
  ["set server be/s1 weight 5", "\n", 5],
  ["set weight be/s1 257", "Absolute weight can only be between 0 and 256 inclusive.\n\n", 2],
  ["set weight be/s1 -1%", "Relative weight must be positive.\n\n", 2],
  ["set weight be/s1", "Require <weight> or <weight%>.\n\n", 2],
  ["set weight be", "Require 'backend/server'.\n\n", 2],
  ["set weight be/", "Require 'backend/server'.\n\n", 2],
  ["set weight", "Require 'backend/server'.\n\n", 2],
  ["set weight no/s1 1", "No such backend.\n\n", 2],
  ["set weight fe/s1 1", "No such backend.\n\n", 2],
  ["set weight be/no 1", "No such server.\n\n", 2],
  ["set weight be/s1/x 1", "No such server.\n\n", 2],
];

for (const [line, answer, weight] of weights) {
  socketTest(`'${line}' answers ${JSON.stringify(answer)}`, async (rig) => {
    assert.equal(await ask(rig, line.replace("#2/", `#${idOfBackend(rig)}/`)), answer);
    assert.equal(server(rig).weight, weight);
    assert.equal(await ask(rig, "get weight be/s1", USER), `${weight} (initial 2)\n\n`);
  });
}

function idOfBackend(rig: Rig): number {
  return rig.process.generation.backends.get("be")!.id;
}

socketTest("a weight that was set decides the next request", async (rig) => {
  const chosen = async () => {
    const client = await rig.client();
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const counts = [rig.origin("127.0.0.1:8001").accepted, rig.origin("127.0.0.1:8002").accepted];
    await client.take();
    const now = [rig.origin("127.0.0.1:8001").accepted, rig.origin("127.0.0.1:8002").accepted];
    const who = now[0] > counts[0] ? "s1" : "s2";
    const origin = await rig.server(who === "s1" ? "127.0.0.1:8001" : "127.0.0.1:8002");
    origin.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    await client.take();
    return who;
  };
  const many = async () => {
    const counts = { s1: 0, s2: 0 };
    for (let n = 0; n < 12; n++) counts[await chosen()]++;
    return counts;
  };
  assert.deepEqual(await many(), { s1: 8, s2: 4 });
  await ask(rig, "set weight be/s1 1");
  assert.deepEqual(await many(), { s1: 6, s2: 6 });
  await ask(rig, "disable server be/s1");
  assert.deepEqual(await many(), { s1: 0, s2: 12 });
  await ask(rig, "enable server be/s1; set server be/s2 state drain");
  assert.deepEqual(await many(), { s1: 12, s2: 0 });
});

socketTest("states: maintenance, drain, ready, and what is neither", async (rig) => {
  const s1 = server(rig);
  const after = async (line: string) => {
    assert.equal(await ask(rig, line), "\n", line);
    return [s1.state.op, s1.state.admin];
  };
  assert.deepEqual(await after("disable server be/s1"), [OpState.Stopped, Admin.ForcedMaint]);
  assert.deepEqual(await after("enable server be/s1"), [OpState.Running, 0]);
  assert.deepEqual(await after("set server be/s1 state drain"), [
    OpState.Running,
    Admin.ForcedDrain,
  ]);
  assert.deepEqual(await after("set server be/s1 state maint"), [
    OpState.Stopped,
    Admin.ForcedMaint,
  ]);
  assert.deepEqual(await after("set server be/s1 state ready"), [OpState.Running, 0]);
  assert.deepEqual(await after("set server be/s1 health down"), [OpState.Stopped, 0]);
  assert.deepEqual(await after("set server be/s1 health stopping"), [OpState.Stopping, 0]);
  assert.deepEqual(await after("set server be/s1 health up"), [OpState.Running, 0]);
  for (const value of ["", " constructor", " up"]) {
    assert.match(await ask(rig, `set server be/s1 state${value}`), /^'set server <srv> state' exp/);
  }
  assert.match(await ask(rig, "set server be/s1 health ready"), /^'set server <srv> health' exp/);
  for (const what of ["", " toString", " address 127.0.0.9"]) {
    assert.match(await ask(rig, `set server be/s1${what}`), /^usage: set server /);
  }
  // What operators did is logged as HAProxy does.
  const log = await rig.takeLog();
  assert.ok(log.some((line) => line.includes("Server be/s1 is going DOWN for maintenance.")));
});

socketTest("shutdown sessions server ends the streams of that server only", async (rig) => {
  const clients = [await rig.client(), await rig.client(), await rig.client()];
  for (const client of clients) client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  for (const client of clients) await client.take();
  assert.equal(server(rig).currentConnections, 2);
  assert.equal(await ask(rig, "shutdown sessions server be/s1"), "\n");
  assert.deepEqual([server(rig).currentConnections, server(rig, "s2").currentConnections], [0, 1]);
});

socketTest("show info has HAProxy's names in their order, once each", async (rig) => {
  const text = await ask(rig, "show info", USER);
  assert.ok(text.endsWith("\n\n"));
  const lines = text.trimEnd().split("\n");
  const names = lines.map((line) => line.slice(0, line.indexOf(":")));
  const known = infoFields.map(({ name }) => name);
  assert.deepEqual(names, known.filter((name) => names.includes(name)));
  assert.equal(new Set(names).size, names.length);
  const value = (name: string) => lines[names.indexOf(name)].slice(name.length + 2);
  assert.equal(value("Pid"), String(Deno.pid));
  assert.equal(value("Maxconn"), "1000");
  assert.equal(value("Listeners"), "4");
  assert.equal(value("Uptime"), "0d 0h00m00s");
  assert.equal(value("description"), "a proxy");
  await rig.pass(90_061_000);
  assert.match(await ask(rig, "show info"), /\nUptime: 1d 1h01m01s\nUptime_sec: 90061\n/);
  const json = JSON.parse(await ask(rig, "show info json"));
  assert.equal(json[0].value.value, "sluice");
  assert.match(await ask(rig, "show info typed"), /^0\.Name\.1:POS:str:sluice\n/);
  assert.match(await ask(rig, "show info desc"), /\nPid: \d+:"process id"\n/);
  assert.match(await ask(rig, "show info typed desc"), /\n6\.Pid\.1:SGP:u32:\d+:"process id"\n/);
  assert.match(await ask(rig, "show info float"), /\nUptime_sec: 90061\n/);
}, {
  global:
    `stats socket ${ADMIN}\nstats socket ${USER}\nstats socket ${OPERATOR}\ndescription a proxy\nmaxconn 1000`,
});

socketTest("show stat counts what went through", async (rig) => {
  const client = await rig.client();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const origin = await rig.server();
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  origin.send(answer);
  await client.gets(answer);
  client.close();
  await rig.pass(1000);
  const rows = table(await ask(rig, "show stat", USER), ",");
  assert.deepEqual(rows.map(({ pxname, svname }) => `${pxname}/${svname}`), [
    "fe/FRONTEND",
    "be/s1",
    "be/s2",
    "be/BACKEND",
  ]);
  const [fe, s1, s2, be] = rows;
  assert.deepEqual([fe.stot, fe.req_tot, fe.hrsp_2xx, fe.scur, fe.smax], ["1", "1", "1", "0", "1"]);
  for (const row of [s1, be]) {
    assert.deepEqual(
      [row.stot, row.req_tot, row.hrsp_2xx, row.lbtot, row.connect, row.bout, row.lastsess],
      ["1", "1", "1", "1", "1", String(answer.length), "1"],
    );
  }
  assert.deepEqual([s1.srv_icur, s1.idle_conn_cur, s1.safe_conn_cur], ["1", "1", "0"]);
  assert.deepEqual([s2.stot, s2.lastsess], ["0", "-1"]);
  assert.deepEqual([be.weight, be.act, be.bck, be.status], ["3", "2", "0", "UP"]);
});

socketTest("show stat shows what is selected", async (rig) => {
  const names = async (selection: string) =>
    table(await ask(rig, `show stat ${selection}`), ",").map(({ svname }) => svname);
  const be = idOfBackend(rig);
  assert.deepEqual(await names(`${be} 4 -1`), ["s1", "s2"]);
  assert.deepEqual(await names(`be 6 2`), ["s2", "BACKEND"]);
  assert.deepEqual(await names("-1 1 -1"), ["FRONTEND"]);
  assert.deepEqual(await names("99 -1 -1"), []);
  assert.equal(await ask(rig, "show stat no -1 -1"), "No such proxy.\n\n");
  await ask(rig, "disable server be/s1;set server be/s2 health down");
  assert.deepEqual(await names("be 4 -1 no-maint"), ["s2"]);
  assert.deepEqual(await names("no-maint"), ["FRONTEND", "s2", "BACKEND"]);
  assert.deepEqual(await names("up"), ["FRONTEND", "BACKEND"]);
  const rows = JSON.parse(await ask(rig, "show stat be 4 1 json"));
  assert.deepEqual(rows.map((row: { id: number }[]) => row[0].id), [1]);
  assert.match(await ask(rig, "show stat be 4 1 typed"), /^S\.3\.1\.0\.pxname\.1:KNS:str:be\n/);
  assert.match(await ask(rig, "show stat be 4 1 typed desc"), /:str:be:"name of the proxy"\n/);
  assert.deepEqual(await names("domain proxy -1 2 -1"), ["BACKEND"]);
  assert.equal(await ask(rig, "show stat domain dns"), "Invalid statistics domain.\n\n");
});

socketTest("show servers state has 25 columns, for one backend or all", async (rig) => {
  const text = await ask(rig, "show servers state", USER);
  assert.ok(text.startsWith("1\n# be_id be_name srv_id "));
  const rows = table(text, " ");
  assert.deepEqual(rows.map((row) => Object.keys(row).length), [25, 25]);
  assert.equal(await ask(rig, "show servers state be"), text);
  assert.equal(await ask(rig, "show servers state no"), "Can't find backend.\n\n");
  assert.equal(await ask(rig, "show servers state fe"), "Can't find backend.\n\n");
  assert.equal(await ask(rig, "show backend"), "# name\nbe\n\n");
});

socketTest(
  "a name that is resolved later stands in srv_fqdn, a Unix socket has no address",
  async (rig) => {
    const rows = table(await ask(rig, "show servers state"), " ");
    assert.deepEqual(
      rows.map((row) => [row.srv_addr, row.srv_fqdn, row.srv_port, row.srv_check_port]),
      [["-", "localhost", "81", "0"], ["-", "-", "0", "0"], ["::1", "-", "5", "0"]],
    );
    const addresses = table(await ask(rig, "show stat -1 4 -1"), ",").map(({ addr }) => addr);
    assert.deepEqual(addresses, ["localhost:81", "unix", "[::1]:5"]);
  },
  {
    global: `stats socket ${ADMIN}`,
    backend: "server a localhost:81\n server b /tmp/b.sock\n server c [::1]:+5",
  },
);
