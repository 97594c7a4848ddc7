/** How a node tells what its table is like (HAProxy's peers.txt, "Definition message format"). No I/O. */
import type { StickKeyType, StickTableConfig } from "../../config/model_stick.ts";
import { columnsOf, type DataType, STICK_DATA } from "../../config/stick_data.ts";
import { keyCells } from "../key.ts";
import { PeerBytes, type PeerWriter } from "./encoding.ts";

/** Numbers of types of keys. */
const KEY_TYPES: Readonly<Record<StickKeyType, number>> = {
  integer: 2,
  ip: 4,
  ipv6: 5,
  string: 6,
  binary: 7,
};

/** Most bytes of a table's name. */
const MAX_NAME = 255;
const MAX_ELEMENTS = 100;

/** One type of data that updates of a table carry. */
export interface TaughtData {
  /** position in STICK_DATA */
  readonly index: number;
  readonly type: DataType;
  /** elements of an array; else 1 */
  readonly count: number;
  /** ms, of rates */
  readonly period: number;
}

export interface TableDefinition {
  /** the sender's number of the table */
  readonly id: number;
  readonly name: string;
  readonly keyType: number;
  /** bytes of a key; of strings, with the zero that ends them in C */
  readonly keyLength: number;
  /** ms; 0: entries live for ever */
  readonly expire: number;
  /** in the order in which updates carry them */
  readonly data: readonly TaughtData[];
}

/** How this node's table is told. */
export function definitionOf(id: number, name: string, config: StickTableConfig): TableDefinition {
  const { type, length } = config;
  return {
    id,
    name,
    keyType: KEY_TYPES[type],
    keyLength: type === "string" ? length + 1 : type === "binary" ? length : keyCells(config) * 4,
    expire: config.expire ?? 0,
    data: columnsOf(config.store, 0).map(({ index, type, count, period }) => ({
      index,
      type,
      count,
      period,
    })),
  };
}

export function writeDefinition(into: PeerWriter, definition: TableDefinition): void {
  const { id, name, keyType, keyLength, expire, data } = definition;
  into.number(id);
  into.number(name.length);
  into.text(name);
  into.number(keyType);
  into.number(keyLength);
  into.number(data.reduce((bits, { index }) => bits + 2 ** index, 0));
  into.number(expire);
  for (const { index, type, count, period } of data) {
    if (type.array === undefined && type.kind !== "rate") continue;
    into.number(index);
    if (type.array) into.number(count);
    if (type.kind === "rate") into.number(period);
  }
}

/**
 * Reads a definition. Undefined: it is broken. A sender may know types of data that this node does not: then
 * `data` ends before the first of them, as nobody knows how long it is.
 */
export function readDefinition(body: Uint8Array): TableDefinition | undefined {
  const bytes = new PeerBytes(body);
  const id = bytes.number();
  const length = bytes.number();
  if (length > MAX_NAME) return undefined;
  const name = bytes.text(length);
  const keyType = bytes.number();
  const keyLength = bytes.number();
  const bits = bytes.number();
  if (bytes.failed) return undefined;
  // Nodes of protocol 2.0 end here.
  const expire = bytes.left > 0 ? bytes.number() : 0;
  const data: TaughtData[] = [];
  const more = new Map<number, { count: number; period: number }>();
  while (bytes.left > 0) {
    const index = bytes.number();
    const type: DataType | undefined = STICK_DATA[index];
    if (type === undefined) break;
    const count = type.array ? bytes.number() : 1;
    const period = type.kind === "rate" ? bytes.number() : 0;
    if (bytes.failed || count > MAX_ELEMENTS) return undefined;
    more.set(index, { count, period });
  }
  if (bytes.failed) return undefined;
  for (let index = 0; Math.floor(bits / 2 ** index) > 0; index++) {
    if (Math.floor(bits / 2 ** index) % 2 === 0) continue;
    const type: DataType | undefined = STICK_DATA[index];
    const { count, period } = more.get(index) ?? { count: type?.array ? 0 : 1, period: 0 };
    if (type === undefined || count === 0) break;
    data.push({ index, type, count, period });
  }
  return { id, name, keyType, keyLength, expire, data };
}

/** True when keys that are told for `definition` mean in `config` what the sender means by them. */
export function fitsKeys(definition: TableDefinition, config: StickTableConfig): boolean {
  const own = definitionOf(0, "", config);
  return own.keyType === definition.keyType && own.keyLength === definition.keyLength;
}
