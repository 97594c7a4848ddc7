/** Fetches of stick tables (manual 7.3.2, 7.3.3): `sc_*`, `sc0_*` to `sc2_*`, `src_*`, `table_*`. */
import type { StreamView } from "../context.ts";
import type { StickTable } from "../../stick/table.ts";
import type { StickKey } from "../../stick/key.ts";
import { type Tracked, trackedOf } from "../../stick/counters.ts";
import type { ArgSpec, ArgValue, Fetch, FetchRow, Lookup } from "../rows.ts";
import { keyCast } from "../stick_key.ts";
import {
  addToCounter,
  arrayColumn,
  clearCounter,
  type Counter,
  entryReader,
  type ReadEntry,
  STICK_VALUES,
} from "../stick_values.ts";
import { CLIENT_FETCHES } from "./client.ts";

const CTR: ArgSpec = {
  name: "ctr",
  type: "int",
  check: (value) => Number(value) >= 0 && Number(value) < 32 ? undefined : "a slot's number from 0",
};
const TABLE: ArgSpec = { name: "table", type: "table", optional: true };
const INDEX: ArgSpec = {
  name: "idx",
  type: "int",
  check: (value) => Number(value) >= 0 && Number(value) < 100 ? undefined : "0 to 99",
};

const SRC = CLIENT_FETCHES.find(({ name }) => name === "src")!;

/** What is done with an entry that was found; `create`: it is made when there is none. */
interface Use {
  readonly run: ReadEntry;
  readonly create?: true;
}

const MOST_SLOTS = 3;

function checkSlot(slot: ArgValue, lookup: Lookup): string | undefined {
  const slots = lookup.stickCounters ?? MOST_SLOTS;
  return Number(slot) < slots
    ? undefined
    : `there are the slots 0 to ${slots - 1} ('tune.stick-counters ${slots}')`;
}

/** The table that is named, else the proxy's own. */
function checkTable(name: ArgValue, { proxyName, findTable }: Lookup): string | undefined {
  if (name !== undefined || findTable === undefined || proxyName === undefined) return undefined;
  return findTable(proxyName) === undefined
    ? `'${proxyName}' has no stick-table: name the proxy whose table is meant`
    : undefined;
}

const tableFor = (name: ArgValue, lookup: Lookup) =>
  lookup.findTable?.((name ?? lookup.proxyName ?? "") as string);

/** Looks up in a table, uses what is there, and lets it go. */
function useKey(
  table: StickTable,
  key: StickKey,
  wall: number,
  { run, create }: Use,
): number | undefined {
  const entry = create ? table.acquire(key, wall) : table.lookup(key, wall);
  const value = run(table, entry, wall);
  if (entry !== 0) table.release(entry);
  return value;
}

/** The entry that slot `slot` tracks; with `name`, the entry of the same key in that table. */
function ofSlot(slot: number, name: ArgValue, lookup: Lookup, use: Use): Fetch {
  if (name === undefined) {
    return (stream) => {
      const tracked = trackedOf(stream, slot);
      return tracked && use.run(tracked.table, tracked.entry, stream.process.wall());
    };
  }
  const table = lookup.findTable?.(name as string);
  return (stream) => {
    const tracked: Tracked | undefined = trackedOf(stream, slot);
    if (tracked === undefined || table === undefined) return undefined;
    if (tracked.table.config.type !== table.config.type) return undefined;
    return useKey(table, tracked.table.keyOf(tracked.entry), stream.process.wall(), use);
  };
}

function ofSource(name: ArgValue, lookup: Lookup, use: Use): Fetch {
  const table = tableFor(name, lookup);
  if (table === undefined) return () => undefined;
  const src = SRC.make([], lookup);
  const toKey = keyCast("ip", table.config.type);
  return (stream: StreamView) => {
    const value = src(stream);
    const key = value === undefined ? undefined : toKey?.(value);
    return key === undefined ? undefined : useKey(table, key, stream.process.wall(), use);
  };
}

interface Family {
  readonly name: string;
  readonly doc: string;
  /** arguments before the slot and the table */
  readonly index?: true;
  readonly sc?: false;
  readonly use: (index: ArgValue) => Use;
}

const counterUse = (
  act: (table: StickTable, entry: number, counter: Counter, wall: number) => number | undefined,
  single: Counter["single"],
  create?: true,
): Family["use"] =>
(index) => {
  const counter: Counter = single === undefined
    ? { index: index as number }
    : { single, index: single === "gpc0" ? 0 : 1 };
  return {
    run: (table, entry, wall) => entry === 0 ? 0 : act(table, entry, counter, wall),
    create,
  };
};

const increment: Parameters<typeof counterUse>[0] = (table, entry, counter, wall) =>
  addToCounter(table, entry, counter, 1, wall);

const element = (array: "gpt" | "gpc" | "gpc_rate"): Family["use"] => (index) => ({
  run(table, entry, wall) {
    if (entry === 0) return 0;
    const column = arrayColumn(table, array, index as number);
    return column && table.get(entry, column, wall, index as number);
  },
});

