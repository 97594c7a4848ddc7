/**
 * What is asked of the kernel, or told to it, about one connection: marks, TCP_INFO, and how to vanish. By libc on
 * the connection's descriptor (`Conn.descriptor`), where FFI is permitted.
 */
import { parseIp, unmap } from "./address.ts";
import type { Address } from "./conn.ts";
import { openLibc } from "./libc.ts";

const SYMBOLS = {
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
} as const;

type SocketCalls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let calls: SocketCalls | undefined | null = null;

/** The calls, opened once: ask before the process changes its root directory. */
function socketCalls(): SocketCalls | undefined {
  if (calls === null) calls = openLibc(SYMBOLS)?.symbols;
  return calls;
}

/** Whether sockets can be asked and told at all here: Linux, with FFI to libc. */
export function hasSocketCalls(): boolean {
  return socketCalls() !== undefined;
}

const AF_INET = 2;
const AF_INET6 = 10;
const SOL_IP = 0;
const SOL_SOCKET = 1;
const SOL_TCP = 6;
const SOL_IPV6 = 41;
const IP_TOS = 1;
const IP_TTL = 2;
const IPV6_UNICAST_HOPS = 16;
const IPV6_TCLASS = 67;
const SO_MARK = 36;
const TCP_INFO = 11;
const TCP_QUICKACK = 12;
const TCP_USER_TIMEOUT = 18;
const TCP_REPAIR = 19;

const int = new Int32Array(1);
const intBytes = new Uint8Array(int.buffer);

function setInt(fd: number, level: number, option: number, value: number): boolean {
  int[0] = value;
  return socketCalls()?.setsockopt(fd, level, option, intBytes, 4) === 0;
}

/** Sets the TOS field, or the traffic class of IPv6, of what is sent from now on. False: the kernel does not take it. */
export function setTos(fd: number, tos: number): boolean {
  const v4 = setInt(fd, SOL_IP, IP_TOS, tos);
  // A socket of IPv6 may have a peer of IPv4: both fields count.
  return setInt(fd, SOL_IPV6, IPV6_TCLASS, tos) || v4;
}

/** Sets the mark of packets (netfilter, policy routing). False: it is not permitted (CAP_NET_ADMIN). */
export function setMark(fd: number, mark: number): boolean {
  return setInt(fd, SOL_SOCKET, SO_MARK, mark | 0);
}

/** Sets how many ms sent data may stay unacknowledged before the connection is given up (`tcp-ut`). */
export function setUserTimeout(
  { descriptor }: { readonly descriptor?: number | undefined },
  ms: number,
): boolean {
  return descriptor !== undefined && setInt(descriptor, SOL_TCP, TCP_USER_TIMEOUT, ms);
}

/** An address of no family (16 bytes): to connect to it takes a TCP connection apart. */
const NOBODY = new Uint8Array(16);

/** Sets what is given of both. */
export function markSocket(
  { descriptor }: { readonly descriptor?: number | undefined },
  { tos, mark }: { readonly tos?: number; readonly mark?: number },
): void {
  if (descriptor === undefined) return;
  if (tos !== undefined) setTos(descriptor, tos);
  if (mark !== undefined) setMark(descriptor, mark);
}

/** Whether this process may set marks: the right CAP_NET_ADMIN, which it may give up with its user later. */
export function mayMark(): boolean {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const rights = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
    return (rights >> 12n & 1n) === 1n;
  } catch {
    // Nothing is known: the kernel will say.
    return true;
  }
}

/**
 * Ends the connection so that the peer does not hear of it (manual `silent-drop`): TCP_REPAIR lets the kernel forget
 * it without a packet. Where that is not permitted, or with `ttl`, a reset is sent that gets only so many routers
 * far. The descriptor stays, to be closed by its owner; to take the connection apart before keeps its runtime from
 * sending FIN.
 */
export function vanish(fd: number, ttl: number | undefined): void {
  // What the peer has sent is not acknowledged any more.
  setInt(fd, SOL_TCP, TCP_QUICKACK, 0);
  if (ttl !== undefined || !setInt(fd, SOL_TCP, TCP_REPAIR, 1)) {
    setInt(fd, SOL_IP, IP_TTL, ttl ?? 1);
    setInt(fd, SOL_IPV6, IPV6_UNICAST_HOPS, ttl ?? 1);
  }
  socketCalls()?.connect(fd, NOBODY, NOBODY.length);
}

/** Numbers of the kernel's `struct tcp_info` (linux/tcp.h): where each 32-bit field lies. */
const FIELDS = {
  unacked: 24,
  sacked: 28,
  lost: 32,
  retrans: 36,
  fackets: 40,
  /** µs */
  rtt: 68,
  /** µs */
  rttvar: 72,
  reordering: 88,
} as const;

export type TcpField = keyof typeof FIELDS;

const info = new Uint8Array(104);
const infoView = new DataView(info.buffer);
const infoSize = new Uint32Array(1);
const infoSizeBytes = new Uint8Array(infoSize.buffer);
const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** One number that the kernel has measured on a TCP connection; undefined: it is none, or it is closed. */
export function tcpInfo(fd: number, field: TcpField): number | undefined {
  infoSize[0] = info.length;
  const got = socketCalls()?.getsockopt(fd, SOL_TCP, TCP_INFO, info, infoSizeBytes);
  const at = FIELDS[field];
  return got === 0 && infoSize[0] >= at + 4 ? infoView.getUint32(at, LITTLE) : undefined;
}

const name = new Uint8Array(28);
const nameView = new DataView(name.buffer);
const nameSize = new Uint32Array(1);
const nameSizeBytes = new Uint8Array(nameSize.buffer);

/** True when the socket's name, which was just written to `name`, is this address. */
function isNamed(bytes: Uint8Array, port: number): boolean {
  const family = nameView.getUint16(0, LITTLE);
  if (family !== AF_INET && family !== AF_INET6) return false;
  if (nameView.getUint16(2) !== port) return false;
  const found = family === AF_INET ? name.subarray(4, 8) : unmap(name.subarray(8, 24));
  return found.length === bytes.length && found.every((byte, at) => byte === bytes[at]);
}

/** so many numbers that are no socket in a row, above all that were found: there are no more descriptors */
const GAP = 4096;
let highest = 64;

/**
 * The descriptor of a TCP connection of this process by its two ends, which no other socket has; undefined: none is
 * found. It looks at every descriptor (0.3 µs each): for a connection of which nothing better is known.
 */
export function findDescriptor(local: Address, remote: Address): number | undefined {
  const libc = socketCalls();
  const from = parseIp(local.host);
  const to = parseIp(remote.host);
  if (libc === undefined || from === undefined || to === undefined) return undefined;
  const here = unmap(from);
  const there = unmap(to);
  for (let fd = 3; fd < highest + GAP; fd++) {
    nameSize[0] = name.length;
    if (libc.getpeername(fd, name, nameSizeBytes) !== 0) continue;
    if (fd > highest) highest = fd;
    if (!isNamed(there, remote.port)) continue;
    nameSize[0] = name.length;
    if (libc.getsockname(fd, name, nameSizeBytes) === 0 && isNamed(here, local.port)) return fd;
  }
  return undefined;
}
