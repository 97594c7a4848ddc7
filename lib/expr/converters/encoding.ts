/** Encodings and addresses (manual 7.3.1). */
import { fromBase64, fromBase64Url, toBase64Url } from "../base64.ts";
import { and6, type Ip, type Ip6, mapped4 } from "../ip.ts";
import type { ArgSpec, ConverterRow } from "../rows.ts";
import { castOf, toSint } from "../sample.ts";

const SECTION = "7.3.1";
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).toUpperCase().padStart(2, "0"));

function hexOf(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) out += HEX[text.charCodeAt(i) & 255];
  return out;
}

/** Decodes `%XX` and, in a query, `+`; undefined when a `%` is not followed by two hexadecimal digits. */
export function urlDecode(text: string, inForm: boolean): string | undefined {
  if (text.indexOf("%") < 0 && text.indexOf("+") < 0) return text;
  let out = "";
  let form = inForm;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 37) {
      const pair = text.slice(i + 1, i + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(pair)) return undefined;
      out += String.fromCharCode(parseInt(pair, 16));
      i += 2;
    } else if (c === 43 && form) out += " ";
    else {
      if (c === 63) form = true;
      out += text[i];
    }
  }
  return out;
}

/** Encodes all but unreserved characters (RFC 3986 section 2.3). */
function urlEncode(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const plain = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) ||
      c === 45 || c === 46 || c === 95 || c === 126;
    out += plain ? text[i] : "%" + HEX[c & 255];
  }
  return out;
}

const DIGITS2 = Array.from({ length: 256 }, (_, i) => i.toString(2).padStart(8, "0"));

/** The eight binary digits of each byte. */
function binaryOf(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) out += DIGITS2[text.charCodeAt(i) & 255];
  return out;
}

/** The unsigned number that the bytes `from` to `to` hold. */
function numberIn(text: string, from: number, to: number, littleEndian: boolean): string {
  if (to - from <= 6) {
    let n = 0;
    if (littleEndian) { for (let i = to; i-- > from;) n = n * 256 + text.charCodeAt(i); }
    else for (let i = from; i < to; i++) n = n * 256 + text.charCodeAt(i);
    return String(n);
  }
  let n = 0n;
  for (let i = from; i < to; i++) {
    n = (n << 8n) | BigInt(text.charCodeAt(littleEndian ? from + to - 1 - i : i));
  }
  return String(n);
}

/** Writes each chunk of the bytes by `write`, separated; an incomplete last chunk only without `truncate`. */
function inChunks(
  text: string,
  size: number,
  separator: string,
  truncate: boolean,
  write: (text: string, from: number, to: number) => string,
): string {
  const end = truncate ? text.length - text.length % size : text.length;
  let out = "";
  for (let at = 0; at < end; at += size) {
    if (at > 0) out += separator;
    out += write(text, at, Math.min(at + size, end));
  }
  return out;
}

const TRUNCATE: ArgSpec = {
  name: "truncate",
  type: "enum",
  values: ["0", "1"],
  optional: true,
};

function decimalRow(name: string, littleEndian: boolean): ConverterRow {
  return {
    name,
    args: [
      { name: "separator", type: "str" },
      {
        name: "chunk_size",
        type: "int",
        check: (v) => Number(v) >= 1 && Number(v) <= 8 ? undefined : "1 to 8",
      },
      TRUNCATE,
    ],
    input: "bin",
    output: "str",
    tooLong: "cut",
    doc: `each chunk of bytes as a decimal number, ${
      littleEndian ? "lowest" : "highest"
    } byte first`,
    section: SECTION,
    make: ([separator, size, truncate]) => {
      const write = (text: string, from: number, to: number) =>
        numberIn(text, from, to, littleEndian);
      return (value) =>
        inChunks(value as string, size as number, separator as string, truncate === "1", write);
    },
  };
}

const SIMPLE = { args: [], section: SECTION } as const;

