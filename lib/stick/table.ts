/**
 * A stick table (manual 4.2 `stick-table`): entries by key in shared memory, used by every thread.
 *
 * Laws:
 * - All memory is there from the start: an entry is a record of fixed size, and there are never more than `size`.
 * - Every change of links, and every rate and 64-bit number, happens under the table's lock. Nobody waits, throws or
 *   calls out while holding it. Numbers of one cell are changed by atomics.
 * - An entry is an offset. It is good only while the holder has a reference (`acquire`, `lookup` … `release`), for
 *   without one another thread may give its record to another key.
 * - Entries are ordered by the time they were touched last; what is in use is neither purged nor expired.
 *
 * Times are wall milliseconds, which all threads have in common.
 */
import { type Column, type DataName, DT } from "../config/stick_data.ts";
import { readKey, type StickKey, writeKey } from "./key.ts";
import { HEAD, MAX_NAMES, NAME_BYTES, REC } from "./layout.ts";
import { countRate, readRate, setRate } from "./rate_cells.ts";
import { TableShadow } from "./shadow.ts";
import { FREE } from "./records.ts";

export class StickTable extends TableShadow {
  /** Where a type is stored. */
  column(name: DataName): Column | undefined {
    return this.columns[DT[name]];
  }

  // Entries

  /** The entry of `key`, with a reference for the caller; 0: there is none. */
  lookup(key: StickKey, wall: number): number {
    this.prepare(key);
    this.lock();
    const entry = this.find(wall | 0);
    if (entry !== 0) this.cells[entry + REC.refs]++;
    this.unlock();
    return entry;
  }

  /** The entry of `key`, made when there is none and touched, with a reference; 0: the table is full. */
  acquire(key: StickKey, wall: number): number {
    return this.#acquire(key, wall, true);
  }

  /** The same for what another node has told: that is no change that others are to be told of. */
  learn(key: StickKey, wall: number): number {
    return this.#acquire(key, wall, false);
  }

