/** Commands on stick tables: `show table`, `set table`, `clear table` (management manual 9.3). */
import { type Column, dataType } from "../../../config/stick_data.ts";
import { parseIp } from "../../../expr/ip.ts";
import { keyCast, keyText } from "../../../expr/stick_key.ts";
import type { StickKey } from "../../../stick/key.ts";
import type { StickTable } from "../../../stick/table.ts";
import { latin1OfText } from "../../../http1/bytes.ts";
import { mayDo } from "../level.ts";
import type { Answer, CommandContext, CommandRow } from "../command.ts";

const section = "9.3";

/** Filters of one command (HAProxy's limit). */
const MOST_FILTERS = 4;

const OPERATORS: Readonly<Record<string, (have: number, want: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
};

interface Filter {
  readonly column: Column;
  readonly holds: (have: number) => boolean;
}

/** One line for each table, or the entries of one. */
function* dump(
  table: StickTable,
  wall: number,
  filters: readonly Filter[] | undefined,
): Iterable<string> {
  yield headLine(table, wall);
  if (filters === undefined) return;
  for (let entry = table.next(0, wall); entry !== 0;) {
    try {
      if (passes(table, entry, wall, filters)) yield entryLine(table, entry, wall, 1);
    } finally {
      table.release(entry);
    }
    entry = table.next(entry, wall);
  }
}

function passes(
  table: StickTable,
  entry: number,
  wall: number,
  filters: readonly Filter[],
): boolean {
  return filters.every(({ column, holds }) => holds(table.get(entry, column, wall)));
}

function headLine(table: StickTable, wall: number): string {
  const { type, size } = table.config;
  return `# table: ${table.name}, type: ${type}, size:${size}, used:${table.used(wall)}\n`;
}

/** `own`: references that are ours. */
function entryLine(table: StickTable, entry: number, wall: number, own: number): string {
  let line = `0x${(entry * 4).toString(16)}: key=${keyText(table, table.keyOf(entry))} use=${
    table.refs(entry) - own
  } exp=${table.left(entry, wall)}`;
  for (const column of table.layout.columns) {
    const { type, count, period } = column;
    for (let i = 0; i < count; i++) {
      // Elements of an array are named as the single counters: gpc0, gpc1, gpc0_rate …
      const name = type.array ? type.name.replace(/^(gp[tc])/, `$1${i}`) : type.name;
      const value = table.get(entry, column, wall, i);
      const text = type.kind === "name" ? table.nameOf(value) ?? "-" : String(value);
      line += type.kind === "rate" ? ` ${name}(${period})=${text}` : ` ${name}=${text}`;
    }
  }
  return line + "\n";
}

/** A key as a person writes it; a string is a sentence that says why it is none. */
function readKey(table: StickTable, text: string): { readonly key: StickKey } | string {
  const { type } = table.config;
  const key = (() => {
    switch (type) {
      case "ip":
      case "ipv6": {
        const ip = parseIp(text);
        return ip === undefined ? undefined : keyCast("ip", type)!(ip);
      }
      case "integer":
        return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;
      case "string":
        return latin1OfText(text);
      case "binary":
        return /^([0-9a-fA-F]{2})+$/.test(text)
          ? text.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)))
          : undefined;
    }
  })();
  return key === undefined ? `'${text}' is no key of type ${type}\n` : { key };
}

function readFilters(table: StickTable, args: readonly string[]): Filter[] | string {
  const filters: Filter[] = [];
  for (let i = 0; i < args.length && args[i].startsWith("data."); i += 3) {
    const at = `Filter entry #${filters.length + 1}: `;
    if (filters.length === MOST_FILTERS) return `Too many filters, at most ${MOST_FILTERS}\n`;
    const [type, operator, value] = args.slice(i, i + 3);
    const column = readColumn(table, type);
    if (typeof column === "string") return at + column;
    const compare = operator !== undefined && Object.hasOwn(OPERATORS, operator)
      ? OPERATORS[operator]
      : undefined;
    if (compare === undefined) {
      return `${at}Require and operator among "eq", "ne", "le", "ge", "lt", "gt"\n`;
    }
    if (value === undefined || !/^-?[0-9]{1,19}$/.test(value)) {
      return `${at}Require a valid integer value to compare against\n`;
    }
    filters.push({ column, holds: (have) => compare(have, Number(value)) });
  }
  return filters;
}

function readColumn(table: StickTable, word: string): Column | string {
  const type = dataType(word.slice("data.".length));
  if (type === undefined) return "Unknown data type\n";
  return table.layout.columns.find((column) => column.type === type) ??
    "Data type not stored in this table\n";
}

