/**
 * The same configuration and the same commands, given to sluice and to the real HAProxy: the answers are the same
 * to the byte, but for what differs by nature (times, and the lists of commands).
 */
import assert from "node:assert/strict";
import { freePort } from "../../support/ports.ts";
import { mustRun, run, start } from "../../support/process.ts";
import { type Scope, scopedTest } from "../../support/scope.ts";
import { commandUnderTest } from "../../support/under_test.ts";
import { waitListening } from "../../support/ports.ts";
import { waitFor } from "../../support/poll.ts";
import { ok, startHttpOrigin } from "../../support/tcp.ts";

interface Side {
  readonly name: string;
  readonly web: string;
  readonly tcp: string;
  /** answers of one connection to the socket of this level */
  ask(line: string, level?: string): Promise<string>;
}

interface Places {
  readonly web: string;
  readonly tcp: string;
  readonly live: string;
  readonly dead: string;
}

function configuration(scope: Scope, side: string, { web, tcp, live, dead }: Places): string {
  return `global
    maxconn 4000
    node here
    stats socket ${scope.path(`${side}.admin`)} mode 600 level admin
    stats socket ${scope.path(`${side}.operator`)}
    stats socket ${scope.path(`${side}.user`)} level user
    stats timeout 30s
defaults
    mode http
    timeout connect 1s
    timeout client 10s
    timeout server 10s
    maxconn 3000
frontend web
    bind ${web}
    use_backend other if { path_beg /other }
    default_backend app
frontend unlimited
    maxconn 0
    bind 127.0.0.1:0
backend app
    balance roundrobin
    server web1 ${live} weight 2 check inter 5s fall 3 rise 5
    server web2 ${live} weight 1 cookie two maxconn 40 maxqueue 7 pool-max-conn 3
    server web3 ${live} backup disabled
    server web4 ${live} check disabled
    server web5 ${dead} check inter 10s fall 2
backend other
    id 77
    balance leastconn
    fullconn 100
    server a ${live} id 9
    server b ${live} backup
    server c ${live} weight 0
    server d /tmp/none.sock
    server e [::1]:18999
    server f 127.0.0.1 disabled check port 7 addr 127.0.0.3
listen l4
    mode tcp
    maxconn 50
    bind ${tcp}
    server s1 ${live}
    server s2 ${dead} backup
backend empty
`;
}

async function bothSides(scope: Scope): Promise<readonly Side[]> {
  const origin = await startHttpOrigin(scope, () => ok("hello"));
  const dead = `127.0.0.1:${freePort()}`;
  const commands: [name: string, command: string[]][] = [
    ["haproxy", ["haproxy"]],
    ["sluice", commandUnderTest([])],
  ];
  return await Promise.all(commands.map(async ([name, command]) => {
    const places = {
      web: `127.0.0.1:${freePort()}`,
      tcp: `127.0.0.1:${freePort()}`,
      live: origin.address,
      dead,
    };
    const text = configuration(scope, name, places)
      .replace("127.0.0.1:0", `127.0.0.1:${freePort()}`);
    const file = scope.write(`${name}.cfg`, text);
    const program = start(scope, name, [...command, "-db", "-f", file]);
    await waitListening(program, [places.web, places.tcp]);
    const side = {
      name,
      web: places.web,
      tcp: places.tcp,
      async ask(line: string, level = "admin") {
        const path = scope.path(`${name}.${level}`);
        const { stdout } = await run(["socat", "-t", "5", "-", `UNIX-CONNECT:${path}`], {
          stdin: `${line}\n`,
        });
        return stdout;
      },
    };
    await waitFor(
      `${name} to have checked its servers`,
      async () => {
        const state = await side.ask("show servers state app");
        return / web5 127\.0\.0\.1 0 /.test(state) &&
          / web1 127\.0\.0\.1 2 0 2 2 \d+ 6 3 7 /.test(state);
      },
      { limit: 20_000 },
    );
    return side;
  }));
}

/** Columns whose value depends on the moment: a number there is written as `#`. */
const MOMENTS = new Set([
  "lastchg",
  "downtime",
  "check_duration",
  "lastsess",
  "qtime",
  "ctime",
  "rtime",
  "ttime",
  "qtime_max",
  "ctime_max",
  "rtime_max",
  "ttime_max",
  "rate",
  "rate_max",
  "req_rate",
  "req_rate_max",
  "conn_rate",
  "conn_rate_max",
  "srv_time_since_last_change",
]);

/**
 * Columns that are not compared. HAProxy's estimate counts the connections of health checks too, its counters of
 * HTTP/1 are those of its multiplexer.
 */
const OWN = [
  "need_conn_est",
  "h1_open_connections",
  "h1_open_streams",
  "h1_total_connections",
  "h1_total_streams",
  "h1_bytes_in",
  "h1_bytes_out",
];

/**
 * With traffic: HAProxy counts bytes of HTTP in its inner form, and drops idle connections by an estimate; whether
 * one connection has ended when the next begins is chance.
 */
const OWN_WITH_TRAFFIC = [
  ...OWN,
  "bin",
  "bout",
  "srv_icur",
  "idle_conn_cur",
  "safe_conn_cur",
  "smax",
];

/** Tables with one field in a line, named, so that a difference can be seen. */
function comparable(text: string, own: readonly string[]): string {
  let names: string[] = [];
  let separator = "";
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("# ")) {
      separator = line.includes(",") ? "," : " ";
      names = line.slice(2).split(separator);
      return [line];
    }
    const values = line.split(separator);
    if (separator === "" || values.length < 3) return [line];
    return values.map((value, at) => {
      const name = names[at] ?? "too many";
      if (own.includes(name)) return "";
      const shown = MOMENTS.has(name) ? value.replace(/\d+/, "#") : value;
      return `${values[0]}/${values[1]}/${values[3]} ${name}=${shown}`;
    });
  }).join("\n");
}

