/**
 * HPACK's encoder (RFC 7541 section 6): one field at a time, into an Output.
 *
 * What is likely to come again goes into the dynamic table. What changes with every message does not, and what is
 * secret is marked never to be indexed by anybody (section 7.1.3).
 */
import type { Output } from "../output.ts";
import { putText } from "../latin1.ts";
import { DynamicTable } from "./dynamic_table.ts";
import { encodeHuffman, huffmanLength } from "./huffman.ts";
import { writeInteger } from "./integer.ts";
import { STATIC_COUNT, STATIC_FIELD_INDEX, STATIC_NAME_INDEX } from "./static_table.ts";

/** Values that hardly ever come twice. */
const CHANGING = new Set([
  ":path",
  "age",
  "content-length",
  "content-range",
  "etag",
  "if-modified-since",
  "if-none-match",
  "last-modified",
  "location",
  "range",
  "referer",
  "x-request-id",
]);
const SECRET = new Set(["authorization", "cookie", "proxy-authorization", "set-cookie"]);
/** What is known of a name. */
interface NameFacts {
  /** in the static table; 0: it is not there */
  readonly index: number;
  /** indexes of its values there */
  readonly fields: ReadonlyMap<string, number> | undefined;
  readonly secret: boolean;
  readonly changing: boolean;
}

/** One look-up for each field. */
const FACTS: ReadonlyMap<string, NameFacts> = new Map(
  [...new Set([...STATIC_NAME_INDEX.keys(), ...SECRET, ...CHANGING])].map((name) => [name, {
    index: STATIC_NAME_INDEX.get(name) ?? 0,
    fields: STATIC_FIELD_INDEX.get(name),
    secret: SECRET.has(name),
    changing: CHANGING.has(name),
  }]),
);
const UNKNOWN: NameFacts = { index: 0, fields: undefined, secret: false, changing: false };

/** Longer values are not worth a place in the table. */
const LONGEST = 256;
/** The table of the encoder is no larger than this, whatever the peer offers. */
export const MOST_TABLE = 4096;

export class HpackEncoder {
  /** serial number of an entry by name, then by value */
  readonly #serials = new Map<string, Map<string, number>>();
  readonly #table: DynamicTable;
  /** sizes to tell before the next field: the smallest since, and the present one; -1: none */
  #smallest = -1;
  #announced = -1;

  constructor(tableSize: number) {
    this.#table = new DynamicTable(Math.min(tableSize, MOST_TABLE), (name, value, serial) => {
      const values = this.#serials.get(name);
      if (values?.get(value) !== serial) return;
      if (values.size === 1) this.#serials.delete(name);
      else values.delete(value);
    });
  }

  get table(): DynamicTable {
    return this.#table;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE; the next block tells the peer what is used of it. */
  setTableSize(size: number): void {
    const limit = Math.min(size, MOST_TABLE);
    if (limit === this.#table.limit && this.#announced < 0) return;
    this.#table.setLimit(limit);
    if (this.#smallest < 0 || limit < this.#smallest) this.#smallest = limit;
    this.#announced = limit;
  }

  /** Begins a block. */
  begin(out: Output): void {
    if (this.#announced < 0) return;
    out.reserve(12);
    if (this.#smallest < this.#announced) {
      out.end = writeInteger(out.bytes, out.end, 32, 5, this.#smallest);
    }
    out.end = writeInteger(out.bytes, out.end, 32, 5, this.#announced);
    this.#smallest = this.#announced = -1;
  }

  /** Writes one field; `name` is lower case, both are latin1. */
  field(out: Output, name: string, value: string): void {
    out.reserve(16 + name.length + value.length);
    const { index: nameIndex, fields, secret, changing } = FACTS.get(name) ?? UNKNOWN;
    if (fields !== undefined) {
      const index = fields.get(value);
      if (index !== undefined) {
        out.bytes[out.end++] = 128 | index;
        return;
      }
    }
    if (secret) return this.#literal(out, 16, 4, nameIndex, name, value);
    if (changing || value.length > LONGEST || this.#table.limit === 0) {
      return this.#literal(out, 0, 4, nameIndex, name, value);
    }
    const values = this.#serials.get(name);
    const serial = values?.get(value);
    if (serial !== undefined) {
      const index = STATIC_COUNT + this.#table.inserted - serial;
      out.end = writeInteger(out.bytes, out.end, 128, 7, index);
      return;
    }
    this.#literal(out, 64, 6, nameIndex, name, value);
    this.#table.add(name, value);
    if (this.#table.count === 0) return;
    // Adding it may have removed the last other value of the name.
    const now = this.#serials.get(name);
    if (now === undefined) this.#serials.set(name, new Map([[value, this.#table.inserted - 1]]));
    else now.set(value, this.#table.inserted - 1);
  }

  #literal(
    out: Output,
    first: number,
    prefix: number,
    nameIndex: number,
    name: string,
    value: string,
  ): void {
    out.end = writeInteger(out.bytes, out.end, first, prefix, nameIndex);
    if (nameIndex === 0) writeString(out, name);
    writeString(out, value);
  }
}

/** A string in the shorter of its two forms; there is room for the longer one. */
function writeString(out: Output, text: string): void {
  const short = huffmanLength(text);
  if (short < text.length) {
    out.end = writeInteger(out.bytes, out.end, 128, 7, short);
    out.end = encodeHuffman(text, out.bytes, out.end);
  } else {
    out.end = writeInteger(out.bytes, out.end, 0, 7, text.length);
    out.end = putText(out.bytes, out.end, text);
  }
}
