/** A38 with databases: what their clients see while the checks find one of two servers killed, and back. */
import assert from "node:assert/strict";
import { mariadbPrograms, query, startMariaDbs } from "../support/mariadb.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { postgresPrograms, postgresService } from "../support/postgres.ts";
import { run } from "../support/process.ts";
import type { Scope } from "../support/scope.ts";
import type { Service } from "../support/service.ts";
import { type Form, startProxy } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { underTest } from "../support/under_test.ts";
import { alternates, row, web1, web2 } from "./tutorial.ts";

interface Database {
  readonly name: string;
  /** without `option` */
  readonly check: string;
  readonly programs: readonly string[];
  /** Starts two servers. */
  begin(scope: Scope): Promise<readonly [Service, Service]>;
  /** A new connection that asks the server who it is; undefined when that failed. */
  ask(host: string, port: number): Promise<string | undefined>;
  /** what `ask` gives */
  nameOf(service: Service): string;
  /** how it is killed: at once, without a word to clients */
  readonly kill: Deno.Signal;
  /** why it is up again */
  readonly up: string;
}

const databases: readonly Database[] = [
  {
    name: "MySQL",
    check: "mysql-check user haproxy",
    programs: mariadbPrograms,
    async begin(scope) {
      const [one, two] = await startMariaDbs(
        scope,
        [web1, web2].map((host, n) => ({ host, port: freePort(), serverId: n })),
      );
      for (const { host, port } of [one, two]) {
        assert.equal(await query(host, port, "CREATE USER 'haproxy'@'%'; select 1"), "1");
      }
      return [one, two];
    },
    ask: (host, port) => query(host, port, "select @@port"),
    nameOf: ({ port }) => String(port),
    kill: "SIGKILL",
    up: 'Layer7 check passed, code: 0, info: "[^"]*MariaDB[^"]*"',
  },
  {
    name: "PostgreSQL",
    check: "pgsql-check user haproxy",
    programs: [...postgresPrograms, "psql"],
    async begin(scope) {
      const [one, two] = [
        await postgresService(scope, web1, freePort()),
        await postgresService(scope, web2, freePort()),
      ];
      await Promise.all([one.start(), two.start()]);
      return [one, two];
    },
    async ask(host, port) {
      const sql = "select current_setting('port')";
      const { code, stdout } = await run(
        ["psql", "-h", host, "-p", String(port), "-U", "postgres", "-Atc", sql],
      );
      return code === 0 ? stdout.trim() : undefined;
    },
    nameOf: ({ port }) => String(port),
    // Immediate shutdown: its processes end without a word.
    kill: "SIGQUIT",
    up: 'Layer7 check passed, code: 0, info: "PostgreSQL server is ok"',
  },
];

/** More checks must fail than can while a server is on its way down. */
const FALL = 6;

function text(log: string, port: number, check: string, servers: readonly Service[]) {
  const lines = servers.map(({ host, port }) =>
    `${host}:${port} check inter 200ms fall ${FALL} rise 2`
  );
  const [option, ...words] = check.split(" ");
  return {
    cfg: `global
    log ${log} local0
defaults
    log global
    mode tcp
    retries 1
    option redispatch
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout check 3s
listen pool
    bind 127.0.0.1:${port}
    balance roundrobin
    option ${check}
    server one ${lines[0]}
    server two ${lines[1]}
`,
    yaml: `global: { log: "${log} local0" }
defaults:
  log: global
  mode: tcp
  retries: 1
  option: { redispatch: true }
  timeout: { connect: 2s, client: 30s, server: 30s, check: 3s }
listens:
  pool:
    bind: "127.0.0.1:${port}"
    balance: roundrobin
    option: { ${option}: "${words.join(" ")}" }
    servers:
      one: "${lines[0]}"
      two: "${lines[1]}"
`,
  } satisfies Record<Form, string>;
}

for (const { name, check, programs, begin, ask, nameOf, kill, up } of databases) {
  row(
    `A38: no ${name} client notices that one of two servers is killed and comes back`,
    { programs, limit: 150_000 },
    async (scope, form) => {
      const servers = await begin(scope);
      const own = ({ host, port }: Service) => () => ask(host, port);
      for (const service of servers) await waitFor(`${name} to answer`, own(service));
      const [one, two] = servers.map(nameOf);
      const sink = startSyslogSink(scope);
      const port = freePort();
      await startProxy(scope, text(sink.address, port, check, servers)[form], {
        form,
        listening: [`127.0.0.1:${port}`],
      });
      const answers = async (count: number) => {
        const list: (string | undefined)[] = [];
        for (let n = 0; n < count; n++) list.push(await ask("127.0.0.1", port));
        return list;
      };
      const before = await answers(6) as string[];
      assert.ok(alternates(before, one, two), before.join(" "));

      await servers[0].stop(kill);
      // The checks may not know it yet: who meets the dead one is sent on.
      assert.deepEqual(await answers(4), [two, two, two, two]);
      const [, why] = await sink.find(/Server pool\/one is DOWN, reason: (.*)/, 20_000);
      assert.match(
        why,
        /^Layer4 connection problem, info: "Connection refused", check duration: \d+ms\. 1 active and 0 backup servers left\. \d+ sessions active, 0 requeued, 0 remaining in queue\./,
      );
      assert.deepEqual(await answers(3), [two, two, two]);

      await servers[0].start();
      const [, reason] = await sink.find(/Server pool\/one is UP, reason: (.*)/, 20_000);
      // HAProxy forgets here what a MySQL server said.
      assert.match(
        reason,
        new RegExp(underTest === "haproxy" ? "^Layer7 check passed" : `^${up}`),
      );
      // The turn of one that comes back may come several times in a row at first, in HAProxy too.
      const after = await answers(4) as string[];
      assert.ok(after.includes(one), after.join(" "));
      assert.ok(after.every((answer) => answer === one || answer === two), after.join(" "));
      const changes = sink.messages.filter((message) => / is (DOWN|UP)/.test(message));
      assert.equal(changes.length, 2, changes.join("\n"));
    },
  );
}
