/** Protocol Buffers on the wire: finding one field by the numbers that lead to it. */

/** Wire types of the encoding's specification. */
export type WireType = 0 | 1 | 2 | 5;

export interface ProtobufField {
  readonly wire: WireType;
  /** the value's bytes: of a varint all of them, of a length-delimited field without the length */
  readonly from: number;
  readonly to: number;
}

const MAX_VARINT = 10;

/** The position behind the varint at `at`; -1 when it is cut off or too long. */
function skipVarint(text: string, at: number, end: number): number {
  for (let i = 0; i < MAX_VARINT && at + i < end; i++) {
    if (text.charCodeAt(at + i) < 128) return at + i + 1;
  }
  return -1;
}

/** The 64 bits of the varint `text[from..to]`. */
export function varint(text: string, from: number, to: number): bigint {
  let n = 0n;
  for (let i = to; i-- > from;) n = (n << 7n) | BigInt(text.charCodeAt(i) & 127);
  return BigInt.asUintN(64, n);
}

/** A varint of a length or a key as a number; Infinity when it is too large for any buffer. */
function small(text: string, from: number, to: number): number {
  return to - from > 5 ? Infinity : Number(varint(text, from, to));
}

/** The first field with that number between `from` and `to`; undefined when there is none. */
function findField(text: string, from: number, to: number, wanted: number) {
  for (let at = from; at < to;) {
    const behind = skipVarint(text, at, to);
    if (behind < 0) return undefined;
    const key = small(text, at, behind);
    const wire = key % 8;
    let start = behind;
    let end: number;
    if (wire === 0) end = skipVarint(text, behind, to);
    else if (wire === 1) end = behind + 8;
    else if (wire === 5) end = behind + 4;
    else if (wire === 2) {
      start = skipVarint(text, behind, to);
      end = start < 0 ? -1 : start + small(text, behind, start);
    } else return undefined;
    if (end < 0 || end > to) return undefined;
    if (Math.floor(key / 8) === wanted) return { wire, from: start, to: end } as ProtobufField;
    at = end;
  }
  return undefined;
}

/** The field that a path of numbers leads to: all but the last are messages. */
export function findProtobuf(
  text: string,
  from: number,
  to: number,
  path: readonly number[],
): ProtobufField | undefined {
  let found: ProtobufField | undefined;
  for (const number of path) {
    if (found !== undefined) {
      if (found.wire !== 2) return undefined;
      from = found.from;
      to = found.to;
    }
    found = findField(text, from, to, number);
    if (found === undefined) return undefined;
  }
  return found;
}
