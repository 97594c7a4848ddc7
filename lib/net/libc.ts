/**
 * The C library through FFI, where the platform and the permissions give it: the one door to it. Everything built on
 * it has another way, or says plainly what is missing: FFI is never required.
 *
 * Laws:
 * - A buffer that is handed to a call is not kept by C: memory that the kernel uses after a call has returned, or
 *   while a call runs on another thread, comes from `memory` (libc's, never moved or collected).
 * - Lengths are numbers below 2^31 and never larger than the buffer that they go with.
 * - `errno` is read at once after the call that failed, before anything else is called or allocated.
 */

/** Where Linux distributions keep libraries, for `--allow-ffi=<path>`, which wants an absolute path. */
const DIRECTORIES = [
  "/lib/x86_64-linux-gnu",
  "/usr/lib/x86_64-linux-gnu",
  "/lib/aarch64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
  "/lib64",
  "/usr/lib64",
  "/lib",
  "/usr/lib",
];

/** The C library's file: glibc's name, then those of musl. */
const LIBC_NAMES = ["libc.so.6", `libc.musl-${Deno.build.arch}.so.1`, "libc.so"];

/**
 * Opens a shared library with these symbols; undefined when FFI is not permitted, on other systems than 64-bit
 * Linux, or when the library or a symbol is missing. Never asks the user for a permission.
 */
export function openLibrary<const S extends Deno.ForeignLibraryInterface>(
  name: string,
  symbols: S,
): Deno.DynamicLibrary<S> | undefined {
  if (Deno.build.os !== "linux") return undefined;
  const granted = (path?: string) =>
    Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
  const paths = DIRECTORIES.map((directory) => `${directory}/${name}`);
  const places = granted() ? [name, ...paths] : paths.filter((path) => granted(path));
  for (const place of places) {
    try {
      return Deno.dlopen(place, symbols);
    } catch {
      // Not here: the next place.
    }
  }
  return undefined;
}

/** libc with these symbols, or undefined: see `openLibrary`. */
export function openLibc<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S> | undefined {
  for (const name of LIBC_NAMES) {
    const library = openLibrary(name, symbols);
    if (library !== undefined) return library;
  }
  return undefined;
}

/** The error numbers that are told apart (asm-generic/errno.h, the same on x86-64 and aarch64). */
export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EPIPE: 32,
  EPROTO: 71,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
} as const;

/** As the system itself says them. */
const SENTENCES: Readonly<Record<number, string>> = {
  [Errno.EPERM]: "Operation not permitted",
  [Errno.ENOENT]: "No such file or directory",
  [Errno.EACCES]: "Permission denied",
  [Errno.ENODEV]: "No such device",
  [Errno.EINVAL]: "Invalid argument",
  [Errno.ENFILE]: "Too many open files in system",
  [Errno.EMFILE]: "Too many open files",
  [Errno.EADDRINUSE]: "Address already in use",
  [Errno.EADDRNOTAVAIL]: "Cannot assign requested address",
  [Errno.ENETUNREACH]: "Network is unreachable",
  [Errno.ECONNRESET]: "Connection reset by peer",
  [Errno.ETIMEDOUT]: "Connection timed out",
  [Errno.ECONNREFUSED]: "Connection refused",
  [Errno.EHOSTUNREACH]: "No route to host",
};

/** An error number in words, without a full stop. */
export function errnoText(errno: number): string {
  return SENTENCES[errno] ?? `error ${errno} of the system`;
}

/** Numbers of Linux's headers; those used here are the same on x86-64 and aarch64. */
export const Os = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  FD_CLOEXEC: 1,
  F_SETPIPE_SZ: 1031,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_LINGER: 13,
  SO_REUSEPORT: 15,
  SO_BINDTODEVICE: 25,
  SO_ACCEPTCONN: 30,
  SO_MARK: 36,
  SO_DOMAIN: 39,
  IPPROTO_IP: 0,
  IP_TOS: 1,
  IP_TTL: 2,
  IP_PKTINFO: 8,
  IP_FREEBIND: 15,
  IP_TRANSPARENT: 19,
  IP_BIND_ADDRESS_NO_PORT: 24,
  SO_ORIGINAL_DST: 80,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  TCP_MAXSEG: 2,
  TCP_CORK: 3,
  TCP_KEEPIDLE: 4,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 6,
  TCP_DEFER_ACCEPT: 9,
  TCP_INFO: 11,
  TCP_QUICKACK: 12,
  TCP_CONGESTION: 13,
  TCP_USER_TIMEOUT: 18,
  TCP_FASTOPEN: 23,
  TCP_FASTOPEN_CONNECT: 30,
  IPPROTO_UDP: 17,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 26,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_TCLASS: 67,
  IPV6_TRANSPARENT: 75,
  SHUT_WR: 1,
  CLONE_NEWNET: 0x40000000,
  MSG_DONTWAIT: 0x40,
  MSG_TRUNC: 0x20,
  MSG_NOSIGNAL: 0x4000,
  MSG_MORE: 0x8000,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD: 3,
  EPOLLIN: 1,
  /** urgent data */
  EPOLLPRI: 2,
  EPOLLOUT: 4,
  EPOLLERR: 8,
  EPOLLHUP: 16,
  EPOLLRDHUP: 0x2000,
  EPOLLET: 0x80000000,
  SPLICE_F_MOVE: 1,
  SPLICE_F_NONBLOCK: 2,
  SPLICE_F_MORE: 4,
} as const;

