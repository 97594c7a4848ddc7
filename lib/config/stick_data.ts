/** What an entry of a stick table can hold (manual 4.2 `stick-table`), in HAProxy's order. */
import type { StoredData } from "./model_stick.ts";

/** `uint`, `sint`: one cell; `u64`: two; `rate`: three (see rate_cells.ts); `name`: a place in the table's names. */
export type DataKind = "uint" | "sint" | "u64" | "rate" | "name";

export interface DataType {
  readonly name: string;
  readonly kind: DataKind;
  /** several of them, by index */
  readonly array?: true;
}

/** In the order in which `show table` prints them. */
export const STICK_DATA = [
  { name: "server_id", kind: "sint" },
  { name: "gpt0", kind: "uint" },
  { name: "gpc0", kind: "uint" },
  { name: "gpc0_rate", kind: "rate" },
  { name: "conn_cnt", kind: "uint" },
  { name: "conn_rate", kind: "rate" },
  { name: "conn_cur", kind: "uint" },
  { name: "sess_cnt", kind: "uint" },
  { name: "sess_rate", kind: "rate" },
  { name: "http_req_cnt", kind: "uint" },
  { name: "http_req_rate", kind: "rate" },
  { name: "http_err_cnt", kind: "uint" },
  { name: "http_err_rate", kind: "rate" },
  { name: "bytes_in_cnt", kind: "u64" },
  { name: "bytes_in_rate", kind: "rate" },
  { name: "bytes_out_cnt", kind: "u64" },
  { name: "bytes_out_rate", kind: "rate" },
  { name: "gpc1", kind: "uint" },
  { name: "gpc1_rate", kind: "rate" },
  { name: "server_key", kind: "name" },
  { name: "http_fail_cnt", kind: "uint" },
  { name: "http_fail_rate", kind: "rate" },
  { name: "gpt", kind: "uint", array: true },
  { name: "gpc", kind: "uint", array: true },
  { name: "gpc_rate", kind: "rate", array: true },
] as const satisfies readonly DataType[];

export type DataName = typeof STICK_DATA[number]["name"];

/** Positions in STICK_DATA by name: constants for the hot path. */
export const DT: Readonly<Record<DataName, number>> = Object.fromEntries(
  STICK_DATA.map(({ name }, i) => [name, i]),
) as Record<DataName, number>;

/** Cells (32 bits) of one element. */
export const CELLS: Readonly<Record<DataKind, number>> = {
  uint: 1,
  sint: 1,
  u64: 2,
  rate: 3,
  name: 1,
};

/** Most elements of an array (HAProxy's limit). */
export const MAX_ELEMENTS = 100;

/** An array takes the place of the single counters (manual 4.2): which ones it excludes. */
export const EXCLUDES: Readonly<Record<string, readonly string[]>> = {
  gpt: ["gpt0"],
  gpc: ["gpc0", "gpc1"],
  gpc_rate: ["gpc0_rate", "gpc1_rate"],
};

/** The type of this name. */
export function dataType(name: string): DataType | undefined {
  return Object.hasOwn(DT, name) ? STICK_DATA[DT[name as DataName]] : undefined;
}

/** Where a stored type lies in a record. */
export interface Column {
  readonly type: DataType;
  /** position in STICK_DATA */
  readonly index: number;
  /** first cell, from the record's first one */
  readonly cell: number;
  /** elements: 1, or more of an array */
  readonly count: number;
  /** ms; of rates */
  readonly period: number;
}

/** Lays the stored types out from cell `start` on, in HAProxy's order; each at most once. */
export function columnsOf(store: readonly StoredData[], start: number): Column[] {
  const columns: Column[] = [];
  let cell = start;
  STICK_DATA.forEach((type: DataType, index) => {
    const data = store.find(({ name }) => name === type.name);
    if (data === undefined) return;
    const count = type.array ? data.count ?? 1 : 1;
    columns.push({ type, index, cell, count, period: data.period ?? 0 });
    cell += count * CELLS[type.kind];
  });
  return columns;
}
