/** A real DNS server that knows the names it is given. */
import { programService, type Service } from "./service.ts";
import type { Scope } from "./scope.ts";
import { isRoot } from "./needs.ts";

export const dnsServerPrograms = ["dnsmasq", "dig"];

/** Not started yet. `names`: addresses by name. */
export function dnsmasqService(
  scope: Scope,
  host: string,
  port: number,
  names: Readonly<Record<string, string>>,
): Service {
  return programService(scope, `dnsmasq-${host}-${port}`, { host, port }, [
    "dnsmasq",
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--bind-interfaces",
    "--pid-file=",
    ...isRoot ? ["--user=root"] : [],
    `--listen-address=${host}`,
    `--port=${port}`,
    ...Object.entries(names).map(([name, address]) => `--address=/${name}/${address}`),
  ]);
}