/** Where fields lie in structures; `epoll_event` is packed on x86-64 only. All numbers are little-endian. */
export const Layout = {
  epollEvent: Deno.build.arch === "x86_64" ? { size: 12, data: 4 } : { size: 16, data: 8 },
  sockaddrIn: 16,
  sockaddrIn6: 28,
  sockaddrUn: 110,
  /** enough for every family */
  sockaddrStorage: 128,
  iovec: 16,
  /** name 0 (8 bytes), namelen 8 (4), iov 16 (8), iovlen 24 (8), control 32 (8), controllen 40 (8), flags 48 (4) */
  msghdr: 56,
  /** a msghdr, then at 56 the length (4) */
  mmsghdr: 64,
} as const;

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  // The kernel moves less than 2 GiB in a call: the lower half of a ssize_t says all, and needs no BigInt.
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "u32"], result: "i32" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  pipe2: { parameters: ["buffer", "i32"], result: "i32" },
  splice: { parameters: ["i32", "pointer", "i32", "pointer", "u32", "u32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "pointer", "i32", "i32"], result: "i32" },
  /** the same on another thread, for waits that may last; its buffer comes from `memory` */
  epollWaitAside: {
    name: "epoll_wait",
    parameters: ["i32", "pointer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  malloc: { parameters: ["usize"], result: "pointer" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

/** The calls that sockets are made of. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let calls: Libc | undefined | null = null;
let errnoCell: Int32Array | undefined;

/** libc's sockets, or undefined where FFI is not permitted or this is not Linux. Opened once in each thread. */
export function libc(): Libc | undefined {
  if (calls === null) {
    calls = openLibc(SYMBOLS)?.symbols;
    const at = calls?.__errno_location();
    // Each thread has its own, at an address that stays.
    if (at) errnoCell = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(at, 4));
  }
  return calls;
}

/** The number of the error of the call that failed just now; it costs no call. */
export function errno(): number {
  return errnoCell === undefined ? 0 : errnoCell[0];
}

/** A NUL-terminated string. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Memory of libc that is never moved, collected or given back: what another thread may still write to. */
export interface Memory {
  readonly pointer: Deno.PointerValue;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** `size` bytes, zeroed. Throws when there are none. */
export function memory(libc: Libc, size: number): Memory {
  const pointer = libc.malloc(BigInt(size));
  if (pointer === null) throw new Error("no memory");
  const bytes = new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, size));
  return { pointer, bytes: bytes.fill(0) };
}

/** An `int` as `setsockopt` takes it; the same array is used for every call. */
export function intOption(value: number): Uint8Array<ArrayBuffer> {
  new DataView(INT.buffer).setInt32(0, value, true);
  return INT;
}

// Larger than what lies inside an object of the engine, so that its bytes have an address of their own.
const INT = new Uint8Array(128).subarray(0, 4);
const LENGTH = new Uint8Array(128).subarray(0, 4);

/** Sets an option that is an `int`: false when the system does not take it (`errno`). */
export function setInt(libc: Libc, fd: number, level: number, name: number, value: number) {
  return libc.setsockopt(fd, level, name, intOption(value), 4) === 0;
}

/** Reads an option that is an `int`; undefined when the system does not tell (`errno`). */
export function getInt(libc: Libc, fd: number, level: number, name: number): number | undefined {
  const size = new DataView(LENGTH.buffer);
  size.setUint32(0, 4, true);
  const value = intOption(0);
  if (libc.getsockopt(fd, level, name, value, LENGTH) !== 0) return undefined;
  return new DataView(value.buffer).getInt32(0, true);
}

/** SO_BINDTODEVICE: false when there is no such interface, or it is not permitted (`errno`). */
export function bindToDevice(libc: Libc, fd: number, name: string): boolean {
  const bytes = cString(name);
  return libc.setsockopt(fd, Os.SOL_SOCKET, Os.SO_BINDTODEVICE, bytes, bytes.length) === 0;
}

/** SO_LINGER with no time: closing resets the connection and throws away what is not sent. */
export function resetOnClose(libc: Libc, fd: number): boolean {
  return libc.setsockopt(fd, Os.SOL_SOCKET, Os.SO_LINGER, LINGER, LINGER.length) === 0;
}

const LINGER = new Uint8Array(new Int32Array([1, 0]).buffer);
