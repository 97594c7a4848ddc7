/** Which PostgreSQL server may be written to is found by asking each (docs/l4.md), with a real primary and replica. */
import assert from "node:assert/strict";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { postgresPrograms, postgresReplica, postgresService } from "../support/postgres.ts";
import { mustRun } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";

/** StartupMessage of the user `postgres` for the database `postgres`. */
const START = "00000029000300007573657200706f73746772657300646174616261736500706f7374677265730000";
/** Query: select pg_is_in_recovery() */
const QUERY = "510000001f73656c6563742070675f69735f696e5f7265636f76657279282900";
/** DataRow with one column of one byte. */
const ROW = "440000000b000100000001";

const steps = (answer: "f" | "t") => [
  "connect",
  `send-binary ${START}`,
  "expect binary 5a0000000549",
  `send-binary ${QUERY}`,
  `expect binary ${ROW}${answer === "f" ? "66" : "74"}`,
];

const servers = (one: number, two: number) => [
  ["p1", `127.0.0.1:${one} check`],
  ["p2", `127.0.0.1:${two} check`],
];

interface Ports {
  readonly write: number;
  readonly read: number;
  readonly one: number;
  readonly two: number;
}

const config = ({ write, read, one, two }: Ports) =>
  `defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
    timeout check 10s
    option tcp-check
    default-server inter 300ms fall 3 rise 1 on-marked-down shutdown-sessions

listen writing
    bind 127.0.0.1:${write}
${steps("f").map((step) => `    tcp-check ${step}\n`).join("")}${
    servers(one, two).map(([name, line]) => `    server ${name} ${line}\n`).join("")
  }
listen reading
    bind 127.0.0.1:${read}
${steps("t").map((step) => `    tcp-check ${step}\n`).join("")}${
    servers(one, two).map(([name, line]) => `    server ${name} ${line}\n`).join("")
  }`;

scopedTest(
  "writes go to the primary, reads to the replica, and a promoted replica takes the writes",
  { programs: [...postgresPrograms, "psql"], limit: 400_000 },
  async (scope) => {
    const [one, two] = [freePort(), freePort()];
    const primary = await postgresService(scope, "127.0.0.1", one);
    await primary.start();
    const psql = (port: number, query: string) =>
      mustRun(
        ["psql", "-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-Atc", query],
        { limit: 30_000 },
      ).then((answer) => answer.trim());
    await waitFor("the primary", () => psql(one, "select 1").then(() => true, () => false), {
      limit: 60_000,
    });
    const replica = await postgresReplica(scope, "127.0.0.1", two, one);
    await replica.start();
    await waitFor("the replica", () => psql(two, "select 1").then(() => true, () => false), {
      limit: 60_000,
    });
    const [write, read] = [freePort(), freePort()];
    await startProxy(scope, config({ write, read, one, two }), {
      listening: [`127.0.0.1:${write}`, `127.0.0.1:${read}`],
    });
    const whom = (port: number) => psql(port, "select inet_server_port()").catch(() => "");
    const always = (port: number, wanted: number) =>
      waitFor(`${port} to lead to ${wanted} only`, async () => {
        for (let n = 0; n < 4; n++) if (await whom(port) !== `${wanted}`) return false;
        return true;
      }, { limit: 60_000 });
    await always(write, one);
    await always(read, two);
    await psql(write, "create table t (n int); insert into t values (42)");
    await waitFor(
      "the row on the replica",
      async () => await psql(read, "select n from t").catch(() => "") === "42",
    );
    assert.match(await psql(read, "insert into t values (1)").catch(String), /read-only/);
    await primary.stop();
    await psql(two, "select pg_promote()");
    await always(write, two);
    await psql(write, "insert into t values (43)");
    assert.equal(await psql(write, "select sum(n) from t"), "85");
  },
);
