/** A real PostgreSQL server with its own cluster; every user may log in without a password. */
import { type Scope, sharedByTests } from "./scope.ts";
import { mustRun } from "./process.ts";
import { findProgram, isRoot } from "./needs.ts";
import { asAccount, programService, type Service } from "./service.ts";

/** Debian keeps the programs of each version in a directory of their own. */
function programDirectory(): string {
  const root = "/usr/lib/postgresql";
  try {
    const versions = [...Deno.readDirSync(root)].map(({ name }) => name)
      .sort((a, b) => Number(b) - Number(a));
    for (const version of versions) {
      const at = `${root}/${version}/bin`;
      if (findProgram(`${at}/initdb`) !== undefined) return `${at}/`;
    }
  } catch {
    // Not Debian: they are in PATH, or not there.
  }
  return "";
}

const directory = programDirectory();
export const postgresPrograms = [`${directory}postgres`, `${directory}initdb`];

/** A new cluster to copy: making one takes seconds, copying does not. */
const emptyCluster = sharedByTests(async (scope) => {
  const data = scope.path("postgres-empty");
  Deno.mkdirSync(data, { mode: 0o700 });
  if (isRoot) await mustRun(["chown", "postgres", data]);
  await mustRun(
    asAccount("postgres", [
      postgresPrograms[1],
      "-D",
      data,
      "-A",
      "trust",
      "-U",
      "postgres",
      "--no-sync",
      "--locale=C",
    ]),
    { limit: 120_000, cwd: "/" },
  );
  return data;
});

/** Makes a cluster; not started yet. */
export async function postgresService(scope: Scope, host: string, port: number): Promise<Service> {
  const data = scope.path(`postgres-${port}`);
  await mustRun(["cp", "-a", await emptyCluster(), data]);
  return serverAt(scope, host, port, data);
}

function serverAt(scope: Scope, host: string, port: number, data: string): Service {
  return programService(
    scope,
    `postgres-${port}`,
    { host, port },
    asAccount("postgres", [
      postgresPrograms[0],
      "-D",
      data,
      "-h",
      host,
      "-p",
      String(port),
      "-k",
      data,
      "-c",
      "fsync=off",
      "-c",
      "shared_buffers=1MB",
    ]),
    { cwd: "/", stopSignal: "SIGINT" },
  );
}

/** A replica of the server at `primary`, by streaming replication; that one must run. Not started yet. */
export async function postgresReplica(
  scope: Scope,
  host: string,
  port: number,
  primary: number,
): Promise<Service> {
  const data = scope.path(`postgres-${port}`);
  Deno.mkdirSync(data, { mode: 0o700 });
  if (isRoot) await mustRun(["chown", "postgres", data]);
  await mustRun(
    asAccount("postgres", [
      `${directory}pg_basebackup`,
      "-D",
      data,
      "-R",
      "-X",
      "stream",
      "--no-sync",
      "-c",
      "fast",
      "-h",
      host,
      "-p",
      String(primary),
      "-U",
      "postgres",
    ]),
    { limit: 120_000, cwd: "/" },
  );
  return serverAt(scope, host, port, data);
}
