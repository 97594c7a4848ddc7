/** Commands that look at servers and change them: weights, maintenance, drain, health. */
import { weightFromText, weightText } from "../../../balance/weight.ts";
import { setAddress, setFqdn } from "./dynamic_servers.ts";
import { type Answer, type CommandContext, type CommandRow, findServer } from "../command.ts";
import { setServerAgent } from "./checks.ts";
import {
  setAgentAddress,
  setAgentPort,
  setAgentSend,
  setCheckAddress,
  setCheckPort,
  setServerSsl,
} from "./probes.ts";

const section = "9.3";

type Found = Exclude<ReturnType<typeof findServer>, string>;

/** A command whose first argument is `backend/server`. */
function onServer(
  act: (found: Found, args: readonly string[], context: CommandContext) => Answer,
): CommandRow["run"] {
  return (args, context) => {
    const found = findServer(args[0], context.host.generation);
    return typeof found === "string" ? found : act(found, args.slice(1), context);
  };
}

function setWeight({ server, backend, status }: Found, text: string | undefined): string {
  if (text === undefined) return "Require <weight> or <weight%>.\n";
  const weight = weightFromText(text, server, backend.pool.dynamic);
  // As HAProxy: this one sentence has no line end of its own.
  if (typeof weight === "string") return weight.endsWith(".") ? `${weight}\n` : weight;
  status.setWeight(server, weight);
  return "";
}

const states = ["ready", "drain", "maint"] as const;
const healths = ["up", "stopping", "down"] as const;

/** What `set server` changes. */
const settings: Readonly<
  Record<
    string,
    (
      found: Found,
      value: string | undefined,
      args: readonly string[],
      context: CommandContext,
    ) => Answer
  >
> = {
  addr: (found, _, args) => setAddress(found, args),
  agent: (found, value, _, context) => setServerAgent(found, value, context),
  "agent-addr": (found, _, args) => setAgentAddress(found, args),
  "agent-port": (found, _, args) => setAgentPort(found, args),
  "agent-send": (found, _, args) => setAgentSend(found, args),
  "check-addr": (found, _, args) => setCheckAddress(found, args),
  "check-port": (found, _, args) => setCheckPort(found, args),
  fqdn: (found, _, args, { host }) => setFqdn(found, args, host.generation),
  health({ server, status }, value) {
    const health = healths.find((each) => each === value);
    if (health === undefined) {
      return "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n";
    }
    if (server.tracks !== undefined) return "cannot change health on a tracking server.\n";
    status.setHealth(server, health);
    return "";
  },
  ssl: (found, _, args) => setServerSsl(found, args),
  state({ server, status }, value) {
    const state = states.find((each) => each === value);
    if (state === undefined) {
      return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n";
    }
    if (state === "ready") status.setReady(server);
    else if (state === "drain") status.setDrain(server);
    else status.setMaint(server);
    return "";
  },
  weight: setWeight,
};

export const serverCommands: readonly CommandRow[] = [
  {
    words: ["disable", "server"],
    args: "<bk>/<srv>",
    level: "admin",
    doc: "put a server into maintenance: no streams, no checks",
    section,
    run: onServer(({ server, status }) => {
      status.setMaint(server);
      return "";
    }),
  },
  {
    words: ["enable", "server"],
    args: "<bk>/<srv>",
    level: "admin",
    doc: "take a server out of maintenance",
    section,
    run: onServer(({ server, status }) => {
      status.setReady(server);
      return "";
    }),
  },
  {
    words: ["get", "weight"],
    args: "<bk>/<srv>",
    level: "user",
    doc: "weight of a server now, and in the configuration",
    section,
    run: onServer(({ server }) => `${weightText(server)}\n`),
  },
  {
    words: ["set", "server"],
    args: "<bk>/<srv> [opts]",
    level: "admin",
    doc: "change a server: state, weight, health, agent, addr, check-addr, agent-addr, fqdn, ssl",
    section,
    // The others keep an address each; the rest is State that all share.
    scope: ([, what]) => what === "addr" || what === "fqdn" || what === "ssl" ? "all" : undefined,
    run: onServer((found, [what, ...args], context) => {
      const set = what !== undefined && Object.hasOwn(settings, what) ? settings[what] : undefined;
      return set === undefined
        ? `usage: set server <backend>/<server> ${Object.keys(settings).join(" | ")}\n`
        : set(found, args[0], args, context);
    }),
  },
  {
    words: ["set", "weight"],
    args: "<bk>/<srv> <n>[%]",
    level: "admin",
    doc: "change the weight of a server (0 to 256, or percent of the initial one)",
    section,
    run: onServer((found, [text]) => setWeight(found, text)),
  },
  {
    words: ["shutdown", "sessions", "server"],
    args: "<bk>/<srv>",
    level: "admin",
    doc: "end the streams that a server serves",
    section,
    scope: () => "all",
    run: onServer(({ server, backend }, _args, { host }) => {
      host.acceptor.killStreams(backend.name, server.name);
      return "";
    }),
  },
];
