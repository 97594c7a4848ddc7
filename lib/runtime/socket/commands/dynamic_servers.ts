/** `add server`, `del server`, and what moves servers while they run (management manual 9.3). */
import { parseIp } from "../../../net/address.ts";
import { isHostName } from "../../../resolve/message.ts";
import type { Generation } from "../../generation.ts";
import { type CommandRow, findBackend, findServer } from "../command.ts";

const section = "9.3";
const BY = "stats socket command";

type Found = Exclude<ReturnType<typeof findServer>, string>;

/** `set server … addr`: an address, and with `port` a port. */
export function setAddress({ server, status }: Found, args: readonly string[]): string {
  const [address, word, port] = args;
  if (address === undefined) {
    return "set server <b>/<s> addr requires an address and optionally a port.\n";
  }
  const ip = parseIp(address);
  if (ip === undefined) return `Invalid addr '${address}' by '${BY}'\n`;
  if (server.config.address.type !== "tcp") {
    return `Update for the current server address family is only supported through configuration file by '${BY}'\n`;
  }
  const before = server.address;
  const moves = word === "port";
  const to = moves ? portOf(port) : server.state.port;
  if (moves && to === undefined) return `Invalid port '${port ?? ""}' by '${BY}'\n`;
  const from = server.hasAddress ? before.host : "(none)";
  status.move(server, ip, to);
  status.setResolved(server);
  const changes = [];
  if (server.address.host !== from) {
    changes.push(`IP changed from '${from}' to '${server.address.host}'`);
  }
  if (server.address.port !== before.port) {
    changes.push(`port changed from '${before.port}' to '${server.address.port}'`);
  } else if (moves ? changes.length === 0 : changes.length > 0) {
    changes.push("no need to change the port");
  }
  if (server.address.host === from) changes.unshift("no need to change the addr");
  return `${changes.join(", ")} by '${BY}'\n`;
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65535 ? port : undefined;
}

/** `set server … fqdn`: another name, whose addresses `resolvers` find. */
export function setFqdn(
  { server, status }: Found,
  [name]: readonly string[],
  { names }: Generation,
): string {
  if (name === undefined) return "set server <b>/<s> fqdn requires a FQDN.\n";
  if (!isHostName(name) || parseIp(name) !== undefined) return `Invalid FQDN '${name}'.\n`;
  return `${names.rename(status, server, name, BY)}\n`;
}

export const dynamicServerCommands: readonly CommandRow[] = [
  {
    words: ["add", "server"],
    args: "<bk>/<srv> <addr> [opts]",
    level: "admin",
    doc: "add a server to a backend, in maintenance, with settings of a 'server' line",
    section,
    scope: () => "all",
    run: ([place, ...words], { host: { generation } }) => {
      const slash = place?.indexOf("/") ?? -1;
      if (place === undefined || slash < 0 || slash === place.length - 1) {
        return "Require 'backend/server'.";
      }
      const backend = findBackend(place.slice(0, slash), generation);
      if (backend === undefined) return "No such backend.";
      return `${generation.addServer(backend.name, place.slice(slash + 1), words)}\n`;
    },
  },
  {
    words: ["del", "server"],
    args: "<bk>/<srv>",
    level: "admin",
    doc: "delete a server that is in maintenance and serves nobody",
    section,
    scope: () => "all",
    run: ([place], { host: { generation } }) => {
      const found = findServer(place, generation);
      if (typeof found === "string") return found.trimEnd();
      return generation.deleteServer(found.backend.name, found.server);
    },
  },
];
