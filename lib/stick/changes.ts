/**
 * What has changed in a stick table since somebody looked: for those who tell other nodes of it.
 *
 * Laws:
 * - A change gets the next number (32 bits, never 0). An entry whose last number nobody has taken yet keeps it: who
 *   takes it will find it as it is by then. So an entry that changes all the time costs one number for each look.
 * - Numbers lead to entries through a ring of as many places as there are buckets. Who is further behind than the ring
 *   is long must look at all entries (`isBehind`).
 * - Tables that are told to nobody have no ring, and pay one comparison.
 */
import { HEAD, REC } from "./layout.ts";
import { FREE, TableRecords } from "./records.ts";

export class TableChanges extends TableRecords {
  /** the number of the entry that `changeAfter` has answered; of the last change when there was none */
  lastChange = 0;

  /** Under the lock: it is to be told. */
  protected changed(entry: number): void {
    const { changesAt, changeCell } = this.layout;
    if (changesAt === 0) return;
    const cells = this.cells;
    const known = cells[entry + changeCell];
    if (known !== 0 && ((known - cells[HEAD.taken]) | 0) > 0) return;
    const number = ((cells[HEAD.changes] + 1) | 0) || 1;
    cells[HEAD.changes] = number;
    cells[entry + changeCell] = number;
    cells[changesAt + (number & this.mask)] = entry;
  }

  /** Number of the last change. */
  get changes(): number {
    return this.cells[HEAD.changes];
  }

  /** As `changes`, taken: who looks at all entries from now on finds them as they are, later changes get later numbers. */
  takeChanges(): number {
    const { cells } = this;
    this.lock();
    const last = cells[HEAD.changes];
    if (((last - cells[HEAD.taken]) | 0) > 0) cells[HEAD.taken] = last;
    this.unlock();
    return last;
  }

  /** Number of the last change of an entry; 0: others have told of it. */
  changeOf(entry: number): number {
    return this.cells[entry + this.layout.changeCell];
  }

  /** True when the ring does not hold all changes after `number` any more. */
  isBehind(number: number): boolean {
    return ((this.cells[HEAD.changes] - number) | 0) > this.mask;
  }

  /** The first entry that changed after `number`, with a reference; 0: none. `lastChange` is its number. */
  changeAfter(number: number): number {
    const cells = this.cells;
    const { changesAt, changeCell } = this.layout;
    this.lock();
    const last = cells[HEAD.changes];
    let found = 0;
    let at = number;
    while (found === 0 && ((last - at) | 0) > 0) {
      at = ((at + 1) | 0) || 1;
      const entry = cells[changesAt + (at & this.mask)];
      if (
        entry !== 0 && cells[entry + changeCell] === at && cells[entry + REC.refs] !== FREE
      ) found = entry;
    }
    this.lastChange = at;
    if (found !== 0) cells[found + REC.refs]++;
    if (((at - cells[HEAD.taken]) | 0) > 0) cells[HEAD.taken] = at;
    this.unlock();
    return found;
  }
}
