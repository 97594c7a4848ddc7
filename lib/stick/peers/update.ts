/**
 * Updates of the peers protocol: one entry of a table as bytes, and back (HAProxy's peers.txt, "Entry update message
 * format"). No I/O.
 */
import type { StickKeyType } from "../../config/model_stick.ts";
import { DT } from "../../config/stick_data.ts";
import type { StickKey } from "../key.ts";
import type { StickTable } from "../table.ts";
import type { TableDefinition } from "./definition.ts";
import { PeerBytes, type PeerWriter } from "./encoding.ts";

/** Names that a connection may refer to by number, as HAProxy's cache has. */
export const DICTIONARY = 128;

/** Writes an update with its number and the time that the entry has to live. The caller has a reference. */
export function writeUpdate(
  into: PeerWriter,
  table: StickTable,
  entry: number,
  number: number,
  wall: number,
  timed: boolean,
): void {
  into.uint32(number);
  if (timed) into.uint32(table.left(entry, wall));
  const { type, length } = table.config;
  writeKey(into, type, length, table.keyOf(entry));
  for (const column of table.layout.columns) {
    for (let i = 0; i < column.count; i++) {
      switch (column.type.kind) {
        case "rate":
          for (const part of table.rateParts(entry, column, wall, i)) into.number(part);
          break;
        case "name": {
          const of = table.get(entry, column, wall, i);
          const name = table.nameOf(of);
          if (name === undefined) into.number(0);
          else writeName(into, of % DICTIONARY + 1, name);
          break;
        }
        default:
          // Of 64 bits when it is negative, as it is for a `server_id`, which never is.
          into.number(Math.max(0, table.get(entry, column, wall, i)));
      }
    }
  }
}

/** A name is sent in full each time: the receiver then knows it, whatever it has forgotten. */
function writeName(into: PeerWriter, id: number, name: string): void {
  // The length of what follows is one byte: names have 64 bytes at most.
  into.number(2 + name.length);
  into.number(id);
  into.number(name.length);
  into.text(name);
}

function writeKey(into: PeerWriter, type: StickKeyType, length: number, key: StickKey): void {
  switch (type) {
    case "ip":
    case "integer":
      into.uint32(key as number);
      return;
    case "ipv6": {
      const { a, b, c, d } = key as { a: number; b: number; c: number; d: number };
      for (const word of [a, b, c, d]) into.uint32(word);
      return;
    }
    case "string":
      into.number((key as string).length);
      into.text(key as string);
      return;
    case "binary":
      into.text((key as string).padEnd(length, "\0"));
      return;
  }
}

/** What an update says. */
export interface PeerUpdate {
  /** the sender's number of it; undefined: one more than the last */
  readonly number: number | undefined;
  /** ms that the entry has to live; undefined: as if it was touched now */
  readonly left: number | undefined;
  readonly key: StickKey;
  /** for each type of data of the definition, its elements: numbers, parts of rates, names */
  readonly values: readonly (readonly UpdateValue[])[];
}

export type UpdateValue = number | readonly [number, number, number] | string | undefined;

/** Reads an update. Undefined: it is broken. `names` are those that the sender has told on this connection. */
export function readUpdate(
  body: Uint8Array,
  form: { readonly numbered: boolean; readonly timed: boolean },
  type: StickKeyType,
  definition: TableDefinition,
  names: Map<number, string>,
): PeerUpdate | undefined {
  const bytes = new PeerBytes(body);
  const number = form.numbered ? bytes.uint32() : undefined;
  const left = form.timed ? bytes.uint32() : undefined;
  const key = readKey(bytes, type, definition.keyLength);
  const values: UpdateValue[][] = [];
  for (const { type, count } of definition.data) {
    const elements: UpdateValue[] = [];
    for (let i = 0; i < count; i++) {
      if (type.kind === "rate") elements.push([bytes.number(), bytes.number(), bytes.number()]);
      else if (type.kind === "name") elements.push(readName(bytes, names));
      else elements.push(bytes.number());
    }
    values.push(elements);
  }
  return bytes.failed ? undefined : { number, left, key, values };
}

function readKey(bytes: PeerBytes, type: StickKeyType, length: number): StickKey {
  switch (type) {
    case "ip":
    case "integer":
      return bytes.uint32();
    case "ipv6":
      return { a: bytes.uint32(), b: bytes.uint32(), c: bytes.uint32(), d: bytes.uint32() };
    case "string":
      return bytes.text(bytes.number());
    case "binary":
      return bytes.text(length);
  }
}

function readName(bytes: PeerBytes, names: Map<number, string>): string | undefined {
  const length = bytes.number();
  if (length === 0) return undefined;
  const inner = new PeerBytes(latin1Bytes(bytes.text(length)));
  const id = inner.number();
  if (inner.failed || id < 1 || id > DICTIONARY) {
    bytes.failed = true;
    return undefined;
  }
  if (inner.left === 0) return names.get(id);
  const name = inner.text(inner.number());
  if (inner.failed) bytes.failed = true;
  else names.set(id, name);
  return name;
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Writes what a peer has told into the table (`conn_cur` never: it is each node's own), or `only` some data. */
export function applyUpdate(
  table: StickTable,
  definition: TableDefinition,
  { key, left, values }: PeerUpdate,
  wall: number,
  only?: ReadonlySet<number>,
): void {
  const entry = table.learn(key, wall);
  if (entry === 0) return;
  if (left !== undefined && left > 0 && table.config.expire !== undefined) {
    table.setExpire(entry, wall, Math.min(left, table.config.expire));
  }
  definition.data.forEach(({ index, period }, i) => {
    const column = table.columns[index];
    if (column === undefined || index === DT.conn_cur || only?.has(index) === false) return;
    for (let k = 0; k < Math.min(column.count, values[i].length); k++) {
      const value = values[i][k];
      if (typeof value === "number") table.set(entry, column, wall, value, k);
      else if (typeof value === "string") {
        table.set(entry, column, wall, table.nameNumber(value), k);
      } else if (value !== undefined && period === column.period) {
        table.setRateParts(entry, column, wall, k, value);
      }
    }
  });
  table.release(entry);
}
