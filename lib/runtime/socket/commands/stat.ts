/** `show stat` (management manual 9.3). */
import type { CommandContext, CommandRow } from "../command.ts";
import { mayDo } from "../level.ts";
import { allStats, type StatSelection, statSubjects } from "../../stats/collect.ts";
import { dumpStats } from "../../stats/dump.ts";
import { STATS_SCHEMA } from "../../stats/schema.ts";

export const statCommands: readonly CommandRow[] = [
  {
    words: ["show", "schema", "json"],
    args: "",
    level: "user",
    doc: "what the JSON forms of 'show info' and 'show stat' look like",
    section: "9.3",
    run: () => `${STATS_SCHEMA}\n`,
  },
  {
    words: ["clear", "counters"],
    args: "[all]",
    level: "operator",
    doc: "clear the highest values (all: all counters)",
    section: "9.3",
    run([what], { host, session }) {
      if (what === "all" && !mayDo(session.level, "admin")) return "Permission denied\n";
      clearCounters(host, what === "all");
      return "";
    },
  },
  {
    words: ["show", "stat"],
    args: "[desc|json|no-maint|typed|up]*",
    level: "user",
    doc: "counters of frontends, listeners, backends and servers as CSV (options: no-maint, up)",
    section: "9.3",
    run(args, { host, session }) {
      let rest = args;
      if (rest[0] === "domain") {
        if (rest[1] !== "proxy") return "Invalid statistics domain.\n";
        rest = rest.slice(2);
      }
      const legends = mayDo(session.level, "operator");
      const selection = select(rest, host.generation, legends);
      if (typeof selection === "string") return selection;
      const form = rest.includes("typed") ? "typed" : rest.includes("json") ? "json" : "csv";
      const { generation, acceptor, state } = host;
      const subjects = statSubjects(generation, acceptor, state.wall(), selection);
      return dumpStats(subjects, { form, described: rest.includes("desc") });
    },
  },
];

/** `<iid>|<proxy> <type> <sid>` are taken together or not at all; other words are options. */
function select(
  args: readonly string[],
  generation: CommandContext["host"]["generation"],
  legends: boolean,
): StatSelection | string {
  const onlyUp = args.includes("up");
  const noMaint = args.includes("no-maint");
  if (args.length < 3 || !isNumber(args[1]) || !isNumber(args[2])) {
    return { ...allStats, onlyUp, noMaint, legends };
  }
  const [proxy, type, sid] = args;
  const iid = isNumber(proxy)
    ? Number(proxy)
    : generation.config.proxies.find(({ name }) => name === proxy)?.id;
  if (iid === undefined) return "No such proxy.\n";
  return { iid, type: Number(type), sid: Number(sid), onlyUp, noMaint, legends };
}

function isNumber(text: string): boolean {
  return /^-?\d{1,10}$/.test(text);
}

/** Every counter of the process; without `all` only those that are a highest value. */
function clearCounters({ generation, state }: CommandContext["host"], all: boolean): void {
  state.counters.clear(all);
  for (const { counters, sockets } of generation.frontends) {
    counters.clear(all);
    for (const socket of sockets?.values() ?? []) socket.counters.clear(all);
  }
  for (const { counters, pool } of generation.backends.values()) {
    counters.clear(all);
    for (const server of pool.servers) server.counters.clear(all);
  }
}
