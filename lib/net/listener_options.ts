/**
 * Socket options that Deno cannot set, set on its listening socket through libc: accepted connections inherit
 * them. Works where FFI is permitted; elsewhere the option is refused, never ignored.
 */
import { openLibc } from "./libc.ts";

const SOL_SOCKET = 1;
const IPPROTO_TCP = 6;
const SO_BINDTODEVICE = 25;
const SO_ACCEPTCONN = 30;
const TCP_DEFER_ACCEPT = 9;
const TCP_USER_TIMEOUT = 18;
/** Whole numbers of TCP (tcp.h), and what they are called in a configuration. */
const KEEP_ALIVE = [
  { field: "keepIdle", option: 4, name: "clitcpka-idle" },
  { field: "keepInterval", option: 5, name: "clitcpka-intvl" },
  { field: "keepCount", option: 6, name: "clitcpka-cnt" },
] as const;
/** s that a connection may stay silent before it is accepted all the same */
const DEFER_SECONDS = 60;

/** What a bind line may ask for (manual 5.1). */
export interface SocketOptions {
  /** name of a network interface */
  readonly interface?: string;
  /** ms */
  readonly tcpUt?: number;
  readonly deferAccept?: boolean;
  /** TCP keep-alive: seconds of silence before the first probe, between two, and how many stay unanswered */
  readonly keepIdle?: number;
  readonly keepInterval?: number;
  readonly keepCount?: number;
}

const SYMBOLS = {
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
} as const;

/** True when any of the options is asked for. */
export function wantsSocketOptions(options: SocketOptions): boolean {
  return options.interface !== undefined || options.tcpUt !== undefined ||
    options.deferAccept === true || KEEP_ALIVE.some(({ field }) => options[field] !== undefined);
}

/**
 * Opens a listener with `open` and sets the options on it. Answers the listener, or a sentence that says what
 * could not be done; then the listener is closed.
 */
export function listenWithOptions<L extends { close(): void }>(
  open: () => L,
  options: SocketOptions,
): L | string {
  const libc = openLibc(SYMBOLS);
  if (libc === undefined) {
    return `${names(options)}: needs libc by FFI, which is not permitted or not there`;
  }
  try {
    const before = new Set(descriptors().filter((d) => isListening(libc, d)));
    const listener = open();
    const fd = descriptors().find((d) => !before.has(d) && isListening(libc, d));
    const problem = fd === undefined
      ? `${names(options)}: the listening socket was not found`
      : apply(libc, fd, options);
    if (problem === undefined) return listener;
    listener.close();
    return problem;
  } finally {
    libc.close();
  }
}

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

function descriptors(): number[] {
  return [...Deno.readDirSync("/proc/self/fd")].map((entry) => Number(entry.name));
}

function isListening(libc: Libc, fd: number): boolean {
  const value = new Int32Array(1);
  const size = new Uint32Array([4]);
  const r = libc.symbols.getsockopt(
    fd,
    SOL_SOCKET,
    SO_ACCEPTCONN,
    new Uint8Array(value.buffer),
    new Uint8Array(size.buffer),
  );
  return r === 0 && value[0] === 1;
}

function apply(libc: Libc, fd: number, options: SocketOptions): string | undefined {
  const set = (level: number, name: number, value: Uint8Array<ArrayBuffer>) =>
    libc.symbols.setsockopt(fd, level, name, value, value.length) === 0;
  const int = (n: number) => new Uint8Array(new Int32Array([n]).buffer);
  if (options.interface !== undefined) {
    const name = new TextEncoder().encode(`${options.interface}\0`);
    if (!set(SOL_SOCKET, SO_BINDTODEVICE, name)) {
      return `interface ${options.interface}: there is none of that name, or it is not permitted`;
    }
  }
  if (options.tcpUt !== undefined && !set(IPPROTO_TCP, TCP_USER_TIMEOUT, int(options.tcpUt))) {
    return "tcp-ut: the system does not take it";
  }
  if (options.deferAccept === true && !set(IPPROTO_TCP, TCP_DEFER_ACCEPT, int(DEFER_SECONDS))) {
    return "defer-accept: the system does not take it";
  }
  for (const { field, option, name } of KEEP_ALIVE) {
    const value = options[field];
    if (value !== undefined && !set(IPPROTO_TCP, option, int(value))) {
      return `${name}: the system does not take it`;
    }
  }
  return undefined;
}

function names(options: SocketOptions): string {
  const asked: string[] = [];
  if (options.interface !== undefined) asked.push("interface");
  if (options.tcpUt !== undefined) asked.push("tcp-ut");
  if (options.deferAccept === true) asked.push("defer-accept");
  for (const { field, name } of KEEP_ALIVE) if (options[field] !== undefined) asked.push(name);
  return asked.join(", ");
}
