/**
 * ICMP sockets through libc: the unprivileged datagram kind, which the system permits to the groups in
 * net.ipv4.ping_group_range, else a raw one, which needs root or CAP_NET_RAW.
 */
import { openLibc } from "../../net/libc.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "isize" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  close: { parameters: ["i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

const AF = { 4: 2, 6: 10 } as const;
const PROTOCOL = { 4: 1, 6: 58 } as const;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;
const SOL_IP = 0;
const IP_RECVERR = 11;
const SOL_IPV6 = 41;
const IPV6_RECVERR = 25;
const POLLIN = 1;
/** A message with its IPv4 header, which raw sockets give. */
const MESSAGE = 512;

/** What came: a message of `length` bytes in `bytes`, or the quote of a request that failed with `errno`. */
export interface Arrived {
  readonly bytes: Uint8Array;
  /** where ICMP begins */
  readonly from: number;
  readonly to: number;
  /** undefined: a message from the network */
  readonly errno?: number;
}

export class IcmpSocket {
  readonly family: 4 | 6;
  /** it sees the messages of all processes */
  readonly raw: boolean;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #bytes = new Uint8Array(MESSAGE);
  readonly #pollfd = new Uint8Array(8);
  readonly #quote = new Quote();

  private constructor(libc: Libc, fd: number, family: 4 | 6, raw: boolean) {
    this.#libc = libc;
    this.#fd = fd;
    this.family = family;
    this.raw = raw;
    const on = new Uint8Array([1, 0, 0, 0]);
    if (family === 4) libc.setsockopt(fd, SOL_IP, IP_RECVERR, on, 4);
    else libc.setsockopt(fd, SOL_IPV6, IPV6_RECVERR, on, 4);
    const view = new DataView(this.#pollfd.buffer);
    view.setInt32(0, fd, true);
    view.setInt16(4, POLLIN, true);
  }

  /** Opens a socket; a sentence when the system does not permit one. */
  static open(family: 4 | 6): IcmpSocket | string {
    const libc = openLibc(SYMBOLS)?.symbols;
    if (libc === undefined) {
      return "it needs the C library through FFI, which is not permitted or not there (--allow-ffi, Linux)";
    }
    const open = (type: number) =>
      libc.socket(AF[family], type | NONBLOCK_CLOEXEC, PROTOCOL[family]);
    const datagram = open(SOCK_DGRAM);
    if (datagram >= 0) return new IcmpSocket(libc, datagram, family, false);
    const raw = open(SOCK_RAW);
    if (raw >= 0) return new IcmpSocket(libc, raw, family, true);
    return "the system permits no ICMP socket: neither is the group of this process in " +
      "net.ipv4.ping_group_range, nor has it CAP_NET_RAW";
  }

  /** Sends to an address of 4 or 16 bytes; 0, or the system's error number. */
  send(packet: Uint8Array<ArrayBuffer>, address: Uint8Array): number {
    const name = new Uint8Array(this.family === 4 ? 16 : 28);
    new DataView(name.buffer).setUint16(0, AF[this.family], true);
    name.set(address, this.family === 4 ? 4 : 8);
    // The first failure may be that of an earlier request, which the system tells at the next call.
    return this.#sendTo(packet, name) && this.#sendTo(packet, name);
  }

  #sendTo(packet: Uint8Array<ArrayBuffer>, name: Uint8Array<ArrayBuffer>): number {
    const { length } = packet;
    const sent = this.#libc.sendto(
      this.#fd,
      packet,
      BigInt(length),
      MSG_DONTWAIT,
      name,
      name.length,
    );
    return sent < 0n ? this.#errno() : 0;
  }

  /** The next message or error that is there, valid until the next call; undefined: none. */
  receive(): Arrived | undefined {
    const bytes = this.#bytes;
    const length = Number(
      this.#libc.recv(this.#fd, bytes, BigInt(bytes.length), MSG_DONTWAIT),
    );
    if (length > 0) {
      // Raw IPv4 sockets give the IP header too.
      const from = this.raw && this.family === 4 ? (bytes[0] & 0x0f) * 4 : 0;
      return { bytes, from, to: length };
    }
    return this.#quote.take(this.#libc, this.#fd);
  }

  /** Resolves when something has come, or after `ms`. */
  async wait(ms: number): Promise<void> {
    await this.#libc.poll(this.#pollfd, 1n, ms);
  }

  close(): void {
    this.#libc.close(this.#fd);
  }

  #errno(): number {
    const at = this.#libc.__errno_location();
    return at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
  }
}

/** The error queue of a socket (ip(7), IP_RECVERR): a failed request and why it failed. */
class Quote {
  readonly #data = new Uint8Array(MESSAGE);
  readonly #control = new Uint8Array(256);
  readonly #vector = new Uint8Array(16);
  /** struct msghdr on 64-bit Linux */
  readonly #header = new Uint8Array(56);

  take(libc: Libc, fd: number): Arrived | undefined {
    const vector = new DataView(this.#vector.buffer);
    vector.setBigUint64(0, addressOf(this.#data), true);
    vector.setBigUint64(8, BigInt(this.#data.length), true);
    const header = new DataView(this.#header.buffer);
    this.#header.fill(0);
    header.setBigUint64(16, addressOf(this.#vector), true);
    header.setBigUint64(24, 1n, true);
    header.setBigUint64(32, addressOf(this.#control), true);
    header.setBigUint64(40, BigInt(this.#control.length), true);
    const length = Number(libc.recvmsg(fd, this.#header, MSG_DONTWAIT | MSG_ERRQUEUE));
    if (length < 0) return undefined;
    const controlLength = Number(header.getBigUint64(40, true));
    return { bytes: this.#data, from: 0, to: length, errno: this.#errnoOf(controlLength) };
  }

  /** The number in the first control message of the error kind (struct sock_extended_err). */
  #errnoOf(length: number): number {
    const view = new DataView(this.#control.buffer);
    for (let at = 0; at + 20 <= length;) {
      const size = Number(view.getBigUint64(at, true));
      const level = view.getInt32(at + 8, true);
      const type = view.getInt32(at + 12, true);
      const isError = (level === SOL_IP && type === IP_RECVERR) ||
        (level === SOL_IPV6 && type === IPV6_RECVERR);
      if (isError) return view.getUint32(at + 16, true);
      if (size < 16) break;
      at += Math.ceil(size / 8) * 8;
    }
    return 0;
  }
}

/** Where an array's memory is. */
function addressOf(array: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(array)));
}
