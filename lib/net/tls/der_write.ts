/** DER (X.690) written: what requests and certificates are made of. Pure; `der.ts` reads it. */
import { Tag } from "./der.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A value of any tag around its content. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [tag];
  if (length < 0x80) head.push(length);
  else {
    const digits: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest & 0xff);
    head.push(0x80 | digits.length, ...digits);
  }
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function sequence(...parts: readonly Uint8Array[]): Bytes {
  return tlv(Tag.SEQUENCE, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Bytes {
  return tlv(0x31, ...parts);
}

/** A positive number of any size. */
export function integer(bytes: Uint8Array): Bytes {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const digits = bytes.subarray(from);
  return digits[0] >= 0x80 ? tlv(Tag.INTEGER, Uint8Array.of(0), digits) : tlv(Tag.INTEGER, digits);
}

/** An object identifier from dotted decimal. */
export function oid(text: string): Bytes {
  const [first, second, ...rest] = text.split(".").map(Number);
  const bytes: number[] = [];
  for (const number of [first * 40 + second, ...rest]) {
    const groups = [number & 0x7f];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift(0x80 | (left & 0x7f));
    }
    bytes.push(...groups);
  }
  return tlv(Tag.OID, Uint8Array.from(bytes));
}

export function octetString(...parts: readonly Uint8Array[]): Bytes {
  return tlv(Tag.OCTET_STRING, ...parts);
}

/** Whole bytes. */
export function bitString(bytes: Uint8Array): Bytes {
  return tlv(Tag.BIT_STRING, Uint8Array.of(0), bytes);
}

export function utf8String(text: string): Bytes {
  return tlv(0x0c, new TextEncoder().encode(text));
}

export function boolean(value: boolean): Bytes {
  return tlv(0x01, Uint8Array.of(value ? 0xff : 0));
}

/** GeneralizedTime, or UTCTime where RFC 5280 4.1.2.5 wants it; `ms`: wall time. */
export function time(ms: number): Bytes {
  const text = `${new Date(ms).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
  const encode = (value: string) => new TextEncoder().encode(value);
  return text < "2050" ? tlv(0x17, encode(text.slice(2))) : tlv(Tag.GENERALIZED_TIME, encode(text));
}
