/** Stick tables, by the commands `show table`, `set table`, `clear table`. */
import { type ApiCall, ApiError, type ApiRoute, parameter, words } from "./route.ts";

interface Entry {
  readonly key: string;
  readonly expires: number;
  readonly data: Record<string, string | number>;
}

/** A line of `show table NAME`: `0x7f: key=10.0.0.1 use=0 exp=29000 gpc0=1 conn_rate(10000)=2`. */
export function parseEntry(line: string): Entry | undefined {
  const match = /^0x[0-9a-f]+: key=(.*?) use=\d+ exp=(\d+)(.*)$/.exec(line);
  if (match === null) return undefined;
  const data: Record<string, string | number> = {};
  for (const pair of match[3].split(" ").filter((each) => each !== "")) {
    const equals = pair.indexOf("=");
    const value = pair.slice(equals + 1);
    data[pair.slice(0, equals)] = /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  }
  return { key: match[1], expires: Number(match[2]), data };
}

const MISSING = new ApiError(404, "there is no such table");
const exists = ({ host }: ApiCall, name: string) => host.generation.tables.has(name);

async function entries(call: ApiCall, ...key: string[]): Promise<Entry[] | ApiError> {
  const name = parameter(call, "table");
  if (!exists(call, name)) return MISSING;
  const text = await words(call, ["show", "table", name, ...key]);
  return text.split("\n").map(parseEntry).filter((entry) => entry !== undefined);
}

/** A command that says nothing when it is done. */
async function change(call: ApiCall, given: readonly string[]) {
  if (!exists(call, parameter(call, "table"))) return MISSING;
  const said = (await words(call, given)).trim();
  return said === "" ? { done: true } : new ApiError(422, said);
}

const ofKey = (call: ApiCall) => ["table", parameter(call, "table"), "key", parameter(call, "key")];

export const tableRoutes: readonly ApiRoute[] = [
  {
    method: "get",
    path: "/tables",
    scope: "read",
    summary: "Stick tables",
    gives: "Tables",
    run: ({ host }) =>
      [...host.generation.tables].map(([name, table]) => ({
        name,
        type: table.config.type,
        size: table.config.size,
        used: table.used(host.state.wall()),
      })),
  },
  {
    method: "get",
    path: "/tables/:table/entries",
    scope: "operate",
    summary: "Entries of a table with what they have stored",
    gives: "TableEntries",
    run: (call) => entries(call),
  },
  {
    method: "get",
    path: "/tables/:table/entries/:key",
    scope: "operate",
    summary: "One entry",
    gives: "TableEntry",
    run: async (call) => {
      const found = await entries(call, "key", parameter(call, "key"));
      return found instanceof ApiError ? found : found[0] ??
        new ApiError(404, "there is no such entry");
    },
  },
  {
    method: "put",
    path: "/tables/:table/entries/:key",
    scope: "admin",
    summary: 'Makes an entry or changes it: `{"gpc0": 1}`',
    takes: "TableData",
    gives: "Done",
    run: (call) => {
      const data = Object.entries(call.body as Entry["data"])
        .flatMap(([name, value]) => [`data.${name}`, String(value)]);
      return change(call, ["set", ...ofKey(call), ...data]);
    },
  },
  {
    method: "delete",
    path: "/tables/:table/entries/:key",
    scope: "admin",
    summary: "Deletes an entry",
    gives: "Done",
    run: (call) => change(call, ["clear", ...ofKey(call)]),
  },
];