export const ENCODING_CONVERTERS: readonly ConverterRow[] = [
  {
    ...SIMPLE,
    name: "hex",
    input: "bin",
    output: "str",
    tooLong: "cut",
    doc: "two upper-case hexadecimal digits for each byte",
    make: () => (value) => hexOf(value as string),
  },
  {
    ...SIMPLE,
    name: "base2",
    input: "bin",
    output: "str",
    tooLong: "cut",
    doc: "eight binary digits for each byte",
    make: () => (value) => binaryOf(value as string),
  },
  {
    name: "be2hex",
    args: [
      { name: "separator", type: "str", optional: true },
      {
        name: "chunk_size",
        type: "int",
        optional: true,
        check: (v) => Number(v) >= 0 ? undefined : "1 or more bytes",
      },
      TRUNCATE,
    ],
    input: "bin",
    output: "str",
    tooLong: "cut",
    doc: "upper-case hexadecimal digits, with a separator behind each chunk of bytes",
    section: SECTION,
    check: ([separator, size]) =>
      separator !== undefined && !size ? "'be2hex' with a separator needs a chunk size" : undefined,
    make: ([separator = "", size, truncate]) => {
      if (!size) return (value) => hexOf(value as string);
      const write = (text: string, from: number, to: number) => hexOf(text.slice(from, to));
      return (value) =>
        inChunks(value as string, size as number, separator as string, truncate === "1", write);
    },
  },
  decimalRow("be2dec", false),
  decimalRow("le2dec", true),
  {
    ...SIMPLE,
    name: "hex2i",
    input: "str",
    output: "sint",
    doc: "the integer that hexadecimal digits write; the lowest 64 bits of a longer one",
    make: () => (value) => {
      const text = value as string;
      if (text === "") return 0;
      if (!/^[0-9a-fA-F]+$/.test(text)) return undefined;
      return toSint(BigInt.asIntN(64, BigInt(`0x${text.slice(-16)}`)));
    },
  },
  {
    ...SIMPLE,
    name: "htonl",
    input: "sint",
    output: "bin",
    doc: "the lowest 32 bits of an integer as four bytes, highest first",
    make: () => {
      const bytes = castOf("sint", "bin")!;
      return (value) => (bytes(value) as string).slice(4);
    },
  },
  {
    ...SIMPLE,
    name: "base64",
    input: "bin",
    output: "str",
    tooLong: "fail",
    doc: "encoded in base64",
    make: () => (value) => btoa(value as string),
  },
  {
    ...SIMPLE,
    name: "b64dec",
    input: "str",
    output: "bin",
    doc: "decoded from base64; no sample when it is not valid",
    make: () => (value) => fromBase64(value as string),
  },
  {
    ...SIMPLE,
    name: "ub64enc",
    input: "bin",
    output: "str",
    tooLong: "fail",
    doc: "encoded in base64url, without padding",
    make: () => (value) => toBase64Url(value as string),
  },
  {
    ...SIMPLE,
    name: "ub64dec",
    input: "str",
    output: "bin",
    doc: "decoded from base64url without padding; no sample when it is not valid",
    make: () => (value) => fromBase64Url(value as string),
  },
  {
    name: "url_dec",
    args: [{ name: "in_form", type: "int", optional: true }],
    input: "str",
    output: "str",
    doc: "decoded from URL encoding; `+` is a space behind a `?`, or everywhere with in_form",
    section: SECTION,
    make: ([inForm]) => {
      const form = inForm !== undefined && inForm !== 0;
      return (value) => urlDecode(value as string, form);
    },
  },
  {
    name: "url_enc",
    args: [{ name: "enc_type", type: "enum", values: ["query"], optional: true }],
    input: "str",
    output: "str",
    tooLong: "fail",
    doc: "URL-encoded: all but letters, digits and -._~",
    section: SECTION,
    make: () => (value) => urlEncode(value as string),
  },
  {
    name: "ipmask",
    args: [
      { name: "mask4", type: "mask4" },
      { name: "mask6", type: "mask6", optional: true },
    ],
    input: "ip",
    output: "ip",
    doc: "the address with a mask applied; without mask6 an IPv6 address gives no sample",
    section: SECTION,
    make: ([four, six]) => {
      const mask4 = four as number;
      const mask6 = six as Ip6 | undefined;
      return (value) => {
        const ip = value as Ip;
        if (typeof ip === "number") return (ip & mask4) >>> 0;
        const mapped = mapped4(ip);
        if (mapped >= 0) return (mapped & mask4) >>> 0;
        return mask6 === undefined ? undefined : and6(ip, mask6);
      };
    },
  },
];
