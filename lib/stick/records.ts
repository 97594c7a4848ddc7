/**
 * Records of a stick table in shared memory: found by key, linked by the time of their last use, made and dropped.
 * What is protected here is called under the table's lock; the laws stand at the head of table.ts.
 */
import type { StickTableConfig } from "../config/model_stick.ts";
import { type Column, STICK_DATA } from "../config/stick_data.ts";
import { hashWords } from "./hash.ts";
import { type StickKey, writeKey } from "./key.ts";
import { HEAD, layoutOf, REC, type TableLayout } from "./layout.ts";

/** turns in which a lock is tried before the thread sleeps */
const SPINS = 2000;
/** in place of the references: the record holds no entry */
export const FREE = -1;

export class TableRecords {
  readonly name: string;
  readonly config: StickTableConfig;
  readonly layout: TableLayout;
  /** by position in STICK_DATA; undefined: it is not stored */
  readonly columns: readonly (Column | undefined)[];
  protected readonly cells: Int32Array;
  /** the key that is looked for */
  protected readonly key: Int32Array;
  protected readonly expire: number;
  protected readonly mask: number;
  // Of the layout and the header, at hand for every look-up:
  protected readonly bucketsAt: number;
  protected readonly keyAt: number;
  protected readonly keyCells: number;
  protected readonly seed0: number;
  protected readonly seed1: number;
  /** a key is a number */
  protected readonly plain: boolean;
  protected hash = 0;

  /** Opens the table in `buffer`; `seed` (two random int32) is given by whoever has just made the buffer. */
  constructor(
    name: string,
    config: StickTableConfig,
    buffer: SharedArrayBuffer,
    seed?: ArrayLike<number>,
  ) {
    this.name = name;
    this.config = config;
    this.layout = layoutOf(config);
    const columns: (Column | undefined)[] = STICK_DATA.map(() => undefined);
    for (const column of this.layout.columns) columns[column.index] = column;
    this.columns = columns;
    this.cells = new Int32Array(buffer);
    this.key = new Int32Array(this.layout.keyCells);
    this.expire = config.expire ?? 0;
    this.mask = this.layout.buckets - 1;
    if (seed !== undefined) {
      this.cells[HEAD.end] = this.layout.recordsAt;
      this.cells[HEAD.seed] = seed[0];
      this.cells[HEAD.seed + 1] = seed[1];
    }
    this.bucketsAt = this.layout.bucketsAt;
    this.keyAt = this.layout.keyAt;
    this.keyCells = this.layout.keyCells;
    this.seed0 = this.cells[HEAD.seed];
    this.seed1 = this.cells[HEAD.seed + 1];
    this.plain = config.type === "ip" || config.type === "integer";
  }

  protected lock(): void {
    const cells = this.cells;
    for (let i = 0; Atomics.compareExchange(cells, HEAD.lock, 0, 1) !== 0; i++) {
      if (i > SPINS) Atomics.wait(cells, HEAD.lock, 1, 1);
    }
  }

  protected unlock(): void {
    Atomics.store(this.cells, HEAD.lock, 0);
  }

  protected prepare(key: StickKey): void {
    if (this.plain) this.key[0] = key as number;
    else writeKey(this.config.type, this.config.length, key, this.key, 0);
    this.hash = hashWords(this.key, 0, this.keyCells, this.seed0, this.seed1);
  }

  protected find(now: number): number {
    const cells = this.cells;
    const key = this.key;
    const hash = this.hash;
    const count = this.keyCells;
    let entry = cells[this.bucketsAt + (hash & this.mask)];
    for (; entry !== 0; entry = cells[entry + REC.next]) {
      if (cells[entry + REC.hash] !== hash) continue;
      const at = entry + this.keyAt;
      let i = 0;
      while (i < count && cells[at + i] === key[i]) i++;
      if (i < count) continue;
      if (!this.isExpired(entry, now)) return entry;
      this.drop(entry);
      return 0;
    }
    return 0;
  }

  protected isExpired(entry: number, now: number): boolean {
    return this.expire !== 0 && this.cells[entry + REC.refs] === 0 &&
      ((this.cells[entry + REC.expire] - now) | 0) <= 0;
  }

  /** Makes an entry of the prepared key; 0: there is no room. */
  protected make(now: number): number {
    const cells = this.cells;
    const { layout, config } = this;
    this.expireOld(now, 2);
    if (cells[HEAD.used] >= config.size) {
      this.expireOld(now, config.size);
      if (cells[HEAD.used] >= config.size) {
        if (config.nopurge) return 0;
        this.purge((config.size >> 8) + 1);
        if (cells[HEAD.used] >= config.size) return 0;
      }
    }
    let entry = cells[HEAD.free];
    if (entry !== 0) {
      cells[HEAD.free] = cells[entry + REC.next];
      cells.fill(0, entry, entry + layout.recordCells);
    } else {
      entry = cells[HEAD.end];
      cells[HEAD.end] = entry + layout.recordCells;
    }
    const bucket = this.bucketsAt + (this.hash & this.mask);
    cells[entry + REC.next] = cells[bucket];
    cells[bucket] = entry;
    cells[entry + REC.hash] = this.hash;
    cells.set(this.key, entry + this.keyAt);
    cells[HEAD.used]++;
    this.append(entry);
    return entry;
  }

  protected refresh(entry: number, now: number): void {
    const cells = this.cells;
    cells[entry + REC.expire] = (now + this.expire) | 0;
    if (cells[HEAD.newest] === entry) return;
    this.unlink(entry);
    this.append(entry);
  }

  protected append(entry: number): void {
    const cells = this.cells;
    const newest = cells[HEAD.newest];
    cells[entry + REC.older] = newest;
    cells[entry + REC.newer] = 0;
    cells[newest === 0 ? HEAD.oldest : newest + REC.newer] = entry;
    cells[HEAD.newest] = entry;
  }

  protected unlink(entry: number): void {
    const cells = this.cells;
    const older = cells[entry + REC.older];
    const newer = cells[entry + REC.newer];
    cells[older === 0 ? HEAD.oldest : older + REC.newer] = newer;
    cells[newer === 0 ? HEAD.newest : newer + REC.older] = older;
  }

  protected drop(entry: number): void {
    const cells = this.cells;
    this.unlink(entry);
    let at = this.bucketsAt + (cells[entry + REC.hash] & this.mask);
    while (cells[at] !== entry) at = cells[at] + REC.next;
    cells[at] = cells[entry + REC.next];
    cells[entry + REC.next] = cells[HEAD.free];
    cells[entry + REC.refs] = FREE;
    cells[HEAD.free] = entry;
    cells[HEAD.used]--;
  }

  /** Drops up to `most` entries whose time is over; those in use get another span. */
  protected expireOld(now: number, most: number): void {
    if (this.expire === 0) return;
    const cells = this.cells;
    for (let i = 0; i < most; i++) {
      const entry = cells[HEAD.oldest];
      if (entry === 0 || ((cells[entry + REC.expire] - now) | 0) > 0) return;
      if (cells[entry + REC.refs] > 0) this.refresh(entry, now);
      else this.drop(entry);
    }
  }

  /** Drops the `count` oldest entries that nobody uses. */
  protected purge(count: number): void {
    const cells = this.cells;
    let left = count;
    for (let entry = cells[HEAD.oldest]; entry !== 0 && left > 0;) {
      const newer = cells[entry + REC.newer];
      if (cells[entry + REC.refs] === 0) {
        this.drop(entry);
        left--;
      }
      entry = newer;
    }
  }
}