async function same(
  sides: readonly Side[],
  line: string,
  level = "admin",
  own: readonly string[] = OWN,
): Promise<void> {
  const [theirs, ours] = await Promise.all(sides.map(async ({ name, ask }) => {
    const answer = await ask(line, level);
    return comparable(answer.replaceAll(`/${name}.`, "/"), own);
  }));
  if (ours === theirs) return;
  const [a, b] = [ours.split("\n"), theirs.split("\n")];
  const at = a.findIndex((each, n) => each !== b[n]);
  assert.fail(
    `'${line}' (${level}), line ${at + 1}:\nsluice:\n${a.slice(at, at + 5).join("\n")}\n` +
      `HAProxy:\n${b.slice(at, at + 5).join("\n")}`,
  );
}

const needs = { programs: ["haproxy", "socat", "curl"], limit: 90_000 };

scopedTest("every answer is what HAProxy says, to the byte", needs, async (scope) => {
  const sides = await bothSides(scope);
  const state = ["show stat", "show servers state"];
  const lines = [
    ...state,
    "show backend",
    "show cli level",
    "show cli sockets",
    "show servers state app",
    "show servers state #77",
    "show servers state web",
    "show servers state nothing",
    "show stat 3 -1 -1",
    "show stat other 6 9",
    "show stat -1 1 -1",
    "show stat 1000 -1 -1",
    "show stat nothing -1 -1",
    "show stat app 4 -1 no-maint",
    "show stat no-maint",
    "show stat up",
    "get weight app/web1",
    "get weight #77/#9",
    "get weight other/#9",
    "get weight #77/a",
    "get weight",
    "get weight app",
    "get weight app/",
    "get weight /web1",
    "get weight web/web1",
    "get weight app/none",
    "get weight app/web1 more words",
    "get  weight\tapp/web1 ",
    "get weight app\\/web1",
    "get weight 'app/web1'",
    "show cli level;get weight app/web1; get weight app/web2",
    "show cli level\nshow cli level",
    "quit",
    "show cli level;quit;show cli level",
    "operator;show cli level;user;show cli level;operator;set weight app/web1 1",
    "prompt",
    "prompt\nshow cli level\nget weight app/web1;get weight app/web2\nquit",
    "prompt;show cli level\nprompt;show cli level",
    "set weight",
    "set weight app/web1",
    "set weight app/web1 -1",
    "set weight app/web1 257",
    "set weight app/web1 -5%",
    "set weight none/web1 5",
    "disable server",
    "enable server app",
    "disable server none/web1",
    "disable server app/none",
    "set server",
    "set server app/none state ready",
    "set server app/web1 state",
    "set server app/web1 state on",
    "set server app/web1 health",
    "set server app/web1 health 5",
    "set timeout cli",
    "set timeout cli 10",
  ];
  for (const line of lines) await same(sides, line);
  for (const level of ["user", "operator"]) {
    for (const line of [...state, "show cli level", "show cli sockets", "get weight app/web2"]) {
      await same(sides, line, level);
    }
    for (
      const line of [
        "set weight app/web1 1",
        "set weight",
        "disable server app/web1",
        "enable server none",
        "set server app/web1 state maint",
        "set server",
        "shutdown sessions server app/web1",
        "operator",
        "user",
        "set timeout cli 5",
      ]
    ) await same(sides, line, level);
  }

  const changes = [
    "set weight app/web2 5",
    "set weight app/web2 50%",
    "set weight app/web2 0",
    "set weight app/web2 100%",
    "set server app/web2 weight 7",
    "disable server app/web2",
    "disable server app/web2",
    "enable server app/web2",
    "enable server app/web2",
    "enable server app/web3",
    "set server app/web2 state drain",
    "set server app/web2 state drain",
    "disable server app/web2",
    "set server app/web2 state drain",
    "set server app/web2 state ready",
    "set server app/web2 health stopping",
    "set server app/web2 health down",
    "set server app/web2 health up",
    "disable server app/web5",
    "set server app/web5 state maint",
    "set server other/a state maint",
    "set server other/b state maint",
    "set weight other/c 5",
    "set weight other/c 0",
    "set server other/d health down",
    "set server other/e state drain",
    "disable server l4/s1",
    "enable server l4/s1",
  ];
  for (const line of changes) {
    await same(sides, line);
    await same(sides, "show servers state;show stat");
  }
});

scopedTest("show stat counts the same traffic as HAProxy", needs, async (scope) => {
  const sides = await bothSides(scope);
  for (const side of sides) {
    // Servers that are not there would be tried again at random times.
    await side.ask("disable server other/d;disable server other/e");
    for (let n = 0; n < 7; n++) await mustRun(["curl", "-s", `http://${side.web}/`]);
    await mustRun(["curl", "-s", `http://${side.web}/other/1`, `http://${side.web}/other/2`]);
    await mustRun(["curl", "-s", `http://${side.tcp}/`]);
    await mustRun(["curl", "-s", "-d", "some words", `http://${side.web}/other/3`]);
    await waitFor(`the last session of ${side.name} to end`, async () => {
      const rows = (await side.ask("show stat -1 1 -1")).trimEnd().split("\n").slice(1);
      return rows.every((row) => row.split(",")[4] === "0");
    });
  }
  await same(sides, "show stat", "admin", OWN_WITH_TRAFFIC);
  await same(sides, "show stat l4 -1 -1", "admin", [...OWN, "smax"]);
});
