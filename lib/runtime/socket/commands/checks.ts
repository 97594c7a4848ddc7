/** Commands about servers' checks and agents, their limits, and cookies made of their addresses. */
import { setAgentEnabled, setAgentHealth, setCheckEnabled } from "../../server_actions.ts";
import { type CommandContext, type CommandRow, findBackend, findServer } from "../command.ts";

const section = "9.3";

type Found = Exclude<ReturnType<typeof findServer>, string>;

function onServer(
  act: (found: Found, args: readonly string[], context: CommandContext) => string,
): CommandRow["run"] {
  return (args, context) => {
    const found = findServer(args[0], context.host.generation);
    return typeof found === "string" ? found : act(found, args.slice(1), context);
  };
}

/** `enable health`, `disable agent` …; to switch off what is not there is no mistake. */
function switching(what: "health" | "agent", on: boolean): CommandRow {
  const set = what === "health" ? setCheckEnabled : setAgentEnabled;
  const name = what === "health" ? "Health check" : "Agent";
  return {
    words: [on ? "enable" : "disable", what],
    args: "<bk>/<srv>",
    level: "admin",
    doc: `${on ? "do" : "leave out"} the ${
      what === "health" ? "health" : "agent"
    } checks of a server`,
    section,
    run: onServer(({ server }) =>
      set(server, on) || !on ? "" : `${name} was not configured on this server, cannot enable.\n`
    ),
  };
}

function dynamicCookie(on: boolean): CommandRow {
  return {
    words: [on ? "enable" : "disable", "dynamic-cookie", "backend"],
    args: "<bk>",
    level: "admin",
    doc: `${on ? "make" : "do not make"} cookies of the addresses of a backend's servers`,
    section,
    scope: () => "all",
    run: ([name], { host }) => {
      if (name === undefined) return "A backend name is expected.\n";
      const backend = findBackend(name, host.generation);
      if (backend === undefined) return "No such backend.\n";
      backend.cookieValues?.setDynamic(on);
      return "";
    },
  };
}

/** `set server … agent up|down`. */
export function setServerAgent(found: Found, value: string | undefined, c: CommandContext): string {
  if (value !== "up" && value !== "down") {
    return "'set server <srv> agent' expects 'up' or 'down'.\n";
  }
  const killStreams = c.host.killStreams.bind(c.host);
  const done = setAgentHealth(
    { ...found, backend: found.backend.name, killStreams },
    value === "up",
  );
  return done ? "" : "agent checks are not enabled on this server.\n";
}

export const checkCommands: readonly CommandRow[] = [
  switching("health", true),
  switching("health", false),
  switching("agent", true),
  switching("agent", false),
  {
    words: ["set", "maxconn", "server"],
    args: "<bk>/<srv> <value>",
    level: "admin",
    doc: "change the most connections of a server",
    section,
    run: onServer(({ server, status }, [text]) => {
      if (text === undefined) return "Require <maxconn>.\n";
      if (!/^\d/.test(text)) return "maxconn string empty or preceded by garbage";
      if (!/^\d{1,9}$/.test(text)) return "Trailing garbage in maxconn string";
      status.setMaxconn(server, Number(text));
      return "";
    }),
  },
  dynamicCookie(true),
  dynamicCookie(false),
  {
    words: ["set", "dynamic-cookie-key", "backend"],
    args: "<bk> <k>",
    level: "admin",
    doc: "change the secret that those cookies are made with",
    section,
    scope: () => "all",
    run: ([name, key], { host }) => {
      if (name === undefined) return "A backend name is expected.\n";
      const backend = findBackend(name, host.generation);
      if (backend === undefined) return "No such backend.\n";
      if (key === undefined) return "String value expected.\n";
      backend.cookieValues?.setKey(key);
      return "";
    },
  },
];
