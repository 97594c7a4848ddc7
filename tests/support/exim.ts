/** A real mail server: one that takes no mail, or one that puts all into a file. */
import type { Scope } from "./scope.ts";
import { isRoot } from "./needs.ts";
import { mustRun } from "./process.ts";
import { programService, type Service } from "./service.ts";

export const eximPrograms = ["exim4"];

const NO_MAIL = `acl_smtp_rcpt = nobody
begin acl
nobody:
  deny
begin routers
begin transports
`;

/** Everything that is sent to anybody goes into the file `mails` of the server's directory. */
const ALL_MAIL = (dir: string) =>
  `acl_smtp_rcpt = anybody
never_users =
begin acl
anybody:
  accept
begin routers
everything:
  driver = accept
  transport = file
begin transports
file:
  driver = appendfile
  file = ${dir}/spool/mails
  user = ${isRoot ? "Debian-exim" : "$caller_uid"}
`;

/** The mails that came so far to the server on this port that takes all. */
export function mailsOf(scope: Scope, port: number): string {
  try {
    return Deno.readTextFileSync(scope.path(`exim-${port}/spool/mails`));
  } catch {
    return "";
  }
}

/** Not started yet. */
export async function eximService(
  scope: Scope,
  host: string,
  port: number,
  takes: "nothing" | "everything" = "nothing",
): Promise<Service> {
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
${takes === "nothing" ? NO_MAIL : ALL_MAIL(dir)}`,
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
