/** Commands about frontends: whether they accept, and how many connections (management manual 9.3). */
import type { Frontend } from "../../../proxy/frontend.ts";
import type { Listening } from "../../../proxy/listening.ts";
import type { CommandContext, CommandRow, RuntimeHost } from "../command.ts";

const section = "9.3";

interface Found {
  readonly frontend: Frontend;
  readonly listenings: readonly Listening[];
  readonly host: RuntimeHost;
}

function onFrontend(
  act: (found: Found, args: readonly string[]) => string,
): CommandRow["run"] {
  return ([name, ...args], { host }: CommandContext) => {
    if (name === undefined) return "A frontend name is expected.\n";
    const frontend = host.generation.frontends.find((each) =>
      each.name === name || name === `#${each.id}`
    );
    if (frontend === undefined) return "No such frontend.\n";
    const listenings = [...host.listenings].filter((each) => each.frontend === frontend);
    return act({ frontend, listenings, host }, args);
  };
}

const isShut = ({ listenings }: Found) =>
  listenings.length > 0 && listenings.every(({ closed }) => closed);

export const frontendCommands: readonly CommandRow[] = [
  {
    words: ["disable", "frontend"],
    args: "<frontend>",
    level: "admin",
    doc: "stop accepting for now: connections wait in the system",
    section,
    scope: () => "all",
    run: onFrontend((found) => {
      if (isShut(found)) return "Frontend was previously shut down, cannot disable.\n";
      if (found.listenings.every(({ held }) => held)) return "All sockets are already disabled.\n";
      found.frontend.status = "PAUSED";
      for (const listening of found.listenings) listening.hold();
      return "";
    }),
  },
  {
    words: ["enable", "frontend"],
    args: "<frontend>",
    level: "admin",
    doc: "accept again",
    section,
    scope: () => "all",
    run: onFrontend((found) => {
      if (isShut(found)) return "Frontend was previously shut down, cannot enable.\n";
      if (found.listenings.every(({ held }) => !held)) return "All sockets are already enabled.\n";
      found.frontend.status = "OPEN";
      for (const listening of found.listenings) listening.release();
      return "";
    }),
  },
  {
    words: ["shutdown", "frontend"],
    args: "<frontend>",
    level: "admin",
    doc: "close its listeners until the next reload; its connections go on",
    section,
    scope: () => "all",
    run: onFrontend((found) => {
      if (isShut(found)) return "Frontend was already shut down.\n";
      found.frontend.status = "STOP";
      found.host.shutFrontend(found.frontend.name);
      return "";
    }),
  },
  {
    words: ["set", "maxconn", "frontend"],
    args: "<frontend> <value>",
    level: "admin",
    doc: "change the most connections of a frontend",
    section,
    scope: () => "all",
    run: onFrontend(({ frontend, host }, [text]) => {
      if (text === undefined) return "Integer value expected.\n";
      const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
      frontend.maxconn = value > 0 ? value : undefined;
      host.acceptor.admitWaiting();
      return "";
    }),
  },
];
