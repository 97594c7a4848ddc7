/**
 * What one node sends another: changes as they come, or everything when it was asked for. It makes bytes, no more than
 * asked for at a time, and knows no socket.
 */
import { definitionOf, writeDefinition } from "./definition.ts";
import { PeerWriter } from "./encoding.ts";
import { CONTROL, TABLE, writeControl, writeTableMessage } from "./messages.ts";
import { type Progress, progressOf, type SharedTable } from "./shared_table.ts";
import { writeUpdate } from "./update.ts";

/** A walk over all entries of all tables, or over those that changed after a number. */
interface Walk {
  readonly tables: readonly SharedTable[];
  /** which table, the entry that was sent last, the number that stands for all of them */
  at: number;
  entry: number;
  number: number;
  /** only what changed after this; undefined: everything */
  readonly after?: number;
  /** a lesson: it ends with a message */
  readonly lesson: boolean;
}

export interface OutgoingOptions {
  readonly tables: readonly SharedTable[];
  readonly progress: Progress;
  readonly wall: () => number;
  /** the peer knows protocol 2.1: updates carry the time that entries have to live */
  readonly timed: boolean;
  /** this node has all that its peers know: a lesson is whole */
  readonly isWhole: () => boolean;
}

export class PeerOutgoing {
  readonly #options: OutgoingOptions;
  readonly #body = new PeerWriter();
  /** the table that updates are understood to be of */
  #current: SharedTable | undefined;
  readonly #walks: Walk[] = [];
  /** a lesson has ended and the peer has not said that it has it */
  unconfirmed = false;
  /** entries sent */
  sent = 0;
  /** entries that were looked at and not sent: they take time as well */
  #skipped = 0;

  constructor(options: OutgoingOptions) {
    this.#options = options;
    // What was sent and never confirmed is sent again.
    for (const { name } of options.tables) {
      const progress = progressOf(options.progress, name);
      progress.pushed = progress.acked;
    }
  }

  /** The peer has asked for everything. */
  teach(): void {
    if (this.#walks.some(({ lesson }) => lesson)) return;
    const { tables } = this.#options;
    this.#walks.push({ tables, at: 0, entry: -1, number: 0, lesson: true });
  }

  /** Appends up to `most` updates to `into`; false: there is nothing more to send. */
  produce(into: PeerWriter, most: number): boolean {
    let left = most;
    while (left > 0) {
      const walk = this.#walks[0];
      if (walk !== undefined) {
        left = this.#walk(walk, into, left);
        continue;
      }
      const before = left;
      for (const shared of this.#options.tables) {
        left = this.#pushChanges(shared, into, left);
        if (left === 0 || this.#walks.length > 0) break;
      }
      if (left === before && this.#walks.length === 0) return false;
    }
    return true;
  }

  #pushChanges(shared: SharedTable, into: PeerWriter, most: number): number {
    const progress = progressOf(this.#options.progress, shared.name);
    const { table } = shared;
    if (progress.pushed === table.changes) return most;
    if (table.isBehind(progress.pushed)) {
      this.#walks.push({
        tables: [shared],
        at: 0,
        entry: -1,
        number: 0,
        after: progress.pushed,
        lesson: false,
      });
      return most;
    }
    let left = most;
    while (left > 0) {
      const entry = table.changeAfter(progress.pushed);
      progress.pushed = table.lastChange;
      if (entry === 0) return left;
      this.#update(shared, entry, table.lastChange, into);
      table.release(entry);
      left--;
    }
    return left;
  }

  /** Goes on with a walk; answers how many updates may still be sent. */
  #walk(walk: Walk, into: PeerWriter, most: number): number {
    const { wall, progress } = this.#options;
    let left = most;
    while (left > 0) {
      const shared: SharedTable | undefined = walk.tables[walk.at];
      if (shared === undefined) {
        this.#walks.shift();
        if (!walk.lesson) return left;
        writeControl(
          into,
          this.#options.isWhole() ? CONTROL.resyncFinished : CONTROL.resyncPartial,
        );
        this.unconfirmed = true;
        return left;
      }
      const { table } = shared;
      if (walk.entry < 0) {
        walk.entry = 0;
        walk.number = table.takeChanges();
      }
      const entry = table.next(walk.entry, wall());
      if (entry === 0) {
        // All that changed up to here was among them.
        progressOf(progress, shared.name).pushed = walk.number;
        walk.at++;
        walk.entry = -1;
        continue;
      }
      walk.entry = entry;
      const { after } = walk;
      const change = table.changeOf(entry);
      if (after === undefined || (change !== 0 && ((change - after) | 0) > 0)) {
        this.#update(shared, entry, walk.number, into);
        left--;
      } else if (++this.#skipped % 16 === 0) left--;
      table.release(entry);
    }
    return left;
  }

  #update(shared: SharedTable, entry: number, number: number, into: PeerWriter): void {
    const { timed, wall } = this.#options;
    const body = this.#body;
    if (this.#current !== shared) {
      this.#current = shared;
      body.length = 0;
      writeDefinition(body, definitionOf(shared.id, shared.name, shared.table.config));
      writeTableMessage(into, TABLE.definition, body.written);
    }
    body.length = 0;
    writeUpdate(body, shared.table, entry, number, wall(), timed);
    writeTableMessage(into, timed ? TABLE.timedUpdate : TABLE.update, body.written);
    this.sent++;
  }
}
