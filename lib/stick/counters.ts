/**
 * Sticky counters: entries that a connection or a stream is tracked by (manual 4.2 `track-sc0`), and what its life
 * counts into them.
 *
 * Laws:
 * - Slot 0 to `tune.stick-counters` - 1 of a connection and of a stream are separate; a stream's hides its
 *   connection's. What is tracked is not tracked anew.
 * - A slot holds a reference to its entry until the connection or stream ends.
 */
import { DT } from "../config/stick_data.ts";
import type { StickKey } from "./key.ts";
import type { StickTable } from "./table.ts";

/** One slot in use. */
export interface Tracked {
  readonly table: StickTable;
  readonly entry: number;
}

/** By slot; undefined: nothing is tracked in it. */
export type TrackedSlots = (Tracked | undefined)[];

/** Who may be tracked: a connection or a stream. */
export interface Tracker {
  /** undefined: nothing was tracked yet */
  tracked?: TrackedSlots | undefined;
}

/** A stream and its connection. */
export interface TrackedStream extends Tracker {
  readonly session: Tracker;
}

/** Begins to track `key`, which counts as a connection. Nothing happens when the slot is taken or the table full. */
export function track(
  who: Tracker,
  slot: number,
  table: StickTable,
  key: StickKey,
  wall: number,
): Tracked | undefined {
  const slots = who.tracked ??= [];
  if (slots[slot] !== undefined) return undefined;
  const entry = table.acquire(key, wall);
  if (entry === 0) return undefined;
  const tracked = slots[slot] = { table, entry };
  const current = table.columns[DT.conn_cur];
  if (current !== undefined) table.add(entry, current, wall, 1);
  table.count(entry, DT.conn_cnt, DT.conn_rate, wall, 1);
  return tracked;
}

/** The slot of a stream, else that of its connection. */
export function trackedOf(stream: TrackedStream, slot: number): Tracked | undefined {
  return stream.tracked?.[slot] ?? stream.session.tracked?.[slot];
}

/** The connection was accepted by the rules: it is a session. */
export function countSession({ tracked }: Tracker, wall: number): void {
  if (tracked === undefined) return;
  for (const slot of tracked) slot?.table.count(slot.entry, DT.sess_cnt, DT.sess_rate, wall, 1);
}

/** An HTTP request was read: counted where the connection or the stream is tracked already. */
export function countRequest(stream: TrackedStream, wall: number): void {
  countAll(stream, DT.http_req_cnt, DT.http_req_rate, wall, 1);
}

/** The same for an entry that is tracked from now on because of this request. */
export function countRequestOf({ table, entry }: Tracked, wall: number): void {
  table.count(entry, DT.http_req_cnt, DT.http_req_rate, wall, 1);
}

/** A request that the client is to blame for: invalid, denied, or answered by a 4xx of the server. */
export function countError(stream: TrackedStream, wall: number): void {
  countAll(stream, DT.http_err_cnt, DT.http_err_rate, wall, 1);
}

/** An answer that the server is to blame for: invalid, or a 5xx other than 501 and 505. */
export function countFailure(stream: TrackedStream, wall: number): void {
  countAll(stream, DT.http_fail_cnt, DT.http_fail_rate, wall, 1);
}

/** What the status of a server's answer counts as. */
export function countStatus(stream: TrackedStream, status: number, wall: number): void {
  if (status >= 400 && status < 500) countError(stream, wall);
  else if (status >= 500 && status !== 501 && status !== 505) countFailure(stream, wall);
}

/** The same for an entry that is tracked from now on because of this answer. */
export function countStatusOf({ table, entry }: Tracked, status: number, wall: number): void {
  if (status >= 400 && status < 500) {
    table.count(entry, DT.http_err_cnt, DT.http_err_rate, wall, 1);
  } else if (status >= 500 && status !== 501 && status !== 505) {
    table.count(entry, DT.http_fail_cnt, DT.http_fail_rate, wall, 1);
  }
}

/** Bytes that came from the client and went to it. */
export function countBytes(
  stream: TrackedStream,
  bytesIn: number,
  bytesOut: number,
  wall: number,
): void {
  if (bytesIn > 0) countAll(stream, DT.bytes_in_cnt, DT.bytes_in_rate, wall, bytesIn);
  if (bytesOut > 0) countAll(stream, DT.bytes_out_cnt, DT.bytes_out_rate, wall, bytesOut);
}

/** The connection or stream ends: its slots are free. */
export function releaseTracked(who: Tracker, wall: number): void {
  const slots = who.tracked;
  if (slots === undefined) return;
  who.tracked = undefined;
  for (const slot of slots) {
    if (slot === undefined) continue;
    const { table, entry } = slot;
    const current = table.columns[DT.conn_cur];
    // Somebody may have set the number by hand meanwhile.
    if (current !== undefined && table.get(entry, current, wall) > 0) {
      table.add(entry, current, wall, -1);
      table.touch(entry, wall);
    }
    table.release(entry);
  }
}

function countAll(
  stream: TrackedStream,
  total: number,
  rate: number,
  wall: number,
  n: number,
): void {
  const { tracked } = stream;
  const outer = stream.session.tracked;
  const slots = Math.max(tracked?.length ?? 0, outer?.length ?? 0);
  for (let i = 0; i < slots; i++) {
    const slot = tracked?.[i] ?? outer?.[i];
    slot?.table.count(slot.entry, total, rate, wall, n);
  }
}
