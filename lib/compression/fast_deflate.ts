/**
 * Fast deflate (RFC 1951): blocks with the fixed codes, matches found by one look into a table of 4-byte sequences.
 * It is what HAProxy's stateless compression does: less dense than zlib, and several times cheaper. The pass itself
 * is `deflate.wat`, because 64-bit words and loads at any place are what it is made of.
 *
 * Laws:
 * - Nothing is kept between calls but tables: each call's output is a run of whole blocks that ends on a byte.
 * - Output is never much larger than the input: what would grow by more than the frame of a stored block is stored.
 * - The output is lent until the next call: who keeps it, or waits, copies it.
 */
import { DEFLATE_WASM } from "./deflate_wasm.ts";

const MAX_MATCH = 258;
/** Bytes of a stored block, which is as much as is compressed at one time (RFC 1951 section 3.2.4). */
const MAX_STORED = 65_535;
/** bytes of its header when it begins on a byte */
const STORED_HEADER = 5;

/** Places in the module's memory: its head says what is there. */
const TABLE_BYTES = 32_768;
const LENGTHS = 32_768;
const DISTANCES = 34_816;
const LITERALS = 36_864;
const INPUT = 40_960;
const OUTPUT = 110_592;
/** distance between the places of two runs in the table */
const GAP = 32_768;
const LAST_BASE = 0x7fff_ffff - OUTPUT - MAX_STORED;

function reversed(code: number, length: number): number {
  let value = 0;
  for (let i = 0; i < length; i++) value |= ((code >> i) & 1) << (length - 1 - i);
  return value;
}

/** RFC 1951 section 3.2.6 */
function fixedCode(symbol: number): [code: number, length: number] {
  if (symbol < 144) return [0x30 + symbol, 8];
  if (symbol < 256) return [0x190 + symbol - 144, 9];
  if (symbol < 280) return [symbol - 256, 7];
  return [0xc0 + symbol - 280, 8];
}

/** The tables of codes, bits turned round for output (RFC 1951 section 3.2.5). */
function fillTables(memory: ArrayBuffer): void {
  const literals = new Int32Array(memory, LITERALS, 256);
  for (let i = 0; i < 256; i++) {
    const [code, length] = fixedCode(i);
    literals[i] = reversed(code, length) | (length << 16);
  }
  const lengths = new Int32Array(memory, LENGTHS, MAX_MATCH + 1);
  let base = 3;
  for (let symbol = 257; symbol < 285; symbol++) {
    const extra = symbol < 265 ? 0 : (symbol - 261) >> 2;
    const [code, length] = fixedCode(symbol);
    for (let i = 0; i < 1 << extra && base + i < MAX_MATCH; i++) {
      lengths[base + i] = reversed(code, length) | (i << length) | ((length + extra) << 24);
    }
    base += 1 << extra;
  }
  const [last, size] = fixedCode(285);
  lengths[MAX_MATCH] = reversed(last, size) | (size << 24);
  // Of distance - 1 below 256, and of (distance - 1) >> 7 from 256 on.
  const distances = new Int32Array(memory, DISTANCES, 512);
  let from = 0;
  for (let code = 0; code < 30; code++) {
    const extra = code < 4 ? 0 : (code >> 1) - 1;
    const entry = reversed(code, 5) | (extra << 8) | (from << 16);
    for (let d = from; d < from + (1 << extra); d++) {
      distances[d < 256 ? d : 256 + (d >> 7)] = entry;
    }
    from += 1 << extra;
  }
}

/** One for each thread, made when the first body comes. */
class Deflater {
  readonly #memory: Uint8Array<ArrayBuffer>;
  readonly #run: (length: number, base: number) => number;
  #base = 0;

  constructor() {
    const module = new WebAssembly.Module(Uint8Array.fromBase64(DEFLATE_WASM));
    const { memory, deflate } = new WebAssembly.Instance(module).exports;
    const { buffer } = memory as WebAssembly.Memory;
    this.#memory = new Uint8Array(buffer);
    this.#run = deflate as (length: number, base: number) => number;
    fillTables(buffer);
  }

  /** `input` has MAX_STORED bytes at most. The answer is a part of the module's memory. */
  run(input: Uint8Array): Uint8Array {
    const memory = this.#memory;
    const { length } = input;
    memory.set(input, INPUT);
    if (this.#base > LAST_BASE) {
      memory.fill(0, 0, TABLE_BYTES);
      this.#base = 0;
    }
    const size = this.#run(length, this.#base);
    this.#base += length + GAP;
    if (size <= length + STORED_HEADER) return memory.subarray(OUTPUT, OUTPUT + size);
    // As it is.
    memory[OUTPUT] = 0;
    memory[OUTPUT + 1] = length;
    memory[OUTPUT + 2] = length >> 8;
    memory[OUTPUT + 3] = ~length;
    memory[OUTPUT + 4] = ~length >> 8;
    memory.copyWithin(OUTPUT + STORED_HEADER, INPUT, INPUT + length);
    return memory.subarray(OUTPUT, OUTPUT + STORED_HEADER + length);
  }
}

let deflater: Deflater | undefined;

/**
 * Compresses `input` into blocks, the last of which is an empty or a stored one that ends on a byte; not the final
 * one. The answer is valid until the next call.
 */
export function fastDeflate(input: Uint8Array): Uint8Array {
  deflater ??= new Deflater();
  if (input.length <= MAX_STORED) return deflater.run(input);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let from = 0; from < input.length; from += MAX_STORED) {
    const part = deflater.run(input.subarray(from, from + MAX_STORED)).slice();
    parts.push(part);
    length += part.length;
  }
  const all = new Uint8Array(length);
  let to = 0;
  for (const part of parts) {
    all.set(part, to);
    to += part.length;
  }
  return all;
}