/** What a command does with the table that is named. */
function onTable(
  act: (table: StickTable, args: readonly string[], context: CommandContext) => Answer,
  without: (context: CommandContext) => Answer,
): CommandRow["run"] {
  return (args, context) => {
    const [name, ...rest] = args;
    if (name === undefined) return without(context);
    const table = context.host.generation.tables.get(name);
    return table === undefined ? "No such table\n" : act(table, rest, context);
  };
}

function* showAll({ host }: CommandContext): Iterable<string> {
  const wall = host.state.wall();
  for (const table of [...host.generation.tables.values()].reverse()) yield headLine(table, wall);
}

function show(
  table: StickTable,
  args: readonly string[],
  { host, session }: CommandContext,
): Answer {
  const wall = host.state.wall();
  if (!mayDo(session.level, "operator")) return headLine(table, wall);
  if (args[0] === "key") {
    if (args[1] === undefined) return "Key value expected\n";
    const read = readKey(table, args[1]);
    if (typeof read === "string") return read;
    const entry = table.lookup(read.key, wall);
    if (entry === 0) return "";
    const text = headLine(table, wall) + entryLine(table, entry, wall, 1);
    table.release(entry);
    return text;
  }
  if (args.length > 0 && !args[0].startsWith("data.")) {
    return `Optional argument only supports "data.<store_data_type>" <operator> <value> and key <key>\n`;
  }
  const filters = readFilters(table, args);
  return typeof filters === "string" ? filters : dump(table, wall, filters);
}

function set(table: StickTable, args: readonly string[], { host }: CommandContext): string {
  const wall = host.state.wall();
  if (args[0]?.startsWith("data.")) {
    return `content-based lookup is only supported with the "show" and "clear" actions\n`;
  }
  if (args[0] !== "key") return SET_USAGE;
  if (args[1] === undefined) return "Key value expected\n";
  if (table.config.type === "binary") {
    return "Inserting keys into tables of type other than ip, ipv6, string and integer is not supported\n";
  }
  const read = readKey(table, args[1]);
  if (typeof read === "string") return read;
  // Everything is read before anything is written.
  const values: { column: Column; value: number }[] = [];
  for (let i = 2; i < args.length; i += 2) {
    if (!args[i].startsWith("data.")) return `"data.<type>" followed by a value expected\n`;
    const column = readColumn(table, args[i]);
    if (typeof column === "string") return column;
    const text = args[i + 1];
    if (text === undefined || !/^-?[0-9]{1,16}$/.test(text) || column.type.kind === "name") {
      return "Require a valid integer value to store\n";
    }
    values.push({ column, value: Number(text) });
  }
  const entry = table.acquire(read.key, wall);
  if (entry === 0) return "Unable to allocate a new entry\n";
  for (const { column, value } of values) table.set(entry, column, wall, value);
  table.touch(entry, wall);
  table.release(entry);
  return "";
}

function clear(table: StickTable, args: readonly string[], { host }: CommandContext): string {
  const wall = host.state.wall();
  if (args[0] === "key") {
    if (args[1] === undefined) return "Key value expected\n";
    const read = readKey(table, args[1]);
    if (typeof read === "string") return read;
    const entry = table.lookup(read.key, wall);
    if (entry === 0 || table.remove(entry)) return "";
    return "Entry currently in use, cannot remove\n";
  }
  if (args.length > 0 && !args[0].startsWith("data.")) return CLEAR_USAGE;
  const filters = readFilters(table, args);
  if (typeof filters === "string") return filters;
  for (let entry = table.next(0, wall); entry !== 0; entry = table.next(entry, wall)) {
    if (passes(table, entry, wall, filters)) table.remove(entry);
    else table.release(entry);
  }
  return "";
}

const SET_USAGE = "Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n";
const CLEAR_USAGE = `Required arguments: <table> "data.<store_data_type>" <operator> <value> ` +
  `or <table> key <key>\n`;

export const tableCommands: readonly CommandRow[] = [
  {
    words: ["clear", "table"],
    args: "<table> [<filter>]*",
    level: "admin",
    doc: "remove entries of a stick table (filter: data.<type> <operator> <value> | key <key>)",
    section,
    run: onTable(clear, () => CLEAR_USAGE),
  },
  {
    words: ["set", "table"],
    args: "<table> key <k> [data.* <v>]*",
    level: "admin",
    doc: "make an entry of a stick table, or change its data",
    section,
    run: onTable(set, () => SET_USAGE),
  },
  {
    words: ["show", "table"],
    args: "<table> [<filter>]*",
    level: "user",
    doc: "list the stick tables, or the entries of one (same filters as 'clear table')",
    section,
    run: onTable(show, showAll),
  },
];
