import type { Address } from "./conn.ts";

const DIGITS = /^[0-9]{1,3}$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;

/** The bytes of an IPv4 (4) or IPv6 (16) address in text, undefined for anything else. No names, no port. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** Four decimal numbers without leading zeros (RFC 6943 3.1.1: other forms are read differently elsewhere). */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".", 5);
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let at = 0; at < 4; at++) {
    const part = parts[at];
    if (!DIGITS.test(part) || (part.length > 1 && part[0] === "0")) return undefined;
    const value = Number(part);
    if (value > 255) return undefined;
    bytes[at] = value;
  }
  return bytes;
}

/** RFC 4291 2.2, with `::` and a dotted tail; a zone (`%eth0`) is not part of an address here. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length < 2 || text.length > 45) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1], true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const count = head.length + tail.length;
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined;
  const bytes = new Uint8Array(16);
  for (let at = 0; at < head.length; at++) put(bytes, at, head[at]);
  for (let at = 0; at < tail.length; at++) put(bytes, 8 - tail.length + at, tail[at]);
  return bytes;
}

function put(bytes: Uint8Array, group: number, value: number): void {
  bytes[group * 2] = value >> 8;
  bytes[group * 2 + 1] = value & 255;
}

/** 16-bit groups; `last`: the text ends the address, so that its last part may be a dotted IPv4. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at];
    if (GROUP.test(part)) {
      groups.push(parseInt(part, 16));
    } else if (last && at === parts.length - 1) {
      const v4 = parseIpv4(part);
      if (v4 === undefined) return undefined;
      groups.push(v4[0] << 8 | v4[1], v4[2] << 8 | v4[3]);
    } else {
      return undefined;
    }
  }
  return groups;
}

/** Text of 4 or 16 bytes; IPv6 in the canonical form of RFC 5952. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (isMapped(bytes)) return `::ffff:${formatIp(bytes.subarray(12))}`;
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(bytes[at] << 8 | bytes[at + 1]);
  let from = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) {
      from = at;
      length = end - at;
    }
    if (end > at) at = end;
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (from < 0) return hex(groups);
  return `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`;
}

/** `::ffff:a.b.c.d`, an IPv4 peer on an IPv6 socket (RFC 4291 2.5.5.2). */
export function isMapped(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || bytes[10] !== 255 || bytes[11] !== 255) return false;
  for (let at = 0; at < 10; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** The IPv4 part of a mapped address, anything else as it is. */
export function unmap(bytes: Uint8Array): Uint8Array {
  return isMapped(bytes) ? bytes.subarray(12) : bytes;
}

/** A network: the address' bytes with the host part zero, and the length of the prefix in bits. */
export interface Network {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `2001:db8::/32` or one address; undefined when it is none of them. */
export function parseCidr(text: string): Network | undefined {
  const slash = text.indexOf("/");
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = slash < 0 ? address.length * 8 : prefixBits(text.slice(slash + 1), address.length);
  if (bits < 0) return undefined;
  for (let at = 0; at < address.length; at++) address[at] &= maskByte(bits, at);
  return { bytes: address, bits };
}

function prefixBits(text: string, length: number): number {
  if (DIGITS.test(text)) return Number(text) <= length * 8 ? Number(text) : -1;
  const mask = length === 4 ? parseIpv4(text) : undefined;
  if (mask === undefined) return -1;
  const value = (mask[0] << 24 | mask[1] << 16 | mask[2] << 8 | mask[3]) >>> 0;
  const ones = Math.clz32(~value >>> 0);
  return value === (ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0) ? ones : -1;
}

function maskByte(bits: number, at: number): number {
  const left = bits - at * 8;
  return left >= 8 ? 255 : left <= 0 ? 0 : (255 << (8 - left)) & 255;
}

/** Whether an address lies in a network. A mapped IPv4 address is looked up as IPv4 in IPv4 networks. */
export function inNetwork(address: Uint8Array, network: Network): boolean {
  const bytes = network.bytes.length === 4 ? unmap(address) : address;
  if (bytes.length !== network.bytes.length) return false;
  const whole = network.bits >> 3;
  for (let at = 0; at < whole; at++) if (bytes[at] !== network.bytes[at]) return false;
  const rest = network.bits & 7;
  return rest === 0 || (bytes[whole] & maskByte(network.bits, whole)) === network.bytes[whole];
}

/** A network as a test on an address in text (`option forwardfor except`); undefined when it is not one. */
export function parseNetwork(text: string): ((ip: string) => boolean) | undefined {
  const network = parseCidr(text);
  if (network === undefined) return undefined;
  return (ip) => {
    const bytes = parseIp(ip);
    return bytes !== undefined && inNetwork(bytes, network);
  };
}

/** Splits `host:port`, `[v6]:port` or `v6:port` at the last colon; the host may be empty or `*`. */
export function parseHostPort(text: string): { host: string; port: number } | undefined {
  const colon = text.lastIndexOf(":");
  if (colon < 0) return undefined;
  const digits = text.slice(colon + 1);
  if (!/^[0-9]{1,5}$/.test(digits) || Number(digits) > 65535) return undefined;
  let host = text.slice(0, colon);
  if (host.startsWith("[") && host.endsWith("]")) {
    host = host.slice(1, -1);
    if (parseIpv6(host) === undefined) return undefined;
  } else if (host.includes(":") && parseIpv6(host) === undefined) {
    return undefined;
  }
  return { host, port: Number(digits) };
}

/** `127.0.0.1:80`, `[::1]:80`, or a Unix socket's path. */
export function formatAddress(address: Address): string {
  if (address.family === "unix") return address.host;
  if (address.family === 6) return `[${address.host}]:${address.port}`;
  return `${address.host}:${address.port}`;
}

export function tcpAddress(host: string, port: number): Address {
  return { family: host.includes(":") ? 6 : 4, host, port };
}

export function unixAddress(path: string): Address {
  return { family: "unix", host: path, port: 0 };
}
