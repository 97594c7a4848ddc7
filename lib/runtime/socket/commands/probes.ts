/** `set server … check-addr|check-port|agent-addr|agent-port|agent-send|ssl` (management manual 9.3). */
import { lookup } from "node:dns/promises";
import { parseIp } from "../../../net/address.ts";
import type { Answer, findServer } from "../command.ts";

type Found = Exclude<ReturnType<typeof findServer>, string>;

const NO_CHECKS = "health checks are not enabled on this server";
const NO_AGENT = "agent checks are not enabled on this server";

/** A port; a sentence when it is none. */
function portOf(text: string | undefined): number | string {
  if (text === undefined || !/^[0-9]+$/.test(text)) return "provided port is not an integer";
  const port = Number(text);
  return port > 65535 ? "provided port is invalid" : port;
}

/** `port` behind an address. */
function portBehind([, word, text]: readonly string[]): number | string | undefined {
  return word === "port" ? portOf(text) : undefined;
}

/** `set server … check-addr <ip> [port <port>]` */
export function setCheckAddress({ server }: Found, args: readonly string[]): string {
  const [address] = args;
  if (address === undefined) {
    return "set server <b>/<s> check-addr requires an address and optionally a port.\n";
  }
  if (!server.config.check) return NO_CHECKS;
  if (parseIp(address) === undefined) return `invalid addr '${address}'`;
  const port = portBehind(args);
  if (typeof port === "string") return port;
  server.probe.checkAddr = address;
  if (port !== undefined) server.probe.checkPort = port || undefined;
  return "";
}

/** `set server … check-port <port>`; 0: the server's own. */
export function setCheckPort({ server }: Found, [text]: readonly string[]): string {
  if (text === undefined) return "set server <b>/<s> check-port requires a port.\n";
  if (!server.config.check) return NO_CHECKS;
  const port = portOf(text);
  if (typeof port === "string") return port;
  server.probe.checkPort = port || undefined;
  return "";
}

/** `set server … agent-addr <address> [port <port>]`: a name is looked up. */
export function setAgentAddress({ server }: Found, args: readonly string[]): Answer {
  const [address] = args;
  if (address === undefined) {
    return "set server <b>/<s> agent-addr requires an address and optionally a port.\n";
  }
  if (!server.config.agentCheck) return NO_AGENT;
  const port = portBehind(args);
  if (typeof port === "string") return port;
  const set = (ip: string) => {
    server.probe.agentAddr = ip;
    if (port !== undefined) server.probe.agentPort = port;
    return "";
  };
  if (parseIp(address) !== undefined) return set(address);
  return (async function* () {
    try {
      yield set((await lookup(address)).address);
    } catch {
      yield `invalid addr '${address}'`;
    }
  })();
}

/** `set server … agent-port <port>` */
export function setAgentPort({ server }: Found, [text]: readonly string[]): string {
  if (text === undefined) return "set server <b>/<s> agent-port requires a port.\n";
  if (!server.config.agentCheck) return NO_AGENT;
  const port = portOf(text);
  if (typeof port === "string") return port;
  server.probe.agentPort = port;
  return "";
}

/** `set server … agent-send <text>` */
export function setAgentSend({ server }: Found, [text]: readonly string[]): string {
  if (!server.config.agentCheck) return `${NO_AGENT}.\n`;
  server.probe.agentSend = text ?? "";
  return "";
}

/** `set server … ssl on|off`: only where the configuration has settings of TLS; checks stay as they are. */
export function setServerSsl({ server }: Found, [word]: readonly string[]): string {
  if (server.tls?.config.ssl !== true) {
    return "'set server <srv> ssl' cannot be set.  default-server should define ssl settings\n";
  }
  if (word !== "on" && word !== "off") return "'set server <srv> ssl' expects 'on' or 'off'.\n";
  server.plain = word === "off";
  // Idle connections are of the other kind.
  server.onMoved?.();
  return "server ssl setting updated.\n";
}
