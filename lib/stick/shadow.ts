/**
 * Tables whose counts are added up over many nodes by a store that all of them use: what of an entry the store does
 * not know yet, and putting its sums in place.
 *
 * Laws:
 * - Beside its data a record has a shadow: the data as the store said it last. What is above it is this node's own
 *   since then; it is told to the store once, and kept when the store's sum comes.
 * - Rates are counted in windows that begin at multiples of their period since 1970, so that all nodes mean the same.
 */
import type { Column } from "../config/stick_data.ts";
import { TableChanges } from "./changes.ts";

const TWO_32 = 2 ** 32;

/** One element of an entry: a number, or a rate in its window. */
export type Part =
  | {
    readonly kind: "count";
    readonly column: Column;
    readonly index: number;
    readonly value: number;
    readonly delta: number;
  }
  | {
    readonly kind: "rate";
    readonly column: Column;
    readonly index: number;
    /** the cells when it was taken */
    readonly tick: number;
    readonly current: number;
    readonly past: number;
    /** number of the window that the first of these events fell into */
    readonly window: number;
    /** events in that window and in the one before which the store does not know */
    readonly events: number;
    readonly before: number;
  };

/** What the store answers for a part. */
export type Sum =
  | { readonly value: number }
  | { readonly window: number; readonly current: number; readonly past: number };

export class TableShadow extends TableChanges {
  #shadowOf(column: Column): number {
    return column.cell + this.layout.shadowAt;
  }

  /** What the store is to be told of an entry. */
  unsynced(entry: number, wall: number): Part[] {
    const { cells } = this;
    const parts: Part[] = [];
    this.lock();
    for (const column of this.layout.columns) {
      for (let index = 0; index < column.count; index++) {
        if (column.type.kind === "rate") {
          const at = entry + column.cell + 3 * index;
          const shadow = entry + this.#shadowOf(column) + 3 * index;
          parts.push(ratePart(cells, at, shadow, column, index, wall));
        } else if (column.type.kind === "u64") {
          const value = read64(cells, entry + column.cell);
          const delta = value - read64(cells, entry + this.#shadowOf(column));
          parts.push({ kind: "count", column, index, value, delta });
        } else {
          const value = cells[entry + column.cell + index] >>> 0;
          const delta = value - (cells[entry + this.#shadowOf(column) + index] >>> 0);
          parts.push({ kind: "count", column, index, value, delta });
        }
      }
    }
    this.unlock();
    return parts;
  }

  /** Puts the store's sums in place of what `unsynced` has told; what came since then is added. */
  settle(entry: number, parts: readonly Part[], sums: readonly Sum[], wall: number): void {
    const { cells } = this;
    this.lock();
    parts.forEach((part, i) => {
      const sum = sums[i];
      const at = entry + part.column.cell;
      const shadow = entry + this.#shadowOf(part.column);
      if (part.kind === "count" && "value" in sum) {
        if (part.column.type.kind === "u64") {
          write64(cells, at, Math.max(0, read64(cells, at) + sum.value - part.value));
          write64(cells, shadow, sum.value);
        } else {
          cells[at + part.index] = (cells[at + part.index] + (sum.value - part.value)) | 0;
          cells[shadow + part.index] = sum.value | 0;
        }
      } else if (part.kind === "rate" && "window" in sum) {
        settleRate(cells, at + 3 * part.index, shadow + 3 * part.index, part, sum, wall);
      }
    });
    this.unlock();
  }
}

function read64(cells: Int32Array, at: number): number {
  return (cells[at + 1] >>> 0) * TWO_32 + (cells[at] >>> 0);
}

function write64(cells: Int32Array, at: number, value: number): void {
  cells[at] = value | 0;
  cells[at + 1] = Math.floor(value / TWO_32) | 0;
}

/** The tick (see rate_cells.ts) at which a window begins. */
function tickOf(window: number, period: number): number {
  return ((window * period) | 0) & ~1;
}

function ratePart(
  cells: Int32Array,
  at: number,
  shadow: number,
  column: Column,
  index: number,
  wall: number,
): Part {
  const { period } = column;
  const tick = cells[at];
  const current = cells[at + 1] >>> 0;
  const past = cells[at + 2] >>> 0;
  const now = Math.floor(wall / period);
  const known = cells[shadow];
  const elapsed = (wall - tick) | 0;
  let events = current;
  let before = past;
  if (tick === known) {
    events -= cells[shadow + 1] >>> 0;
    before -= cells[shadow + 2] >>> 0;
  } else if (
    known !== 0 && ((tick - known - period) | 0) >= -1 && ((tick - known - period) | 0) <= 1
  ) {
    // The window has ended since: what was the current one is the past one.
    before -= cells[shadow + 1] >>> 0;
  } else if (known !== 0 || tick === 0) before = 0;
  // A tick that the store has set begins a window; one of this node's own lies somewhere in it.
  const began = wall - Math.max(0, Math.min(elapsed, 2 * period));
  const window = tick === 0 ? now : Math.min(now, Math.floor((began + 1) / period));
  return { kind: "rate", column, index, tick, current, past, window, events, before };
}

function settleRate(
  cells: Int32Array,
  at: number,
  shadow: number,
  part: Part & { kind: "rate" },
  sum: { readonly window: number; readonly current: number; readonly past: number },
  wall: number,
): void {
  const { period } = part.column;
  // The window may have ended on the way.
  const now = Math.floor(wall / period);
  let { window, current, past } = sum;
  if (now === window + 1) {
    past = current;
    current = 0;
    window = now;
  } else if (now > window) {
    current = past = 0;
    window = now;
  }
  // Events of this node since they were taken.
  let events = cells[at + 1] >>> 0;
  if (cells[at] === part.tick) events = Math.max(0, events - part.current);
  cells[at] = tickOf(window, period);
  cells[at + 1] = current + events;
  cells[at + 2] = past;
  cells[shadow] = cells[at];
  cells[shadow + 1] = current;
  cells[shadow + 2] = past;
}
