/**
 * Datagrams by libc's `sendmmsg`, up to 64 lines in one system call, never waiting (MSG_DONTWAIT).
 *
 * Preferred where FFI is permitted: a third of the cost of `Deno.DatagramConn.send`, and a Unix datagram socket
 * whose reader has stopped answers EAGAIN, where Deno's asynchronous send would spin until the reader goes on.
 */
import { parseIp } from "../net/address.ts";
import { Errno, openLibc } from "../net/libc.ts";
import { kernelPath } from "../net/unix_socket.ts";
import { type LinePort, PortResult } from "./sink.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 2 | 0o4000 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
/** struct mmsghdr on 64-bit Linux. */
const HEADER = 64;
const LONGEST_BATCH = 64;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The functions needed, or undefined where FFI is not to be had. */
export function openDatagramLibc(): Libc | undefined {
  return openLibc(SYMBOLS)?.symbols;
}

/** A port to a UDP address. Throws when no socket can be made or the address has no route. */
export function openUdpPort(libc: Libc, ip: string, port: number): LinePort {
  const address = parseIp(ip);
  if (address === undefined) throw new TypeError(`'${ip}' is not an address`);
  const v4 = address.length === 4;
  const name = new Uint8Array(v4 ? 16 : 28);
  const view = new DataView(name.buffer);
  view.setUint16(0, v4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  name.set(address, v4 ? 4 : 8);
  const fd = newSocket(libc, v4 ? AF_INET : AF_INET6);
  // Connected: the kernel looks the route up once.
  if (libc.connect(fd, name, name.length) !== 0) {
    libc.close(fd);
    throw new Error("connect");
  }
  return new LibcPort(libc, fd, undefined);
}

/**
 * A port to a Unix datagram socket such as `/dev/log`, named anew in every send: the reader may restart.
 * `connected`: the path is looked up now and never again (it may be out of reach later), and an abstract name is
 * taken without padding, as systemd has it. Throws when the socket is not there.
 */
export function openUnixPort(
  libc: Libc,
  path: string,
  options: { readonly connected?: boolean } = {},
): LinePort {
  const connected = options.connected === true;
  const text = connected ? path.replace(/^@/, "\0") : kernelPath(path);
  const bytes = new TextEncoder().encode(text);
  if (text === undefined || bytes.length > 108) throw new TypeError("the path is too long");
  const name = new Uint8Array(111);
  new DataView(name.buffer).setUint16(0, AF_UNIX, true);
  name.set(bytes, 2);
  const sockaddr = name.subarray(0, text.startsWith("\0") ? 2 + bytes.length : 3 + bytes.length);
  const fd = newSocket(libc, AF_UNIX);
  if (!connected) return new LibcPort(libc, fd, sockaddr);
  if (libc.connect(fd, sockaddr, sockaddr.length) !== 0) {
    libc.close(fd);
    throw new Error("connect");
  }
  return new LibcPort(libc, fd, undefined);
}

function newSocket(libc: Libc, family: number): number {
  const fd = libc.socket(family, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error("socket");
  return fd;
}

/** Where an array's memory is. The array must be kept as long as the address is used. */
function addressOf(array: Uint8Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(array)));
}

function putPointer(view: DataView, at: number, address: number): void {
  view.setUint32(at, address >>> 0, true);
  view.setUint32(at + 4, Math.floor(address / 0x1_0000_0000), true);
}

class LibcPort implements LinePort {
  readonly #libc: Libc;
  #fd: number;
  readonly #headers = new Uint8Array(HEADER * LONGEST_BATCH);
  readonly #vectors = new Uint8Array(16 * LONGEST_BATCH);
  readonly #vectorView = new DataView(this.#vectors.buffer);
  /** Kept alive here: the headers point to it. */
  readonly #name: Uint8Array<ArrayBuffer> | undefined;
  #bytes: Uint8Array | undefined;
  #base = 0;

  constructor(libc: Libc, fd: number, name: Uint8Array<ArrayBuffer> | undefined) {
    this.#libc = libc;
    this.#fd = fd;
    this.#name = name;
    const view = new DataView(this.#headers.buffer);
    const vectors = addressOf(this.#vectors);
    for (let i = 0; i < LONGEST_BATCH; i++) {
      const at = i * HEADER;
      if (name !== undefined) {
        putPointer(view, at, addressOf(name));
        view.setUint32(at + 8, name.length, true);
      }
      putPointer(view, at + 16, vectors + 16 * i);
      view.setUint32(at + 24, 1, true);
    }
  }

  send(bytes: Uint8Array, ends: Uint32Array, count: number): number {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#base = addressOf(bytes as Uint8Array<ArrayBuffer>);
    }
    const batch = Math.min(count, LONGEST_BATCH);
    let start = 0;
    for (let i = 0; i < batch; i++) {
      putPointer(this.#vectorView, 16 * i, this.#base + start);
      this.#vectorView.setUint32(16 * i + 8, ends[i] - start, true);
      start = ends[i];
    }
    const sent = this.#sendmmsg(batch);
    if (sent > 0) return sent;
    const first = this.#errno();
    // On a connected UDP socket this tells that an earlier datagram found no reader; this one was not tried.
    if (first === Errno.ECONNREFUSED && this.#name === undefined) {
      const again = this.#sendmmsg(batch);
      if (again > 0) return again;
      return this.#resultOf(this.#errno());
    }
    return this.#resultOf(first);
  }

  #sendmmsg(count: number): number {
    return this.#libc.sendmmsg(this.#fd, this.#headers, count, MSG_DONTWAIT_NOSIGNAL);
  }

  #errno(): number {
    const at = this.#libc.__errno_location();
    return at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
  }

  #resultOf(errno: number): number {
    switch (errno) {
      case Errno.EAGAIN:
      case Errno.EINTR:
      case Errno.ENOBUFS:
      case Errno.ENOMEM:
        return PortResult.AGAIN;
      case Errno.EMSGSIZE:
        return PortResult.REFUSED;
      default:
        return PortResult.FAILED;
    }
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#libc.close(this.#fd);
    this.#fd = -1;
  }
}
