/** A real mail server that takes no mail. */
import type { Scope } from "./scope.ts";
import { isRoot } from "./needs.ts";
import { mustRun } from "./process.ts";
import { programService, type Service } from "./service.ts";

export const eximPrograms = ["exim4"];

/** Not started yet. */
export async function eximService(scope: Scope, host: string, port: number): Promise<Service> {
  const dir = scope.path(`exim-${port}`);
  const conf = scope.write(
    `exim-${port}/exim.conf`,
    `primary_hostname = mail.example
spool_directory = ${dir}/spool
log_file_path = ${dir}/spool/%slog
pid_file_path = ${dir}/spool/pid
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
keep_environment =
acl_smtp_rcpt = nobody
begin acl
nobody:
  deny
begin routers
begin transports
`,
  );
  Deno.chmodSync(conf, 0o644);
  Deno.mkdirSync(`${dir}/spool`);
  if (isRoot) await mustRun(["chown", "Debian-exim", `${dir}/spool`]);
  return programService(scope, `exim-${port}`, { host, port }, [
    "exim4",
    "-C",
    conf,
    "-bdf",
    "-oX",
    `${host}.${port}`,
    "-oP",
    `${dir}/spool/pid`,
  ]);
}
