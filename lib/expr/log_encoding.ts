/**
 * Lines as one JSON object or CBOR map (HAProxy 3.0, section 8.2.6 `+json`, `+cbor`): each named item of a format is a
 * member. Numbers and truth values keep their type; what is missing is null.
 */
import { bytesOfLatin1 } from "../http1/bytes.ts";
import type { StreamView } from "./context.ts";
import type { LogValue } from "./log_aliases.ts";

export type Encoding = "json" | "cbor";

/** A value that is written: latin1 text, an integer, a truth value; undefined: it is missing. */
export type EncodedValue = string | number | bigint | boolean | undefined;

export interface Member {
  readonly name: string;
  readonly read: (stream: StreamView) => EncodedValue;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
const NOT_ASCII = /[\x80-\xff]/;

/** The characters of bytes: those of UTF-8, or, where they are none, the code points of the same numbers. */
function charactersOf(bytes: string): string {
  if (!NOT_ASCII.test(bytes)) return bytes;
  try {
    return utf8.decode(bytesOfLatin1(bytes));
  } catch {
    return bytes;
  }
}

/** A string of RFC 8259 in ASCII, whatever the bytes are. */
export function jsonString(text: string): string {
  return JSON.stringify(charactersOf(text)).replace(
    /[\x7f-\uffff]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

function jsonValue(value: EncodedValue): string {
  if (value === undefined) return "null";
  return typeof value === "string" ? jsonString(value) : String(value);
}

const byte = (n: number) => String.fromCharCode(n);

/** The head of a CBOR item (RFC 8949 section 3): its major type and a number, in as few bytes as it fits into. */
function cborHead(major: number, n: number | bigint): string {
  const type = major << 5;
  if (n < 24) return byte(type | Number(n));
  if (n < 0x100) return byte(type | 24) + byte(Number(n));
  if (n < 0x10000) return byte(type | 25) + bigEndian(BigInt(n), 2);
  if (n < 0x100000000) return byte(type | 26) + bigEndian(BigInt(n), 4);
  return byte(type | 27) + bigEndian(BigInt(n), 8);
}

function bigEndian(n: bigint, bytes: number): string {
  let text = "";
  for (let i = bytes - 1; i >= 0; i--) text += byte(Number((n >> BigInt(8 * i)) & 255n));
  return text;
}

function cborText(text: string): string {
  const bytes = new TextEncoder().encode(charactersOf(text));
  return cborHead(3, bytes.length) + Array.from(bytes, byte).join("");
}

function cborValue(value: EncodedValue): string {
  switch (typeof value) {
    case "undefined":
      return "\xf6";
    case "boolean":
      return value ? "\xf5" : "\xf4";
    case "string":
      return cborText(value);
    default:
      return value < 0 ? cborHead(1, -1n - BigInt(value)) : cborHead(0, value);
  }
}

const HEX = "0123456789ABCDEF";

function hexOf(bytes: string): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes.charCodeAt(i);
    text += HEX[c >> 4] + HEX[c & 15];
  }
  return text;
}

/** Makes the line of these members. CBOR is written in hexadecimal, or as it is when `raw`. */
export function encodeMembers(
  encoding: Encoding,
  members: readonly Member[],
  raw: boolean,
): LogValue {
  if (encoding === "json") {
    const parts = members.map(({ name, read }, i) => ({
      before: `${i === 0 ? "{" : ","}${jsonString(name)}:`,
      read,
    }));
    return (stream) => {
      let line = members.length === 0 ? "{" : "";
      for (const { before, read } of parts) line += before + jsonValue(read(stream));
      return line + "}";
    };
  }
  const parts = members.map(({ name, read }) => ({ before: cborText(name), read }));
  return (stream) => {
    let bytes = "\xbf";
    for (const { before, read } of parts) bytes += before + cborValue(read(stream));
    bytes += "\xff";
    return raw ? bytes : hexOf(bytes);
  };
}
