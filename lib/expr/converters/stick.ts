/** Converters that look a sample up in a stick table (manual 7.3.1): `in_table`, `table_*`. */
import type { StickTable } from "../../stick/table.ts";
import type { ArgSpec, ArgValue, ConverterRow, Lookup } from "../rows.ts";
import type { Value } from "../sample.ts";
import { keyCast } from "../stick_key.ts";
import {
  addToCounter,
  arrayColumn,
  clearCounter,
  entryReader,
  type ReadEntry,
  STICK_VALUES,
} from "../stick_values.ts";

const SECTION = "7.3.1";
const TABLE: ArgSpec = { name: "table", type: "table" };
const INDEX: ArgSpec = {
  name: "idx",
  type: "int",
  check: (value) => Number(value) >= 0 && Number(value) < 100 ? undefined : "0 to 99",
};

function row(
  name: string,
  doc: string,
  read: (args: readonly ArgValue[]) => (table: StickTable, entry: number, wall: number) =>
    | Value
    | undefined,
  more: Partial<ConverterRow> = {},
): ConverterRow {
  const args = more.args ?? [TABLE];
  const at = args.indexOf(TABLE);
  return {
    name,
    args,
    input: "any",
    output: "sint",
    doc,
    section: SECTION,
    make: (values, lookup: Lookup, from) => {
      const table = lookup.findTable?.(values[at] as string);
      const toKey = table && keyCast(from, table.config.type);
      if (table === undefined || toKey === undefined) return () => undefined;
      const get = read(values);
      return (value, stream) => {
        const key = toKey(value);
        if (key === undefined) return undefined;
        const wall = stream.process.wall();
        const entry = table.lookup(key, wall);
        const found = get(table, entry, wall);
        if (entry !== 0) table.release(entry);
        return found;
      };
    },
    ...more,
  };
}

const element =
  (array: "gpt" | "gpc" | "gpc_rate") => ([index]: readonly ArgValue[]): ReadEntry => {
    const at = index as number;
    return (table, entry, wall) => {
      if (entry === 0) return 0;
      const column = arrayColumn(table, array, at);
      return column && table.get(entry, column, wall, at);
    };
  };

const WITH_INDEX: Partial<ConverterRow> = { args: [INDEX, TABLE] };

/** ms since an entry was touched, or until it goes, as in HAProxy; `fallback` when there is none. */
function timeRow(name: string, doc: string, ms: (left: number, of: number) => number) {
  return row(
    name,
    doc,
    ([, fallback]) => (table, entry, wall) =>
      entry === 0
        ? fallback as Value | undefined
        : ms(table.left(entry, wall), table.config.expire ?? 0),
    {
      args: [TABLE, { name: "default_value", type: "int", optional: true }],
      section: "7.3.1",
    },
  );
}

/** Changes a counter; `makes`: the entry is made when it is not there. */
function counterRow(
  name: string,
  doc: string,
  makes: boolean,
  change: (table: StickTable, entry: number, index: number, wall: number) => number | undefined,
): ConverterRow {
  return {
    ...row(name, doc, () => () => undefined, WITH_INDEX),
    section: "7.3.1 (HAProxy 3.2)",
    make: ([index, name], lookup: Lookup, from) => {
      const table = lookup.findTable?.(name as string);
      const toKey = table && keyCast(from, table.config.type);
      if (table === undefined || toKey === undefined) return () => undefined;
      return (value, stream) => {
        const key = toKey(value);
        if (key === undefined) return undefined;
        const wall = stream.process.wall();
        const entry = makes ? table.acquire(key, wall) : table.lookup(key, wall);
        if (entry === 0) return 0;
        const result = change(table, entry, index as number, wall);
        table.release(entry);
        return result;
      };
    },
  };
}

export const STICK_CONVERTERS: readonly ConverterRow[] = [
  row("in_table", "true when the table has the key", () => (_table, entry) => entry !== 0, {
    output: "bool",
  }),
  ...STICK_VALUES.map((value) => {
    const read = entryReader(value);
    return row(`table_${value.converter}`, `${value.doc}, of the key in the table`, () => read);
  }),
  row("table_gpt", "a general purpose tag of the array, of the key", element("gpt"), WITH_INDEX),
  counterRow(
    "table_inc_gpc",
    "adds 1 to a counter of the array, of the key: its new value; a key that is not there gets an entry",
    true,
    (table, entry, index, wall) => addToCounter(table, entry, { index }, 1, wall),
  ),
  counterRow(
    "table_clr_gpc",
    "makes a counter of the array 0, of the key: what it was",
    false,
    (table, entry, index, wall) => clearCounter(table, entry, { index }, wall),
  ),
  row("table_gpc", "a counter of the array, of the key in the table", element("gpc"), WITH_INDEX),
  row(
    "table_gpc_rate",
    "increments of a counter of the array in the rate's period, of the key in the table",
    element("gpc_rate"),
    WITH_INDEX,
  ),
  row("table_server_id", "the number of the server that the table has for the key", () => {
    return (table, entry, wall) => {
      if (entry === 0) return 0;
      const column = table.column("server_id");
      return column && table.get(entry, column, wall);
    };
  }),
  row(
    "table_trackers",
    "connections and streams that track the key in the table",
    // One reference is the look-up's own.
    () => (table, entry) => entry === 0 ? 0 : table.refs(entry) - 1,
  ),
  timeRow("table_expire", "ms after which the key's entry goes", (left) => left),
  timeRow("table_idle", "ms since the key's entry was touched", (left, of) => of - left),
];
