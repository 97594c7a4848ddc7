/** Keys of stick tables as cells of shared memory, and back (manual 4.2 `stick-table type`). */
import type { StickKeyType, StickTableConfig } from "../config/model_stick.ts";

/** 16 bytes of an IPv6 address as four numbers, most significant first. */
export interface KeyIp6 {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** `ip`, `integer`: a number; `ipv6`: an address; `string`, `binary`: text of which a unit is a byte. */
export type StickKey = number | string | KeyIp6;

/** Cells of a key. A string's first one is its length. */
export function keyCells({ type, length }: Pick<StickTableConfig, "type" | "length">): number {
  switch (type) {
    case "ip":
    case "integer":
      return 1;
    case "ipv6":
      return 4;
    case "string":
      return 1 + Math.ceil(length / 4);
    case "binary":
      return Math.ceil(length / 4);
  }
}

/** Writes `key` to `cells` from `at` on: a string is cut to `length`, a block is cut or filled with zeros. */
export function writeKey(
  type: StickKeyType,
  length: number,
  key: StickKey,
  cells: Int32Array,
  at: number,
): void {
  switch (type) {
    case "ip":
    case "integer":
      cells[at] = key as number;
      return;
    case "ipv6": {
      const { a, b, c, d } = key as KeyIp6;
      cells[at] = a;
      cells[at + 1] = b;
      cells[at + 2] = c;
      cells[at + 3] = d;
      return;
    }
  }
  const text = key as string;
  const end = Math.min(text.length, length);
  let cell = at;
  if (type === "string") cells[cell++] = end;
  const last = cell + Math.ceil(length / 4);
  for (let i = 0; cell < last; i += 4) {
    // charCodeAt beyond the text is NaN, which is 0 as bits; beyond `end` nothing may count.
    let word = i < end ? text.charCodeAt(i) & 255 : 0;
    if (i + 1 < end) word |= (text.charCodeAt(i + 1) & 255) << 8;
    if (i + 2 < end) word |= (text.charCodeAt(i + 2) & 255) << 16;
    if (i + 3 < end) word |= (text.charCodeAt(i + 3) & 255) << 24;
    cells[cell++] = word;
  }
}

/** The key that `writeKey` wrote. */
export function readKey(
  type: StickKeyType,
  length: number,
  cells: Int32Array,
  at: number,
): StickKey {
  switch (type) {
    case "ip":
    case "integer":
      return cells[at] >>> 0;
    case "ipv6":
      return {
        a: cells[at] >>> 0,
        b: cells[at + 1] >>> 0,
        c: cells[at + 2] >>> 0,
        d: cells[at + 3] >>> 0,
      };
  }
  const bytes = type === "string" ? cells[at] : length;
  const first = type === "string" ? at + 1 : at;
  let text = "";
  for (let i = 0; i < bytes; i++) {
    text += String.fromCharCode((cells[first + (i >> 2)] >>> (8 * (i & 3))) & 255);
  }
  return text;
}
