/** The real programs that tests and benchmarks run beside sluice, and how Debian brings them. */

export interface PackageRow {
  readonly name: string;
  /** programs whose absence means that the package is missing */
  readonly programs: readonly string[];
}

export const PACKAGES: readonly PackageRow[] = [
  { name: "haproxy", programs: ["haproxy", "halog"] },
  { name: "nginx", programs: ["nginx"] },
  {
    name: "libnginx-mod-stream",
    programs: ["/usr/lib/nginx/modules/ngx_stream_module.so"],
  },
  { name: "apache2-bin", programs: ["apache2"] },
  { name: "mariadb-server-core", programs: ["mariadbd", "mariadb-install-db"] },
  { name: "mariadb-client-core", programs: ["mariadb"] },
  { name: "mariadb-client", programs: ["mysqlslap"] },
  { name: "postgresql", programs: ["pg_ctlcluster"] },
  { name: "postgresql-client", programs: ["psql", "pgbench"] },
  { name: "redis-server", programs: ["redis-server"] },
  { name: "redis-tools", programs: ["redis-cli", "redis-benchmark"] },
  { name: "bind9-dnsutils", programs: ["dig"] },
  { name: "rabbitmq-server", programs: ["/usr/lib/rabbitmq/bin/rabbitmq-server"] },
  { name: "mosquitto", programs: ["mosquitto"] },
  { name: "mosquitto-clients", programs: ["mosquitto_pub", "mosquitto_sub"] },
  { name: "exim4-daemon-light", programs: ["exim4"] },
  { name: "slapd", programs: ["slapd"] },
  { name: "dnsmasq-base", programs: ["dnsmasq"] },
  { name: "rsyslog", programs: ["rsyslogd"] },
  { name: "socat", programs: ["socat"] },
  { name: "curl", programs: ["curl"] },
  { name: "nghttp2-client", programs: ["nghttp", "h2load"] },
  { name: "nghttp2-server", programs: ["nghttpd"] },
  { name: "chromium", programs: ["chromium"] },
  { name: "hatop", programs: ["hatop"] },
  { name: "prometheus-haproxy-exporter", programs: ["prometheus-haproxy-exporter"] },
  { name: "logrotate", programs: ["logrotate"] },
  { name: "libwww-perl", programs: ["lwp-request"] },
  { name: "munin-plugins-core", programs: ["/usr/share/munin/plugins/plugin.sh"] },
  { name: "munin-plugins-extra", programs: ["/usr/share/munin/plugins/haproxy_"] },
  { name: "openssl", programs: ["openssl"] },
  { name: "testssl.sh", programs: ["testssl"] },
  { name: "iproute2", programs: ["ip"] },
  { name: "procps", programs: ["ps"] },
  { name: "psmisc", programs: ["pstree"] },
  { name: "util-linux", programs: ["taskset"] },
  { name: "xz-utils", programs: ["xz"] },
  { name: "wrk", programs: ["wrk"] },
];

const SBIN = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

/** True when the program is installed, in PATH or in an sbin directory, or there when it is a path. */
export function isInstalled(program: string): boolean {
  if (program.startsWith("/")) return isFile(program);
  return [...(Deno.env.get("PATH") ?? "").split(":"), ...SBIN].some((dir) => {
    return dir !== "" && isFile(`${dir}/${program}`);
  });
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The rows of which something is missing. */
export function missingPackages(rows: readonly PackageRow[] = PACKAGES): PackageRow[] {
  return rows.filter((row) => !row.programs.every(isInstalled));
}

const GUARD = "/usr/sbin/policy-rc.d";

/**
 * Installs what is missing, where that is possible: as root, with apt-get. No service is started. Says what it
 * does and what stays missing; never throws.
 */
export async function installMissing(
  say: (line: string) => void,
  rows: readonly PackageRow[] = PACKAGES,
): Promise<void> {
  const missing = missingPackages(rows);
  if (missing.length === 0) return;
  const names = missing.map((row) => row.name);
  if (Deno.uid() !== 0 || !isInstalled("apt-get")) {
    say(`not installed (needs root and apt-get): ${names.join(", ")}`);
    return;
  }
  say(`installing with apt-get: ${names.join(", ")}`);
  const guarded = guardServices();
  try {
    if (!await apt(["update", "-qq"])) say("apt-get update failed; trying what is known");
    // All at once is fast; one by one keeps the others when one name does not exist here.
    if (!await apt(installArgs(names))) {
      for (const name of names) {
        if (!await apt(installArgs([name]))) say(`could not install ${name}`);
      }
    }
  } finally {
    if (guarded) Deno.removeSync(GUARD);
  }
  const still = missingPackages(rows).map((row) => row.name);
  if (still.length > 0) say(`still missing, what needs them is skipped: ${still.join(", ")}`);
}

function installArgs(names: readonly string[]): string[] {
  return ["install", "-y", "-qq", "--no-install-recommends", ...names];
}

/** Debian's packages ask this script before they start a service: 101 means no. */
function guardServices(): boolean {
  try {
    Deno.writeTextFileSync(GUARD, "#!/bin/sh\nexit 101\n", { createNew: true, mode: 0o755 });
    return true;
  } catch {
    return false;
  }
}

async function apt(args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command("apt-get", {
    args: [...args],
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).output();
  return success;
}
