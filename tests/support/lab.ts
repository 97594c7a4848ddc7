/**
 * A small network of namespaces on one bridge: the tutorial's machines with the tutorial's addresses,
 * where `bind *:80` meets no other server. Needs root.
 */
import type { Scope } from "./scope.ts";
import { mustRun, run } from "./process.ts";

export interface Lab {
  /** The namespace of a machine. */
  namespace(machine: string): string;
}

let counter = 0;

/** Makes one namespace for each machine (`name: address/prefix length`), joined by a bridge. */
export async function makeLab(
  scope: Scope,
  machines: Readonly<Record<string, string>>,
): Promise<Lab> {
  const id = `${(Deno.pid % 46656).toString(36)}${(counter++).toString(36)}`;
  const hub = `sl${id}-hub`;
  const ip = (...args: string[]) => mustRun(["ip", ...args]);
  const add = async (namespace: string) => {
    await ip("netns", "add", namespace);
    // Removing a namespace removes the interfaces in it.
    scope.defer(`namespace ${namespace}`, async () => {
      await run(["ip", "netns", "del", namespace]);
    });
    await ip("-n", namespace, "link", "set", "lo", "up");
  };
  await add(hub);
  await ip("-n", hub, "link", "add", "br0", "type", "bridge");
  await ip("-n", hub, "link", "set", "br0", "up");
  let n = 0;
  for (const [machine, address] of Object.entries(machines)) {
    const namespace = `sl${id}-${machine}`;
    const port = `p${n++}`;
    await add(namespace);
    await ip("-n", hub, "link", "add", port, "type", "veth", "peer", "eth0", "netns", namespace);
    await ip("-n", hub, "link", "set", port, "master", "br0", "up");
    await ip("-n", namespace, "addr", "add", address, "dev", "eth0");
    await ip("-n", namespace, "link", "set", "eth0", "up");
  }
  return {
    namespace(machine) {
      if (machines[machine] === undefined) throw new Error(`no machine ${machine}`);
      return `sl${id}-${machine}`;
    },
  };
}

/** The tutorial's machines: two servers, the proxy, a client elsewhere on the network. */
export const TUTORIAL: Readonly<Record<string, string>> = {
  web1: "192.168.0.10/24",
  web2: "192.168.0.20/24",
  proxy: "192.168.0.100/24",
  client: "192.168.0.200/24",
};
