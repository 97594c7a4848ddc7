/** `show stat` (management manual 9.3). */
import type { CommandContext, CommandRow } from "../command.ts";
import { mayDo } from "../level.ts";
import { allStats, type StatSelection, statSubjects } from "../../stats/collect.ts";
import { csvHeader, csvRow } from "../../stats/csv.ts";

/** Forms of HAProxy that are not there yet: an answer in another form would be misread. */
const notYet = ["desc", "json", "typed"];

export const statCommands: readonly CommandRow[] = [
  {
    words: ["show", "stat"],
    args: "[<px> <type> <sid>] [opts]",
    level: "user",
    doc: "counters of frontends, backends and servers as CSV (options: no-maint, up)",
    section: "9.3",
    run(args, { host, session }) {
      let rest = args;
      if (rest[0] === "domain") {
        if (rest[1] !== "proxy") return `'domain' takes 'proxy'.\n`;
        rest = rest.slice(2);
      }
      const legends = mayDo(session.level, "operator");
      const selection = select(rest, host.generation, legends);
      if (typeof selection === "string") return selection;
      const wrong = rest.find((word) => notYet.includes(word));
      if (wrong !== undefined) return `'${wrong}' is not supported; CSV is.\n`;
      return rows(host, selection);
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

function* rows(host: CommandContext["host"], selection: StatSelection): Iterable<string> {
  const { generation, acceptor, state } = host;
  yield csvHeader;
  for (const subject of statSubjects(generation, acceptor, state.wall(), selection)) {
    yield csvRow(subject);
  }
}
