/** A real LDAP server with an empty directory. */
import type { Scope } from "./scope.ts";
import { isRoot } from "./needs.ts";
import { mustRun } from "./process.ts";
import { programService, type Service } from "./service.ts";

export const slapdPrograms = ["slapd"];

/** Not started yet. */
export async function slapdService(scope: Scope, host: string, port: number): Promise<Service> {
  const dir = scope.path(`slapd-${port}`);
  const conf = scope.write(
    `slapd-${port}/slapd.conf`,
    `include /etc/ldap/schema/core.schema
pidfile ${dir}/data/pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example"
directory ${dir}/data
`,
  );
  Deno.mkdirSync(`${dir}/data`);
  if (isRoot) await mustRun(["chown", "openldap", `${dir}/data`]);
  const account = isRoot ? ["-u", "openldap", "-g", "openldap"] : [];
  return programService(scope, `slapd-${port}`, { host, port }, [
    "slapd",
    "-f",
    conf,
    "-h",
    `ldap://${host}:${port}`,
    "-d",
    "0",
    ...account,
  ], { stopSignal: "SIGINT" });
}
