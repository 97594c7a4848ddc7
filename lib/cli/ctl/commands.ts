/** The commands of `sluice ctl`, a row each. */
import { formatTable, parseTable } from "./table.ts";
import type { Ask } from "./transport.ts";

/** What a command has found: rows for a table or for JSON, or a text as it is. */
export type Found =
  | { readonly heads: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | string;

export interface CtlCommand {
  readonly name: string;
  readonly args: string;
  readonly doc: string;
  /** words that it needs */
  readonly least?: number;
  readonly run: (ask: Ask, words: readonly string[]) => Promise<Found>;
}

/** A view of `show stat`: the rows of one kind, some of their columns. */
function view(
  name: string,
  type: 0 | 1 | 2,
  doc: string,
  columns: Readonly<Record<string, string>>,
): CtlCommand {
  return {
    name,
    args: type === 2 ? "[BACKEND]" : "",
    doc,
    async run(ask, [only]) {
      const all = parseTable(await ask("show stat"), ",");
      const rows = all.filter((row) =>
        row.type === String(type) && (only === undefined || row.pxname === only)
      );
      return {
        heads: Object.keys(columns),
        rows: rows.map((row) => Object.values(columns).map((column) => row[column] ?? "")),
      };
    },
  };
}

/** A command that changes something: silence means that it is done. */
function change(
  name: string,
  args: string,
  doc: string,
  line: (words: readonly string[]) => string,
  least = 1,
): CtlCommand {
  return {
    name,
    args,
    doc,
    least,
    async run(ask, words) {
      const answer = (await ask(line(words))).trim();
      if (answer !== "") throw new Error(answer);
      return "done\n";
    },
  };
}

function plain(
  name: string,
  args: string,
  doc: string,
  line: (words: readonly string[]) => string,
  least = 0,
): CtlCommand {
  return { name, args, doc, least, run: (ask, words) => ask(line(words)) };
}

/** An argument as one word of the runtime socket. */
function word(text: string): string {
  return text.replace(/[\\ ;\t'"]/g, "\\$&").replace(/[\r\n]/g, " ");
}

/** Lines of an answer as rows; those that `row` does not know are left out. */
function listing(
  name: string,
  args: string,
  doc: string,
  line: (words: readonly string[]) => string,
  row: (line: string) => readonly string[] | undefined,
  heads: readonly string[],
  least = 0,
): CtlCommand {
  return {
    name,
    args,
    doc,
    least,
    async run(ask, words) {
      const lines = (await ask(line(words))).split("\n").filter((each) => each !== "");
      const rows = lines.map(row).filter((each) => each !== undefined);
      // A sentence says why there is none.
      if (rows.length === 0 && lines.some((each) => !each.startsWith("#"))) {
        throw new Error(lines.join("\n"));
      }
      return { heads, rows };
    },
  };
}

/** `1 (/etc/hosts.map) pattern loaded … entry_cnt=2`; what has no name is no list that may change. */
function listRow(line: string): readonly string[] | undefined {
  return /^(\d+) \((.+?)\) .* entry_cnt=(\d+)$/.exec(line)?.slice(1);
}

/** `0x55d0 key value` */
function entryRow(line: string): readonly string[] | undefined {
  return /^0x[0-9a-f]+ (\S+) ?(.*)$/.exec(line)?.slice(1);
}

function tableRow(line: string): readonly string[] | undefined {
  return /^# table: (.+), type: (\S+), size:(\d+), used:(\d+)$/.exec(line)?.slice(1);
}

function sessionRow(line: string): readonly string[] | undefined {
  return /^(0x[0-9a-f]+): proto=\S+ src=(\S+) fe=(\S+) be=(\S+) srv=(\S+) .*?age=(\S+)/
    .exec(line)?.slice(1);
}

const state = (name: string, doc: string) =>
  change(name, "BACKEND/SERVER", doc, ([server]) => `set server ${server} state ${name}`);

export const ctlCommands: readonly CtlCommand[] = [
  view("servers", 2, "servers with their state", {
    backend: "pxname",
    server: "svname",
    status: "status",
    check: "check_status",
    weight: "weight",
    sessions: "scur",
    queue: "qcur",
    total: "stot",
    "5xx": "hrsp_5xx",
    since: "lastchg",
    address: "addr",
  }),
  view("backends", 1, "backends with their state", {
    backend: "pxname",
    status: "status",
    active: "act",
    backup: "bck",
    sessions: "scur",
    queue: "qcur",
    total: "stot",
    retries: "wretr",
    errors: "econ",
    "ms": "ttime",
  }),
  view("frontends", 0, "frontends with their traffic", {
    frontend: "pxname",
    status: "status",
    sessions: "scur",
    limit: "slim",
    "req/s": "req_rate",
    requests: "req_tot",
    "4xx": "hrsp_4xx",
    "5xx": "hrsp_5xx",
    bytes: "bout",
  }),
  {
    name: "info",
    args: "",
    doc: "the process",
    async run(ask) {
      const lines = (await ask("show info")).trim().split("\n");
      const rows = lines.map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)];
      });
      return { heads: ["name", "value"], rows };
    },
  },
  state("ready", "takes a server out of maintenance and drain"),
  state("drain", "lets a server finish what it has"),
  state("maint", "puts a server into maintenance"),
  change(
    "weight",
    "BACKEND/SERVER N",
    "changes the weight of a server",
    ([server, weight]) => `set server ${server} weight ${weight}`,
    2,
  ),
  listing("sessions", "", "what is being served", () => "show sess", sessionRow, [
    "id",
    "client",
    "frontend",
    "backend",
    "server",
    "age",
  ]),
  change("kill", "SESSION", "ends a session", ([id]) => `shutdown session ${id}`),
  listing("maps", "", "maps", () => "show map", listRow, ["id", "file", "entries"]),
  listing("acls", "", "pattern lists of ACLs", () => "show acl", listRow, [
    "id",
    "file",
    "entries",
  ]),
  listing("map", "ID", "keys and values of a map", ([id]) => `show map #${id}`, entryRow, [
    "key",
    "value",
  ], 1),
  listing("acl", "ID", "patterns of a list", ([id]) => `show acl #${id}`, entryRow, ["pattern"], 1),
  change(
    "map-set",
    "ID KEY VALUE",
    "gives a key of a map another value",
    ([id, key, ...value]) => `set map #${id} ${word(key)} ${word(value.join(" "))}`,
    3,
  ),
  change(
    "map-add",
    "ID KEY VALUE",
    "adds a key to a map",
    ([id, key, ...value]) => `add map #${id} ${word(key)} ${word(value.join(" "))}`,
    3,
  ),
  change(
    "map-del",
    "ID KEY",
    "deletes a key of a map",
    ([id, key]) => `del map #${id} ${word(key)}`,
    2,
  ),
  change(
    "acl-add",
    "ID PATTERN",
    "adds a pattern",
    ([id, key]) => `add acl #${id} ${word(key)}`,
    2,
  ),
  change(
    "acl-del",
    "ID PATTERN",
    "deletes a pattern",
    ([id, key]) => `del acl #${id} ${word(key)}`,
    2,
  ),
  listing("tables", "", "stick tables", () => "show table", tableRow, [
    "table",
    "type",
    "size",
    "used",
  ]),
  plain("table", "NAME", "entries of a stick table", ([name]) => `show table ${word(name)}`, 1),
  plain("certificates", "", "certificates in memory", () => "show ssl cert"),
  plain("certificate", "FILE", "one of them", ([file]) => `show ssl cert ${word(file)}`, 1),
  plain("events", "", "what happened to servers", () => "show events buf0"),
  plain("errors", "", "messages that were no HTTP", () => "show errors"),
  plain("config", "", "the configuration in use", () => "show config"),
  plain("versions", "", "earlier configurations", () => "show config versions"),
  plain(
    "rollback",
    "[ID]",
    "takes an earlier configuration back",
    ([id]) => `rollback config${id === undefined ? "" : ` ${id}`}`,
  ),
  change(
    "reopen-logs",
    "",
    "opens log files anew, after they were renamed",
    () => "reopen logs",
    0,
  ),
  plain("run", "WORD …", "any command of the runtime socket", (words) => words.join(" "), 1),
];

/** A found thing as text: a table, JSON, or as it is. */
export function render(found: Found, json: boolean): string {
  if (typeof found === "string") return json ? `${JSON.stringify({ answer: found })}\n` : found;
  const { heads, rows } = found;
  if (!json) return formatTable(heads, rows);
  const objects = rows.map((row) => Object.fromEntries(heads.map((head, at) => [head, row[at]])));
  return `${JSON.stringify(objects, undefined, 2)}\n`;
}
