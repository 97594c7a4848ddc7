/** What one node knows of another's view of a table, over connections: so that an interrupted exchange goes on. */
import type { StickTable } from "../table.ts";

export interface SharedTable {
  /** this node's number of it in messages, from 1 */
  readonly id: number;
  /** its name in messages */
  readonly name: string;
  readonly table: StickTable;
  /** what peers tell is written to this table as well (`write-to`) */
  readonly writeTo?: StickTable;
}

/** A peer's progress with one table. */
export interface TableProgress {
  /** number of the last change that was sent, and that the peer has said it has */
  pushed: number;
  acked: number;
  /** number of the peer's last change that came */
  got: number;
}

export type Progress = Map<string, TableProgress>;

export function progressOf(progress: Progress, name: string): TableProgress {
  let known = progress.get(name);
  if (known === undefined) progress.set(name, known = { pushed: 0, acked: 0, got: 0 });
  return known;
}