/** In all forms. */
const FAMILIES: readonly Family[] = [
  ...STICK_VALUES.map((value): Family => {
    const run = entryReader(value);
    return { name: value.fetch, doc: value.doc, use: () => ({ run }) };
  }),
  ...(["gpc0", "gpc1"] as const).flatMap((single): Family[] => [
    {
      name: `clr_${single}`,
      doc: `clears ${single}, and gives what it was`,
      use: counterUse(clearCounter, single),
    },
    {
      name: `inc_${single}`,
      doc: `adds 1 to ${single}, and gives what it is then`,
      use: counterUse(increment, single, true),
    },
  ]),
  { name: "get_gpt", index: true, doc: "a general purpose tag of the array", use: element("gpt") },
  {
    name: "get_gpc",
    index: true,
    doc: "a general purpose counter of the array",
    use: element("gpc"),
  },
  {
    name: "gpc_rate",
    index: true,
    doc: "increments of a counter of the array in the rate's period",
    use: element("gpc_rate"),
  },
  {
    name: "inc_gpc",
    index: true,
    doc: "adds 1 to a counter of the array, and gives what it is then",
    use: counterUse(increment, undefined, true),
  },
  {
    name: "clr_gpc",
    index: true,
    doc: "clears a counter of the array, and gives what it was",
    use: counterUse(clearCounter, undefined),
  },
];

const SECTION = "7.3.3";

function rowsOf({ name, index, doc, use }: Family): FetchRow[] {
  const before = index ? [INDEX] : [];
  const common = { type: "sint", needs: "client", section: SECTION } as const;
  const slots = index ? [] : [0, 1, 2].map((slot): FetchRow => ({
    ...common,
    name: `sc${slot}_${name}`,
    args: [TABLE],
    doc: `${doc}, of what slot ${slot} tracks`,
    check: (_, lookup) => checkSlot(slot, lookup),
    make: ([table], lookup) => ofSlot(slot, table, lookup, use(undefined)),
  }));
  return [
    {
      ...common,
      name: `sc_${name}`,
      args: [...before, CTR, TABLE],
      doc: `${doc}, of what the slot tracks`,
      check: (args, lookup) => checkSlot(args[before.length], lookup),
      make: (args, lookup) => {
        const [slot, table] = args.slice(before.length);
        return ofSlot(slot as number, table, lookup, use(args[0]));
      },
    },
    ...slots,
    {
      ...common,
      name: `src_${name}`,
      args: [...before, TABLE],
      doc: `${doc}, of the client's address`,
      check: (args, lookup) => checkTable(args[before.length], lookup),
      make: (args, lookup) => ofSource(args[before.length], lookup, use(args[0])),
    },
  ];
}

/** `sc_tracked(0)`, `sc0_tracked` … */
function slotRows(
  name: string,
  type: "bool" | "sint",
  doc: string,
  read: (tracked: Tracked | undefined) => boolean | number | undefined,
): FetchRow[] {
  const row = (prefix: string, slot?: number): FetchRow => ({
    name: `${prefix}_${name}`,
    args: slot === undefined ? [CTR] : [],
    type,
    needs: "client",
    doc,
    section: SECTION,
    check: ([arg], lookup) => checkSlot(slot ?? arg, lookup),
    make: ([arg]) => (stream) => read(trackedOf(stream, slot ?? arg as number)),
  });
  return [row("sc"), ...[0, 1, 2].map((slot) => row(`sc${slot}`, slot))];
}

function tableRow(
  name: string,
  doc: string,
  read: (table: StickTable, wall: number) => number,
): FetchRow {
  return {
    name,
    args: [TABLE],
    type: "sint",
    needs: "internal",
    doc,
    section: "7.3.2",
    check: ([table], lookup) => checkTable(table, lookup),
    make: ([name], lookup) => {
      const table = tableFor(name, lookup);
      return (stream) => table && read(table, stream.process.wall());
    },
  };
}

export const STICK_FETCHES: readonly FetchRow[] = [
  ...FAMILIES.flatMap(rowsOf),
  ...slotRows("tracked", "bool", "true when the slot tracks something", (t) => t !== undefined),
  ...slotRows(
    "trackers",
    "sint",
    "connections and streams that track the same entry as the slot",
    (tracked) => tracked?.table.refs(tracked.entry),
  ),
  {
    name: "src_updt_conn_cnt",
    args: [TABLE],
    type: "sint",
    needs: "client",
    doc: "adds 1 to conn_cnt of the client's address, and gives what it is then",
    section: SECTION,
    check: ([table], lookup) => checkTable(table, lookup),
    make: ([name], lookup) =>
      ofSource(name, lookup, {
        create: true,
        run(table, entry, wall) {
          const column = table.column("conn_cnt");
          return column === undefined || entry === 0
            ? undefined
            : table.add(entry, column, wall, 1) + 1;
        },
      }),
  },
  tableRow(
    "table_avl",
    "entries that the table has room for",
    (table, wall) => table.config.size - table.used(wall),
  ),
  tableRow("table_cnt", "entries that are in use", (table, wall) => table.used(wall)),
];
