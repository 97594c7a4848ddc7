/** Encodings, digests and addresses (manual 7.3.1). */
import { fromBase64 } from "../base64.ts";
import { and6, type Ip, type Ip6, mapped4 } from "../ip.ts";
import type { ConverterRow } from "../rows.ts";

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

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** CRC-32 as in Ethernet and gzip. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++) {
    crc = CRC_TABLE[(crc ^ text.charCodeAt(i)) & 255] ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** HAProxy's full avalanche of a 32-bit hash: Bob Jenkins's six shifts, times a large prime. */
export function avalanche(hash: number): number {
  let a = hash | 0;
  a = (a + 0x7ed55d16 + (a << 12)) | 0;
  a = (a ^ 0xc761c23c) ^ (a >>> 19);
  a = (a + 0x165667b1 + (a << 5)) | 0;
  a = (a + 0xd3a2646c) ^ (a << 9);
  a = (a + 0xfd7046c5 + (a << 3)) | 0;
  a = (a ^ 0xb55a4f09) ^ (a >>> 16);
  return Math.imul(a, 3221225473) >>> 0;
}

const SIMPLE = { args: [], section: SECTION } as const;

export const ENCODING_CONVERTERS: readonly ConverterRow[] = [
  {
    ...SIMPLE,
    name: "hex",
    input: "bin",
    output: "str",
    doc: "two upper-case hexadecimal digits for each byte",
    make: () => (value) => hexOf(value as string),
  },
  {
    ...SIMPLE,
    name: "base64",
    input: "bin",
    output: "str",
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
    doc: "URL-encoded: all but letters, digits and -._~",
    section: SECTION,
    make: () => (value) => urlEncode(value as string),
  },
  {
    name: "crc32",
    args: [{ name: "avalanche", type: "int", optional: true }],
    input: "bin",
    output: "sint",
    doc: "the CRC-32 of the bytes, with avalanche 1 mixed once more",
    section: SECTION,
    make: ([full]) =>
      full ? (value) => avalanche(crc32(value as string)) : (value) => crc32(value as string),
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
        if (mask6 !== undefined) return and6(ip, mask6);
        const mapped = mapped4(ip);
        return mapped < 0 ? undefined : (mapped & mask4) >>> 0;
      };
    },
  },
];
