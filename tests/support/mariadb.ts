/** Real MariaDB servers, each with its own data directory and server_id. */
import { type Scope, sharedByTests } from "./scope.ts";
import { mustRun, run, type Running, start } from "./process.ts";
import { waitFor } from "./poll.ts";
import { isRoot } from "./needs.ts";
import { readIfThere } from "./nginx.ts";

export const mariadbPrograms = ["mariadbd", "mariadb-install-db", "mariadb"];

export interface MariaDb {
  readonly host: string;
  readonly port: number;
  readonly serverId: number;
  /** Stops it (orderly, or by this signal) and keeps its data. */
  stop(signal?: Deno.Signal): Promise<void>;
  /** Starts it (again) and waits until it answers. */
  start(): Promise<void>;
}

// The server refuses to be root; the account comes with Debian's mariadb-server only.
const account = /^mysql:/m.test(readIfThere("/etc/passwd")) ? "mysql" : "nobody";
const asUser = isRoot ? [`--user=${account}`] : [];

/** An empty data directory to copy: installing one takes seconds, copying does not. */
const emptyData = sharedByTests(async (scope) => {
  const data = scope.path("mariadb-empty");
  Deno.mkdirSync(data);
  if (isRoot) await mustRun(["chown", account, data]);
  await mustRun([
    "mariadb-install-db",
    "--no-defaults",
    `--datadir=${data}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    "--skip-name-resolve",
    ...asUser,
  ], { limit: 120_000, cwd: scope.dir });
  return data;
});

/** Starts one server for each entry; user `yu`, password `yu`, may log in from everywhere. */
export async function startMariaDbs(
  scope: Scope,
  servers: readonly { readonly host: string; readonly port: number; readonly serverId: number }[],
): Promise<MariaDb[]> {
  const empty = await emptyData();
  const started: MariaDb[] = [];
  for (const server of servers) {
    const data = scope.path(`mariadb-${server.serverId}`);
    await mustRun(["cp", "-a", empty, data]);
    const init = scope.write(
      `mariadb-${server.serverId}.sql`,
      "CREATE USER IF NOT EXISTS 'yu'@'%' IDENTIFIED BY 'yu';\nGRANT ALL ON *.* TO 'yu'@'%';\n",
    );
    const db = oneServer(scope, server, data, init);
    await db.start();
    started.push(db);
  }
  return started;
}

function oneServer(
  scope: Scope,
  server: { readonly host: string; readonly port: number; readonly serverId: number },
  data: string,
  init: string,
): MariaDb {
  let running: Running | undefined;
  return {
    ...server,
    async stop(signal) {
      await running?.stop(signal);
    },
    async start() {
      running = start(scope, `mariadb-${server.serverId}`, [
        "mariadbd",
        "--no-defaults",
        ...asUser,
        `--datadir=${data}`,
        `--socket=${data}/socket`,
        `--pid-file=${data}/pid`,
        `--bind-address=${server.host}`,
        `--port=${server.port}`,
        `--server-id=${server.serverId}`,
        `--init-file=${init}`,
        "--skip-name-resolve",
        // Checks that connect and go away are what a balancer does all day.
        "--max-connect-errors=1000000",
        "--innodb-buffer-pool-size=8M",
        "--key-buffer-size=1M",
        "--performance-schema=OFF",
      ]);
      const at = running;
      await waitFor(`MariaDB ${server.serverId} to answer`, async () => {
        if (at.exit !== undefined) throw new Error(`mariadbd ended:\n${at.output()}`);
        const answer = await query(server.host, server.port, "select 1");
        return answer === "1";
      }, { limit: 60_000, every: 100, explain: () => at.output() });
    },
  };
}

/** One new client connection, one query; the answer's first column, or undefined when it failed. */
export async function query(host: string, port: number, sql: string): Promise<string | undefined> {
  const { code, stdout } = await run([
    "mariadb",
    "--no-defaults",
    "--protocol=tcp",
    "--connect-timeout=3",
    `--host=${host}`,
    `--port=${port}`,
    "--user=yu",
    "--password=yu",
    "--skip-ssl",
    "-N",
    "-B",
    "-e",
    sql,
  ], { limit: 8000 });
  return code === 0 ? stdout.trim() : undefined;
}
