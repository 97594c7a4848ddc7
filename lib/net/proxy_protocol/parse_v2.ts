/** The binary header of version 2 (section 2.2). */
import { formatIp, tcpAddress, unixAddress } from "../address.ts";
import type { Address } from "../conn.ts";
import { crc32c } from "./crc32c.ts";
import {
  HeaderProblem,
  type HeaderResult,
  type ProxyEnds,
  type ProxyHeader,
  type Tlv,
  TlvType,
} from "./header.ts";

/** bytes before the addresses */
export const FIXED = 16;
const UNIX_PATH = 108;
/** Longest values that the specification allows, and HAProxy takes. */
const LONGEST_AUTHORITY = 255;
const LONGEST_UNIQUE_ID = 128;
const NOTHING: ProxyHeader = { version: 2, tlvs: [] };

/** Parses `bytes[start, end)`, which begins with the signature. A header of more than `limit` bytes is refused. */
export function parseV2(
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
): HeaderResult {
  if (end - start < FIXED) return undefined;
  const command = bytes[start + 12];
  const family = bytes[start + 13] >> 4;
  const transport = bytes[start + 13] & 15;
  const total = FIXED + (bytes[start + 14] << 8 | bytes[start + 15]);
  if (command !== 0x20 && command !== 0x21) return HeaderProblem.Invalid;
  if (family > 3 || transport > 2) return HeaderProblem.BadProtocol;
  if (total > limit) return HeaderProblem.Invalid;
  if (end - start < total) return undefined;
  // LOCAL, and what cannot be told: what follows is skipped unseen.
  if (command === 0x20 || family === 0 || transport === 0) {
    return { header: NOTHING, end: start + total };
  }
  const header = bytes.subarray(start, start + total);
  const size = family === 1 ? 12 : family === 2 ? 36 : 2 * UNIX_PATH;
  if (total < FIXED + size) return HeaderProblem.Invalid;
  const tlvs = parseTlvs(header, FIXED + size);
  if (tlvs === undefined || !isWhole(header, tlvs)) return HeaderProblem.Invalid;
  // Both ends of a connection, whose transport is not TCP, are nothing that we can put in place of our own.
  const ends = transport === 1 ? endsOf(header, family) : undefined;
  return { header: { version: 2, ends, tlvs: tlvs.map(copied) }, end: start + total };
}

function endsOf(header: Uint8Array, family: number): ProxyEnds {
  if (family === 3) {
    return {
      source: unixAddress(pathAt(header, FIXED)),
      destination: unixAddress(pathAt(header, FIXED + UNIX_PATH)),
    };
  }
  const size = family === 1 ? 4 : 16;
  const ports = FIXED + 2 * size;
  return {
    source: inetAt(header, FIXED, size, ports),
    destination: inetAt(header, FIXED + size, size, ports + 2),
  };
}

function inetAt(header: Uint8Array, at: number, size: number, port: number): Address {
  return tcpAddress(formatIp(header.subarray(at, at + size)), header[port] << 8 | header[port + 1]);
}

/** A path up to its NUL; an abstract name begins with one, here with `@`. */
function pathAt(header: Uint8Array, at: number): string {
  let text = "";
  const first = header[at] === 0 && header[at + 1] !== 0 ? 1 : 0;
  for (let i = first; i < UNIX_PATH && header[at + i] !== 0; i++) {
    text += String.fromCharCode(header[at + i]);
  }
  return first === 1 ? `@${text}` : text;
}

function parseTlvs(header: Uint8Array, from: number): Tlv[] | undefined {
  const tlvs: Tlv[] = [];
  for (let at = from; at < header.length;) {
    if (header.length - at < 3) return undefined;
    const type = header[at];
    const length = header[at + 1] << 8 | header[at + 2];
    at += 3;
    if (length > header.length - at) return undefined;
    if (type === TlvType.authority && length > LONGEST_AUTHORITY) return undefined;
    if (type === TlvType.uniqueId && length > LONGEST_UNIQUE_ID) return undefined;
    if (type !== TlvType.noop) tlvs.push({ type, value: header.subarray(at, at + length) });
    at += length;
  }
  return tlvs;
}

/** Section 2.2.3: a checksum that is there must be right. */
function isWhole(header: Uint8Array, tlvs: readonly Tlv[]): boolean {
  for (const { type, value } of tlvs) {
    if (type !== TlvType.crc32c) continue;
    if (value.length !== 4) return false;
    const told = (value[0] << 24 | value[1] << 16 | value[2] << 8 | value[3]) >>> 0;
    const zeroed = header.slice();
    zeroed.fill(0, value.byteOffset - header.byteOffset, value.byteOffset - header.byteOffset + 4);
    if (crc32c(zeroed) !== told) return false;
  }
  return true;
}

function copied({ type, value }: Tlv): Tlv {
  return { type, value: value.slice() };
}
