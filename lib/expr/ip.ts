/**
 * IP addresses as samples. An IPv4 address is a number (0 to 2^32-1), an IPv6 address an Ip6: the first costs
 * nothing, the second one small object, and both compare without text.
 */

/** An IPv6 address as four unsigned 32-bit words, the most significant first. Never changed once made. */
export class Ip6 {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;

  constructor(a: number, b: number, c: number, d: number) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }
}

export type Ip = number | Ip6;

/**
 * Reads `text` from `from` to `to` as a dotted IPv4 address of exactly four decimal bytes.
 * Answers -1 when it is none.
 */
export function parseIp4(text: string, from = 0, to = text.length): number {
  let value = 0;
  let byte = -1;
  let digits = 0;
  let parts = 1;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c === 46) {
      if (byte < 0 || parts === 4) return -1;
      value = value * 256 + byte;
      byte = -1;
      digits = 0;
      parts++;
    } else if (c >= 48 && c <= 57) {
      if (++digits > 3) return -1;
      byte = (byte < 0 ? 0 : byte * 10) + c - 48;
      if (byte > 255) return -1;
    } else return -1;
  }
  return parts === 4 && byte >= 0 ? value * 256 + byte : -1;
}

/** Reads an IPv6 address (RFC 4291 section 2.2, all three forms, no zone). */
export function parseIp6(text: string): Ip6 | undefined {
  const length = text.length;
  if (length < 2 || length > 45) return undefined;
  const groups: number[] = [];
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === 58) {
    if (text.charCodeAt(1) !== 58) return undefined;
    gap = 0;
    i = 2;
  }
  while (i < length) {
    let end = i;
    let value = 0;
    while (end < length && end - i < 5) {
      const digit = hexDigit(text.charCodeAt(end));
      if (digit < 0) break;
      value = value * 16 + digit;
      end++;
    }
    if (end < length && text.charCodeAt(end) === 46) {
      const tail = groups.length <= 6 ? parseIp4(text, i) : -1;
      if (tail < 0) return undefined;
      groups.push(tail >>> 16, tail & 0xffff);
      break;
    }
    if (end === i || end - i > 4 || groups.length === 8) return undefined;
    groups.push(value);
    if (end === length) break;
    if (text.charCodeAt(end) !== 58) return undefined;
    i = end + 1;
    if (i === length) return undefined;
    if (text.charCodeAt(i) === 58) {
      if (gap >= 0) return undefined;
      gap = groups.length;
      i++;
    }
  }
  if (gap < 0 ? groups.length !== 8 : groups.length > 7) return undefined;
  if (gap >= 0) groups.splice(gap, 0, ...new Array<number>(8 - groups.length).fill(0));
  const word = (n: number) => ((groups[n] << 16) | groups[n + 1]) >>> 0;
  return new Ip6(word(0), word(2), word(4), word(6));
}

/** Reads an IPv4 or IPv6 address; undefined when it is none. */
export function parseIp(text: string): Ip | undefined {
  const four = parseIp4(text);
  return four >= 0 ? four : parseIp6(text);
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** `192.0.2.1`; IPv6 as RFC 5952 writes it (and `::ffff:192.0.2.1` for a mapped address). */
export function formatIp(ip: Ip): string {
  return typeof ip === "number" ? formatIp4(ip) : formatIp6(ip);
}

function formatIp4(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

function formatIp6(ip: Ip6): string {
  if (ip.a === 0 && ip.b === 0) {
    if (ip.c === 0xffff) return `::ffff:${formatIp4(ip.d)}`;
    if (ip.c === 0 && ip.d > 0xffff) return `::${formatIp4(ip.d)}`;
  }
  const words = [ip.a, ip.b, ip.c, ip.d];
  const groups: number[] = [];
  for (const word of words) groups.push(word >>> 16, word & 0xffff);
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
    i += n;
  }
  const hex = (from: number, to: number) =>
    groups.slice(from, to).map((g) => g.toString(16)).join(":");
  return best < 0 ? hex(0, 8) : `${hex(0, best)}::${hex(best + bestLength, 8)}`;
}

/** An IPv4 address as the mapped IPv6 one, `::ffff:a.b.c.d`. */
export function toIp6(ip: Ip): Ip6 {
  return typeof ip === "number" ? new Ip6(0, 0, 0xffff, ip) : ip;
}

/** The IPv4 address inside `::ffff:a.b.c.d`, `::a.b.c.d` or `2002:a.b.c.d::` (manual 7.1.6), else -1. */
export function toIp4(ip: Ip): number {
  if (typeof ip === "number") return ip;
  if (ip.a === 0 && ip.b === 0 && (ip.c === 0 || ip.c === 0xffff)) return ip.d;
  if (ip.a >>> 16 === 0x2002) return ((ip.a << 16) | (ip.b >>> 16)) >>> 0;
  return -1;
}

/** The IPv4 address inside `::ffff:a.b.c.d` only, else -1: what casts and `ipmask` do. */
export function mapped4(ip: Ip): number {
  if (typeof ip === "number") return ip;
  return ip.a === 0 && ip.b === 0 && ip.c === 0xffff ? ip.d : -1;
}

/** The mask of `bits` leading ones as an unsigned 32-bit word. */
export function mask4(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

/** The IPv6 mask of `bits` leading ones. */
export function mask6(bits: number): Ip6 {
  return new Ip6(mask4(bits), mask4(bits - 32), mask4(bits - 64), mask4(bits - 96));
}

/** `ip` with every bit outside of `mask` cleared. */
export function and6(ip: Ip6, mask: Ip6): Ip6 {
  return new Ip6(
    (ip.a & mask.a) >>> 0,
    (ip.b & mask.b) >>> 0,
    (ip.c & mask.c) >>> 0,
    (ip.d & mask.d) >>> 0,
  );
}

/** Order of two IPv6 addresses: negative, 0 or positive. */
export function compare6(x: Ip6, y: Ip6): number {
  return x.a - y.a || x.b - y.b || x.c - y.c || x.d - y.d;
}

/** How many leading bits two addresses share; 128: they are the same. */
export function sameBits(x: Ip6, y: Ip6): number {
  const a = Math.clz32(x.a ^ y.a);
  if (a < 32) return a;
  const b = Math.clz32(x.b ^ y.b);
  if (b < 32) return 32 + b;
  const c = Math.clz32(x.c ^ y.c);
  return c < 32 ? 64 + c : 96 + Math.clz32(x.d ^ y.d);
}
