/** DER (X.690): just enough to walk a certificate. Pure; a length that does not fit ends the walk. */

export interface DerValue {
  /** the identifier octet */
  readonly tag: number;
  /** contents */
  readonly value: Uint8Array<ArrayBuffer>;
  /** identifier, length and contents */
  readonly whole: Uint8Array<ArrayBuffer>;
}

export const Tag = {
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  UTF8: 0x0c,
  BMP: 0x1e,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** The value at `offset`; undefined when there is none or it does not end within `bytes`. */
export function readDer(bytes: Uint8Array<ArrayBuffer>, offset: number): DerValue | undefined {
  if (offset + 2 > bytes.length) return undefined;
  const tag = bytes[offset];
  let length = bytes[offset + 1];
  let at = offset + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || at + count > bytes.length) return undefined;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[at++];
  }
  if (length > bytes.length - at) return undefined;
  return {
    tag,
    value: bytes.subarray(at, at + length),
    whole: bytes.subarray(offset, at + length),
  };
}

/** The values inside a constructed one; those before the first that is broken. */
export function derChildren({ value }: DerValue): DerValue[] {
  const children: DerValue[] = [];
  for (let offset = 0; offset < value.length;) {
    const child = readDer(value, offset);
    if (child === undefined) break;
    children.push(child);
    offset += child.whole.length;
  }
  return children;
}

/** An object identifier in dotted decimal. */
export function oidText(value: Uint8Array): string {
  const parts: number[] = [];
  let number = 0;
  for (const byte of value) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(number / 40));
      parts.push(first, number - first * 40);
    } else parts.push(number);
    number = 0;
  }
  return parts.join(".");
}
