/** Headers of both versions to be sent (sections 2.1 and 2.2). */
import { parseIp } from "../address.ts";
import type { Address } from "../conn.ts";
import { crc32c } from "./crc32c.ts";
import { type ProxyEnds, type Tlv, TlvType } from "./header.ts";
import { SIGNATURE } from "./parse.ts";
import { FIXED } from "./parse_v2.ts";

const text = new TextEncoder();

/** The line of version 1; `UNKNOWN` when an end is a Unix socket, or there are none. */
export function writeV1(ends: ProxyEnds | undefined): Uint8Array {
  const inet = ends && inetOf(ends);
  if (inet === undefined) return text.encode("PROXY UNKNOWN\r\n");
  const { source, destination } = ends!;
  const host = (address: Address) =>
    inet.size === 16 && address.family === 4 ? `::ffff:${address.host}` : address.host;
  return text.encode(
    `PROXY TCP${inet.size === 4 ? 4 : 6} ${host(source)} ${host(destination)} ` +
      `${source.port} ${destination.port}\r\n`,
  );
}

/**
 * The header of version 2. Without ends, and with those of Unix sockets, it is LOCAL, as HAProxy has it; vectors are
 * sent all the same. `checksum`: a CRC32c of the whole goes with it.
 */
export function writeV2(
  ends: ProxyEnds | undefined,
  tlvs: readonly Tlv[] = [],
  checksum = false,
): Uint8Array {
  const inet = ends && inetOf(ends);
  const addresses = inet === undefined ? 0 : 2 * inet.size + 4;
  let length = addresses + (checksum ? 7 : 0);
  for (const { value } of tlvs) length += 3 + value.length;
  const out = new Uint8Array(FIXED + length);
  out.set(SIGNATURE);
  out[12] = inet === undefined ? 0x20 : 0x21;
  out[13] = inet === undefined ? 0 : inet.size === 4 ? 0x11 : 0x21;
  put16(out, 14, length);
  let at = FIXED;
  if (inet !== undefined) {
    out.set(inet.source, at);
    out.set(inet.destination, at + inet.size);
    at += 2 * inet.size;
    put16(out, at, ends!.source.port);
    put16(out, at + 2, ends!.destination.port);
    at += 4;
  }
  if (checksum) at = putTlv(out, at, { type: TlvType.crc32c, value: new Uint8Array(4) });
  const sumAt = at - 4;
  for (const tlv of tlvs) at = putTlv(out, at, tlv);
  if (checksum) {
    const sum = crc32c(out);
    put16(out, sumAt, sum >>> 16);
    put16(out, sumAt + 2, sum & 0xffff);
  }
  return out;
}

/** What TLS on the client's connection is told about (section 2.2.6). Texts that are absent are not sent. */
export interface SslDetails {
  readonly version: string;
  /** the client showed a certificate on this connection, or earlier in its session */
  readonly certificate?: "connection" | "session";
  /** 0: a certificate was shown and is good */
  readonly verify: number;
  readonly commonName?: string;
  readonly cipher?: string;
  readonly signature?: string;
  readonly key?: string;
}

/** The vector for TLS; undefined: the client's connection has none, which is told as well. */
export function sslTlv(details: SslDetails | undefined): Tlv {
  if (details === undefined) {
    return { type: TlvType.ssl, value: Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff) };
  }
  const parts: Tlv[] = [{ type: TlvType.sslVersion, value: text.encode(details.version) }];
  const add = (type: number, value: string | undefined) => {
    if (value !== undefined) parts.push({ type, value: text.encode(value) });
  };
  add(TlvType.sslCn, details.commonName);
  add(TlvType.sslKeyAlg, details.key);
  add(TlvType.sslSigAlg, details.signature);
  add(TlvType.sslCipher, details.cipher);
  const value = new Uint8Array(parts.reduce((sum, part) => sum + 3 + part.value.length, 5));
  const shown = details.certificate;
  value[0] = 1 | (shown === "connection" ? 2 : 0) | (shown !== undefined ? 4 : 0);
  put16(value, 1, details.verify >>> 16);
  put16(value, 3, details.verify & 0xffff);
  let at = 5;
  for (const part of parts) at = putTlv(value, at, part);
  return { type: TlvType.ssl, value };
}

function putTlv(out: Uint8Array, at: number, { type, value }: Tlv): number {
  out[at] = type;
  put16(out, at + 1, value.length);
  out.set(value, at + 3);
  return at + 3 + value.length;
}

function put16(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 8;
  out[at + 1] = value & 255;
}

/** Both addresses as bytes of one family: IPv4 is written as IPv6 where the other end is IPv6. */
function inetOf({ source, destination }: ProxyEnds) {
  const from = bytesOf(source);
  const to = bytesOf(destination);
  if (from === undefined || to === undefined) return undefined;
  if (from.length === to.length) return { size: from.length, source: from, destination: to };
  return { size: 16, source: mapped(from), destination: mapped(to) };
}

function bytesOf({ family, host }: Address): Uint8Array | undefined {
  return family === "unix" ? undefined : parseIp(host);
}

function mapped(ip: Uint8Array): Uint8Array {
  if (ip.length === 16) return ip;
  const bytes = new Uint8Array(16);
  bytes.fill(255, 10, 12);
  bytes.set(ip, 12);
  return bytes;
}
