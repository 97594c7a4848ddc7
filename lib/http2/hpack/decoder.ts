/**
 * HPACK's decoder (RFC 7541 section 3, 6): a header block in, fields out.
 *
 * Laws:
 * - A block is decoded to its end also when its list is too large, because the table must stay that of the peer.
 * - Any mistake is a connection error COMPRESSION_ERROR (RFC 9113 section 4.3): the table is unusable then.
 * - Cost is linear in the block's bytes: a reference to a large entry shares its string.
 */
import { ErrorCode } from "../codes.ts";
import { connectionError, type H2Error } from "../error.ts";
import type { FieldList } from "../field_list.ts";
import { textOf } from "../latin1.ts";
import { DynamicTable } from "./dynamic_table.ts";
import { decodeHuffman } from "./huffman.ts";
import { Cursor, readInteger } from "./integer.ts";
import { STATIC_COUNT, STATIC_NAMES, STATIC_VALUES } from "./static_table.ts";

const wrong = (message: string) => connectionError(ErrorCode.CompressionError, message);

/** One for the module: decoding never waits. */
let scratch = new Uint8Array(4096);

export class HpackDecoder {
  readonly #table: DynamicTable;
  readonly #cursor = new Cursor();
  /** SETTINGS_HEADER_TABLE_SIZE that the peer was told */
  #allowed: number;
  #error: H2Error | undefined;

  constructor(tableSize: number) {
    this.#allowed = tableSize;
    this.#table = new DynamicTable(tableSize);
  }

  get table(): DynamicTable {
    return this.#table;
  }

  /** Decodes the block `bytes[from..to]` to the end of `list`: 0, or why the connection is of no more use. */
  decode(bytes: Uint8Array, from: number, to: number, list: FieldList): 0 | H2Error {
    const cursor = this.#cursor;
    cursor.bytes = bytes;
    cursor.at = from;
    cursor.end = to;
    const error = this.#decode(cursor, list);
    cursor.bytes = NOTHING;
    return error;
  }

  #decode(cursor: Cursor, list: FieldList): 0 | H2Error {
    let fields = 0;
    let updates = 0;
    while (cursor.at < cursor.end) {
      const first = cursor.bytes[cursor.at];
      if (first >= 128) {
        const index = readInteger(cursor, 7);
        const name = this.#nameAt(index);
        if (name === undefined) return wrong("an index that is not in the table");
        list.add(name, this.#valueAt(index));
      } else if (first >= 64) {
        const error = this.#literal(cursor, 6, list, true);
        if (error !== 0) return error;
      } else if (first >= 32) {
        // Section 4.2: at the beginning of a block, at most two.
        if (fields > 0 || ++updates > 2) return wrong("a table size update out of place");
        const size = readInteger(cursor, 5);
        if (size < 0 || size > this.#allowed) return wrong("a table size that is not allowed");
        this.#table.setLimit(size);
        continue;
      } else {
        const error = this.#literal(cursor, 4, list, false);
        if (error !== 0) return error;
      }
      fields++;
    }
    return 0;
  }

  #literal(cursor: Cursor, prefix: number, list: FieldList, add: boolean): 0 | H2Error {
    const index = readInteger(cursor, prefix);
    let name: string | undefined;
    if (index === 0) name = this.#string(cursor);
    else {
      name = this.#nameAt(index);
      if (name === undefined) return wrong("an index that is not in the table");
    }
    const value = name === undefined ? undefined : this.#string(cursor);
    if (name === undefined || value === undefined) return this.#error!;
    if (add) this.#table.add(name, value);
    list.add(name, value);
    return 0;
  }

  #nameAt(index: number): string | undefined {
    if (index <= 0) return undefined;
    return index <= STATIC_COUNT ? STATIC_NAMES[index] : this.#table.name(index - STATIC_COUNT - 1);
  }

  #valueAt(index: number): string {
    return index <= STATIC_COUNT
      ? STATIC_VALUES[index]
      : this.#table.value(index - STATIC_COUNT - 1);
  }

  /** A string literal (section 5.2); undefined with `#error` set. */
  #string(cursor: Cursor): string | undefined {
    const huffman = cursor.at < cursor.end && cursor.bytes[cursor.at] >= 128;
    const length = readInteger(cursor, 7);
    const from = cursor.at;
    if (length < 0 || length > cursor.end - from) return this.#fail("a string that is cut off");
    cursor.at = from + length;
    if (!huffman) return textOf(cursor.bytes, from, cursor.at);
    const most = length * 2 + 1;
    if (scratch.length < most) scratch = new Uint8Array(most * 2);
    const end = decodeHuffman(cursor.bytes, from, cursor.at, scratch, 0);
    return end < 0 ? this.#fail("an invalid Huffman code") : textOf(scratch, 0, end);
  }

  #fail(message: string): undefined {
    this.#error = wrong(message);
  }
}

const NOTHING = new Uint8Array(0);
