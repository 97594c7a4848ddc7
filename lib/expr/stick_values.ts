/**
 * What fetches and converters read of an entry of a stick table, one row each: `http_req_rate` stands for
 * `sc_http_req_rate`, `sc0_http_req_rate` …, `src_http_req_rate` and the converter `table_http_req_rate` (manual
 * 7.3.1, 7.3.3).
 */
import { type Column, type DataName, DT } from "../config/stick_data.ts";
import type { StickTable } from "../stick/table.ts";

export interface StickValue {
  /** of the fetches, behind `sc_` and `src_` */
  readonly fetch: string;
  /** of the converter, behind `table_`; undefined: there is none */
  readonly converter?: string;
  readonly doc: string;
  readonly data: DataName;
  /** the array that has it when `data` is not stored, and the element there */
  readonly array?: DataName;
  readonly element?: number;
  /** bits that are left out: kilobytes of bytes */
  readonly shift?: number;
}

const value = (
  data: DataName,
  doc: string,
  more: Partial<StickValue> = {},
): StickValue => ({ fetch: data, converter: data, data, doc, ...more });

export const STICK_VALUES: readonly StickValue[] = [
  value("bytes_in_rate", "bytes from the client in the rate's period"),
  value("bytes_out_rate", "bytes to the client in the rate's period"),
  value("conn_cnt", "connections so far"),
  value("conn_cur", "connections now"),
  value("conn_rate", "connections in the rate's period"),
  value("gpt0", "the general purpose tag", { fetch: "get_gpt0", array: "gpt", element: 0 }),
  value("gpc0", "general purpose counter 0", { fetch: "get_gpc0", array: "gpc", element: 0 }),
  value("gpc1", "general purpose counter 1", { fetch: "get_gpc1", array: "gpc", element: 1 }),
  value("gpc0_rate", "increments of counter 0 in the rate's period", {
    array: "gpc_rate",
    element: 0,
  }),
  value("gpc1_rate", "increments of counter 1 in the rate's period", {
    array: "gpc_rate",
    element: 1,
  }),
  value("http_err_cnt", "requests that the client is to blame for"),
  value("http_err_rate", "such requests in the rate's period"),
  value("http_fail_cnt", "answers that servers are to blame for"),
  value("http_fail_rate", "such answers in the rate's period"),
  value("http_req_cnt", "HTTP requests so far"),
  value("http_req_rate", "HTTP requests in the rate's period"),
  value("bytes_in_cnt", "kilobytes from the client", {
    fetch: "kbytes_in",
    converter: "kbytes_in",
    shift: 1024,
  }),
  value("bytes_out_cnt", "kilobytes to the client", {
    fetch: "kbytes_out",
    converter: "kbytes_out",
    shift: 1024,
  }),
  value("sess_cnt", "sessions so far"),
  value("sess_rate", "sessions in the rate's period"),
];

/** Reads from an entry (0: none, which counts as 0); undefined: the table does not store it. */
export type ReadEntry = (table: StickTable, entry: number, wall: number) => number | undefined;

/** The reader of a value. */
export function entryReader({ data, array, element = 0, shift = 1 }: StickValue): ReadEntry {
  return (table, entry, wall) => {
    if (entry === 0) return 0;
    let column = table.columns[DT[data]];
    let index = 0;
    if (column === undefined && array !== undefined) {
      column = arrayColumn(table, array, element);
      index = element;
    }
    if (column === undefined) return undefined;
    const number = table.get(entry, column, wall, index);
    return shift === 1 ? number : Math.floor(number / shift);
  };
}

/** The array, when it has this element. */
export function arrayColumn(
  table: StickTable,
  array: DataName,
  element: number,
): Column | undefined {
  const column = table.columns[DT[array]];
  return column !== undefined && element < column.count ? column : undefined;
}

/** The single counter 0 or 1, else the array's element: a column and an index in it. */
function counterColumn(
  table: StickTable,
  single: DataName | undefined,
  array: DataName,
  index: number,
): { readonly column: Column; readonly at: number } | undefined {
  const own = single === undefined ? undefined : table.columns[DT[single]];
  if (own !== undefined) return { column: own, at: 0 };
  const column = arrayColumn(table, array, index);
  return column === undefined ? undefined : { column, at: index };
}

/** Which counter is meant: `gpc0` and `gpc1` are also what their arrays begin with. */
export interface Counter {
  readonly index: number;
  readonly single?: "gpc0" | "gpc1";
}

/** Adds to a general purpose counter and its rate: the new value; undefined: neither is stored. */
export function addToCounter(
  table: StickTable,
  entry: number,
  { index, single }: Counter,
  n: number,
  wall: number,
): number | undefined {
  const total = counterColumn(table, single, "gpc", index);
  const rate = counterColumn(table, single && `${single}_rate`, "gpc_rate", index);
  if (total === undefined && rate === undefined) return undefined;
  let now = 0;
  if (rate !== undefined) {
    table.add(entry, rate.column, wall, n, rate.at);
    now = table.get(entry, rate.column, wall, rate.at);
  }
  if (total !== undefined) now = (table.add(entry, total.column, wall, n, total.at) + n) >>> 0;
  table.touch(entry, wall);
  return now;
}

/** Makes a counter 0: what it was; undefined: it is not stored. */
export function clearCounter(
  table: StickTable,
  entry: number,
  { index, single }: Counter,
  wall: number,
): number | undefined {
  const total = counterColumn(table, single, "gpc", index);
  if (total === undefined) return undefined;
  const before = table.get(entry, total.column, wall, total.at);
  table.set(entry, total.column, wall, 0, total.at);
  table.touch(entry, wall);
  return before;
}
