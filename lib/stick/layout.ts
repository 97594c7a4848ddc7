/** How a stick table lies in its shared memory: header, names, buckets, records. All in cells of 32 bits. */
import type { StickTableConfig } from "../config/model_stick.ts";
import { CELLS, type Column, columnsOf } from "../config/stick_data.ts";
import { keyCells } from "./key.ts";

/** Cells of the header. */
export const HEAD = {
  lock: 0,
  /** entries in use */
  used: 1,
  /** offset behind the last record that was ever used */
  end: 2,
  /** first free record */
  free: 3,
  /** touched longest ago, and last */
  oldest: 4,
  newest: 5,
  /** secret of the hash */
  seed: 6,
  /** names in use (`server_key`) */
  names: 8,
  /** number of the last change, and of the last one that somebody has taken (see changes.ts) */
  changes: 9,
  taken: 10,
} as const;
const HEAD_CELLS = 16;

/** Cells of a record before its key; links are offsets of records, 0 is none. */
export const REC = { next: 0, older: 1, newer: 2, refs: 3, expire: 4, hash: 5 } as const;
const REC_CELLS = 6;

/** Names of servers that a table can hold, and bytes of one. */
export const MAX_NAMES = 1024;
const NAME_CELLS = 1 + 64 / 4;
export const NAME_BYTES = 64;

export interface TableLayout {
  readonly columns: readonly Column[];
  readonly keyAt: number;
  readonly keyCells: number;
  readonly recordCells: number;
  /** a power of two */
  readonly buckets: number;
  readonly namesAt: number;
  readonly nameCells: number;
  readonly bucketsAt: number;
  readonly recordsAt: number;
  /** of a table whose changes are told to others: the ring of entries by number of change; 0: they are not */
  readonly changesAt: number;
  /** cell of a record that holds the number of its last change */
  readonly changeCell: number;
  /** cells from a datum to what the store of all nodes has said of it; 0: there is no such store */
  readonly shadowAt: number;
  /** of the whole table: known at load, and never more */
  readonly bytes: number;
}

/** Lays out a table; its memory follows from `size` and what is stored. */
export function layoutOf(config: StickTableConfig): TableLayout {
  const cells = keyCells(config);
  const columns = columnsOf(config.store, REC_CELLS + cells);
  const last = columns.at(-1);
  const changeCell = last === undefined
    ? REC_CELLS + cells
    : last.cell + last.count * CELLS[last.type.kind];
  const told = config.peers !== undefined || config.redis !== undefined;
  const shadow = config.redis === undefined ? 0 : changeCell - REC_CELLS - cells;
  const shadowAt = shadow === 0 ? 0 : changeCell + 1 - REC_CELLS - cells;
  const end = changeCell + (told ? 1 : 0) + shadow;
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(config.size, 16)));
  const hasNames = columns.some(({ type }) => type.kind === "name");
  const bucketsAt = HEAD_CELLS + (hasNames ? MAX_NAMES * NAME_CELLS : 0);
  const changesAt = told ? bucketsAt + buckets : 0;
  const recordsAt = bucketsAt + (told ? 2 : 1) * buckets;
  return {
    columns,
    keyAt: REC_CELLS,
    keyCells: cells,
    recordCells: end,
    buckets,
    namesAt: HEAD_CELLS,
    nameCells: NAME_CELLS,
    bucketsAt,
    recordsAt,
    changesAt,
    changeCell,
    shadowAt,
    bytes: (recordsAt + config.size * end) * 4,
  };
}
