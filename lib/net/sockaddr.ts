/** Addresses as the kernel has them (struct sockaddr_in, _in6, _un): bytes to and from ours. */
import { formatIp, parseIp, tcpAddress, unixAddress } from "./address.ts";
import type { Address, Target } from "./conn.ts";
import { Layout, Os } from "./libc.ts";
import { kernelPath } from "./unix_socket.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Undefined when `host` is no IP address, or `port` none. */
export function encodeIp(host: string, port: number): Uint8Array<ArrayBuffer> | undefined {
  const ip = parseIp(host);
  if (ip === undefined || !(port >= 0 && port <= 65535)) return undefined;
  const v4 = ip.length === 4;
  const bytes = new Uint8Array(v4 ? Layout.sockaddrIn : Layout.sockaddrIn6);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, v4 ? Os.AF_INET : Os.AF_INET6, true);
  view.setUint16(2, port);
  bytes.set(ip, v4 ? 4 : 8);
  return bytes;
}

/** A path, or an abstract `@name`, padded as HAProxy pads it; undefined when it is too long. */
export function encodeUnix(path: string): Uint8Array<ArrayBuffer> | undefined {
  const kernel = kernelPath(path);
  if (kernel === undefined) return undefined;
  const name = encoder.encode(kernel);
  const abstract = path.startsWith("@");
  const bytes = new Uint8Array(2 + name.length + (abstract ? 0 : 1));
  new DataView(bytes.buffer).setUint16(0, Os.AF_UNIX, true);
  bytes.set(name, 2);
  return bytes;
}

/** The address in `bytes`, of which the kernel has filled `length`. */
export function decodeAddress(bytes: Uint8Array, length: number): Address {
  const family = length < 2 ? 0 : bytes[0] | bytes[1] << 8;
  if (family === Os.AF_INET) return tcpAddress(formatIp(bytes.subarray(4, 8)), portOf(bytes));
  if (family === Os.AF_INET6) return tcpAddress(formatIp(bytes.subarray(8, 24)), portOf(bytes));
  if (length <= 2) return unixAddress("");
  const path = bytes.subarray(2, length);
  if (path[0] === 0) return unixAddress(`@${decoder.decode(path.subarray(1)).replace(/\0+$/, "")}`);
  const end = path.indexOf(0);
  return unixAddress(decoder.decode(end < 0 ? path : path.subarray(0, end)));
}

/** Where to connect to, as the kernel takes it; undefined `remote`: the kernel chooses, and is to be asked. */
export interface Destination {
  readonly name: Uint8Array<ArrayBuffer>;
  readonly remote: Address | undefined;
}

const destinations = new WeakMap<Target, Destination>();

/** Undefined when the target is a name, or a path that is too long. Made once for each target. */
export function destinationOf(target: Target): Destination | undefined {
  let made = destinations.get(target);
  if (made === undefined) {
    const unix = target.type === "unix";
    const name = unix ? encodeUnix(target.path) : encodeIp(target.host, target.port);
    if (name === undefined) return undefined;
    const any = !unix && name.subarray(4).every((byte) => byte === 0);
    const remote = unix
      ? unixAddress(target.path)
      : any
      ? undefined
      : decodeAddress(name, name.length);
    destinations.set(target, made = { name, remote });
  }
  return made;
}

/** Whether the kernel has filled `bytes` with an address of IPv4. */
export function isIpv4(bytes: Uint8Array, length: number): boolean {
  return length >= 8 && bytes[0] === Os.AF_INET && bytes[1] === 0;
}

/** An IPv4 address in `bytes` as a number: to be kept, for it may never be asked for. */
export function packIpv4(bytes: Uint8Array): number {
  return bytes[4] << 24 | bytes[5] << 16 | bytes[6] << 8 | bytes[7];
}

/** What `packIpv4` has made. */
export function unpackIpv4(ip: number, port: number): Address {
  return {
    family: 4,
    host: `${ip >>> 24}.${ip >>> 16 & 255}.${ip >>> 8 & 255}.${ip & 255}`,
    port,
  };
}

export function portOf(bytes: Uint8Array): number {
  return bytes[2] << 8 | bytes[3];
}
