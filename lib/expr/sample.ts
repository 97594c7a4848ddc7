/**
 * Samples: the values that fetches give, converters turn into others and matches test (manual section 7.3).
 *
 * How each type is held, so that the hot path allocates nothing it can avoid:
 * - `bool`: a boolean;
 * - `sint`: a 64-bit signed integer. It is a `number` while it is a safe integer and a `bigint` beyond
 *   (`toSint` keeps that law), so the usual case is a small integer and the rare one is still exact;
 *   JavaScript compares the two kinds with `<` and `==` as one expects;
 * - `ip`: `ip.ts`;
 * - `str` and `bin`: a string whose units are bytes (latin1). A slice of a head is no copy;
 * - `meth`: the method's name as a string;
 * - `any`: a `Typed` value, for what has its type only at run time (variables).
 *
 * The type is known at load, so other values do not carry it. `undefined` is "no sample".
 */
import { formatIp, type Ip, Ip6, mapped4, parseIp, parseIp4 } from "./ip.ts";

export type FixedType = "bool" | "sint" | "ip" | "str" | "bin" | "meth";
export type SampleType = FixedType | "any";

export type Value = boolean | number | bigint | string | Ip6 | Typed;

/** A value with its type. Never changed once made. */
export class Typed {
  readonly type: FixedType;
  readonly value: Value;

  constructor(type: FixedType, value: Value) {
    this.type = type;
    this.value = value;
  }
}

/** A sample of a type known at load (or of type any) with its type. */
export function typed(type: SampleType, value: Value): Typed {
  return type === "any" ? value as Typed : new Typed(type, value);
}

export type Sint = number | bigint;

/** A value turned from one type to another; undefined: this value cannot be. */
export type Cast = (value: Value) => Value | undefined;

/** What the manual calls the types. */
export const TYPE_NAMES: Readonly<Record<SampleType, string>> = {
  bool: "boolean",
  sint: "integer",
  ip: "address",
  str: "string",
  bin: "binary",
  meth: "method",
  any: "any",
};

export const SINT_MAX = 9223372036854775807n;
export const SINT_MIN = -9223372036854775808n;

/** The one representation of an integer: `number` when safe, else `bigint`, saturated to 64 bits. */
export function toSint(value: bigint): Sint {
  if (value > SINT_MAX) return SINT_MAX;
  if (value < SINT_MIN) return SINT_MIN;
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/**
 * Reads the integer that `text` begins with: an optional sign, digits up to the first other character; 0 when
 * there is none. Saturates at the ends of the 64-bit range.
 */
export function readSint(text: string, from = 0): Sint {
  let i = from;
  const first = text.charCodeAt(i);
  if (first === 45 || first === 43) i++;
  const start = i;
  let value = 0;
  for (; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER) {
    // A run of zeros before the digits may be long, but no longer than the text.
    const exact = i - start > 400 ? SINT_MAX + 1n : BigInt(text.slice(start, i));
    return toSint(first === 45 ? -exact : exact);
  }
  return first === 45 ? -value || 0 : value;
}

const same: Cast = (value) => value;
const boolToSint: Cast = (value) => value === true ? 1 : 0;
const boolToStr: Cast = (value) => value === true ? "1" : "0";
const sintToBool: Cast = (value) => value != 0;
const sintToStr: Cast = (value) => String(value);
const sintToIp: Cast = (value) =>
  typeof value === "bigint" ? Number(BigInt.asUintN(32, value)) : (value as number) >>> 0;
const ipToStr: Cast = (value) => formatIp(value as Ip);
const strToSint: Cast = (value) =>
  (value as string).length === 0 ? undefined : readSint(value as string);
const strToBool: Cast = (value) => {
  const number = strToSint(value);
  return number === undefined ? undefined : number != 0;
};
/** An IPv4 address may have something behind it (a port), as HAProxy's reader allows. */
const strToIp: Cast = (value) => {
  const text = value as string;
  const ip = parseIp(text);
  if (ip !== undefined) return ip;
  let end = 0;
  while (end < text.length && /[0-9.]/.test(text[end])) end++;
  const four = end >= 7 && end < text.length ? parseIp4(text, 0, end) : -1;
  return four < 0 ? undefined : four;
};
const binToStr: Cast = (value) => {
  const end = (value as string).indexOf("\0");
  return end < 0 ? value : (value as string).slice(0, end);
};

/** The 8 bytes of an integer, most significant first. */
const sintToBin: Cast = (value) => {
  let rest = BigInt.asUintN(64, BigInt(value as Sint));
  let text = "";
  for (let i = 0; i < 8; i++) {
    text = String.fromCharCode(Number(rest & 255n)) + text;
    rest >>= 8n;
  }
  return text;
};

const word = (n: number) =>
  String.fromCharCode(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);

/** The 4 or 16 bytes of an address in network order. */
export function bytesOfIp(ip: Ip): string {
  return ip instanceof Ip6 ? word(ip.a) + word(ip.b) + word(ip.c) + word(ip.d) : word(ip);
}

const ipToBin: Cast = (value) => bytesOfIp(value as Ip);

const ipToSint: Cast = (value) => {
  const four = mapped4(value as Ip);
  return four < 0 ? undefined : four;
};

/**
 * The casts of the manual's section 7.3: a converter, a match or a rule that wants another type than it is
 * given gets it by these, and what is not in the table is refused at load.
 */
const CASTS: Readonly<Record<FixedType, Readonly<Partial<Record<FixedType, Cast>>>>> = {
  bool: { bool: same, sint: boolToSint, str: boolToStr, bin: (v) => sintToBin(boolToSint(v)!) },
  sint: { bool: sintToBool, sint: same, ip: sintToIp, str: sintToStr, bin: sintToBin },
  ip: { sint: ipToSint, ip: same, str: ipToStr, bin: ipToBin },
  str: { bool: strToBool, sint: strToSint, ip: strToIp, str: same, bin: same, meth: same },
  bin: { str: binToStr, bin: same, meth: same },
  meth: { str: same, bin: same, meth: same },
};

/** The cast of a value that has its type only at run time; there may be none then. */
function castLater(to: FixedType): Cast {
  return (value) => {
    const { type, value: inner } = value as Typed;
    return CASTS[type][to]?.(inner);
  };
}

/** The cast from one type to another; undefined when there is none. `isSame` tells that it does nothing. */
export function castOf(from: SampleType, to: SampleType): Cast | undefined {
  if (to === "any") return same;
  return from === "any" ? castLater(to) : CASTS[from][to];
}

/** True when the cast changes nothing and need not be called. */
export function isSame(cast: Cast): boolean {
  return cast === same;
}