  #acquire(key: StickKey, wall: number, own: boolean): number {
    const now = wall | 0;
    this.prepare(key);
    this.lock();
    let entry = this.find(now);
    if (entry === 0) entry = this.make(now);
    if (entry !== 0) {
      this.cells[entry + REC.refs]++;
      this.refresh(entry, now);
      if (own) this.changed(entry);
    }
    this.unlock();
    return entry;
  }

  /** Gives a reference back. */
  release(entry: number): void {
    this.lock();
    this.cells[entry + REC.refs]--;
    this.unlock();
  }

  /** It was used: it will live for `expire` from now on. */
  touch(entry: number, wall: number): void {
    this.lock();
    this.refresh(entry, wall | 0);
    this.changed(entry);
    this.unlock();
  }

  /** Sets how long an entry has to live, in ms. */
  setExpire(entry: number, wall: number, left: number): void {
    this.cells[entry + REC.expire] = (wall + left) | 0;
  }

  /** Removes an entry that the caller alone refers to; false: it is in use. The reference is given back. */
  remove(entry: number): boolean {
    this.lock();
    const free = this.cells[entry + REC.refs] === 1;
    this.cells[entry + REC.refs]--;
    if (free) this.drop(entry);
    this.unlock();
    return free;
  }

  /** Entries in use at `wall`, expired ones not counted. */
  used(wall: number): number {
    this.lock();
    this.expireOld(wall | 0, this.config.size);
    const used = this.cells[HEAD.used];
    this.unlock();
    return used;
  }

  /** The next entry behind `after` (0: the first one), in no certain order, with a reference; 0: no more. */
  next(after: number, wall: number): number {
    const cells = this.cells;
    const { recordCells, recordsAt } = this.layout;
    const now = wall | 0;
    let entry = after === 0 ? recordsAt : after + recordCells;
    this.lock();
    while (
      entry < cells[HEAD.end] &&
      (cells[entry + REC.refs] === FREE || this.isExpired(entry, now))
    ) entry += recordCells;
    if (entry < cells[HEAD.end]) cells[entry + REC.refs]++;
    else entry = 0;
    this.unlock();
    return entry;
  }

  // What is known of an entry

  keyOf(entry: number): StickKey {
    const { type, length } = this.config;
    return readKey(type, length, this.cells, entry + this.keyAt);
  }

  /** Those who refer to it. */
  refs(entry: number): number {
    return this.cells[entry + REC.refs];
  }

  /** ms that it has to live; 0 without `expire`. */
  left(entry: number, wall: number): number {
    if (this.expire === 0) return 0;
    return Math.max(0, (this.cells[entry + REC.expire] - (wall | 0)) | 0);
  }

  /** The value of element `index` of a type; of a rate, the events in its period. */
  get(entry: number, column: Column, wall: number, index = 0): number {
    const cells = this.cells;
    switch (column.type.kind) {
      case "uint":
        return cells[entry + column.cell + index] >>> 0;
      case "sint":
      case "name":
        return cells[entry + column.cell + index];
      case "u64": {
        this.lock();
        const low = cells[entry + column.cell] >>> 0;
        const high = cells[entry + column.cell + 1] >>> 0;
        this.unlock();
        return high * 2 ** 32 + low;
      }
      case "rate": {
        this.lock();
        const at = entry + column.cell + 3 * index;
        const rate = readRate(cells, at, wall | 0, column.period);
        this.unlock();
        return rate;
      }
    }
  }

  /** Sets a value; a rate counts as reached in the period that begins now. */
  set(entry: number, column: Column, wall: number, value: number, index = 0): void {
    const cells = this.cells;
    const at = entry + column.cell;
    switch (column.type.kind) {
      case "uint":
      case "sint":
      case "name":
        Atomics.store(cells, at + index, value | 0);
        return;
      case "u64":
        this.lock();
        cells[at] = value | 0;
        cells[at + 1] = Math.floor(value / 2 ** 32) | 0;
        this.unlock();
        return;
      case "rate":
        this.lock();
        setRate(cells, at + 3 * index, wall | 0, value);
        this.unlock();
        return;
    }
  }

  /** Adds to a number or counts events of a rate; answers the number as it was before (0 for rates). */
  add(entry: number, column: Column, wall: number, n: number, index = 0): number {
    const cells = this.cells;
    const at = entry + column.cell;
    switch (column.type.kind) {
      case "uint":
      case "sint":
      case "name":
        return Atomics.add(cells, at + index, n) >>> 0;
      case "u64": {
        this.lock();
        const sum = (cells[at] >>> 0) + n;
        cells[at] = sum | 0;
        if (sum >= 2 ** 32) cells[at + 1] += Math.floor(sum / 2 ** 32);
        this.unlock();
        return sum - n;
      }
      case "rate":
        this.lock();
        countRate(cells, at + 3 * index, wall | 0, column.period, n);
        this.unlock();
        return 0;
    }
  }

  /**
   * Counts `n` events: into the number of type `total` and the rate of type `rate`, where they are stored, and
   * touches the entry. False: neither is stored.
   */
  count(entry: number, total: number, rate: number, wall: number, n: number): boolean {
    const one = this.columns[total];
    const other = this.columns[rate];
    if (one === undefined && other === undefined) return false;
    if (one !== undefined) this.add(entry, one, wall, n);
    const now = wall | 0;
    this.lock();
    if (other !== undefined) countRate(this.cells, entry + other.cell, now, other.period, n);
    this.refresh(entry, now);
    this.changed(entry);
    this.unlock();
    return true;
  }

  /** The three parts of a rate: ms since its period began (at most two periods), events in it, and before it. */
  rateParts(entry: number, column: Column, wall: number, index: number): [number, number, number] {
    const cells = this.cells;
    const at = entry + column.cell + 3 * index;
    this.lock();
    const elapsed = cells[at] === 0 ? 2 * column.period : ((wall | 0) - cells[at]) | 0;
    const current = cells[at + 1] >>> 0;
    const past = cells[at + 2] >>> 0;
    this.unlock();
    return [Math.max(0, Math.min(elapsed, 2 * column.period)), current, past];
  }

  /** Makes a rate what another node says it is, in the same parts. */
  setRateParts(
    entry: number,
    column: Column,
    wall: number,
    index: number,
    [elapsed, current, past]: readonly [number, number, number],
  ): void {
    const cells = this.cells;
    const at = entry + column.cell + 3 * index;
    const age = Math.min(elapsed, 2 * column.period);
    this.lock();
    cells[at] = (((wall | 0) - age) | 0) & ~1;
    cells[at + 1] = current | 0;
    cells[at + 2] = past | 0;
    this.unlock();
  }

  // Names (`server_key`)

  /** The number of a name in this table, made when it is new; 0: there is no room for it. */
  nameNumber(name: string): number {
    if (name.length > NAME_BYTES) return 0;
    const cells = this.cells;
    const { namesAt, nameCells } = this.layout;
    const wanted = new Int32Array(nameCells);
    writeKey("string", NAME_BYTES, name, wanted, 0);
    this.lock();
    const known = cells[HEAD.names];
    let found = 0;
    for (let i = 0; i < known && found === 0; i++) {
      const at = namesAt + i * nameCells;
      if (wanted.every((cell, k) => cells[at + k] === cell)) found = i + 1;
    }
    if (found === 0 && known < MAX_NAMES) {
      cells.set(wanted, namesAt + known * nameCells);
      found = cells[HEAD.names] = known + 1;
    }
    this.unlock();
    return found;
  }

  /** The name of this number; undefined: none. */
  nameOf(number: number): string | undefined {
    if (number <= 0 || number > this.cells[HEAD.names]) return undefined;
    const { namesAt, nameCells } = this.layout;
    return readKey(
      "string",
      NAME_BYTES,
      this.cells,
      namesAt + (number - 1) * nameCells,
    ) as string;
  }
}
