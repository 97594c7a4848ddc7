/**
 * Socket options that Deno cannot set, set on its listening socket through libc: accepted connections inherit
 * them. Works where FFI is permitted; elsewhere the option is refused, never ignored.
 */
import { nameOf } from "./epoll/conn.ts";
import { bindToDevice, getInt, type Libc, libc, Os, resetOnClose, setInt } from "./libc.ts";

/** Whole numbers of TCP (tcp.h), and what they are called in a configuration. */
const KEEP_ALIVE = [
  { field: "keepIdle", option: Os.TCP_KEEPIDLE, name: "clitcpka-idle" },
  { field: "keepInterval", option: Os.TCP_KEEPINTVL, name: "clitcpka-intvl" },
  { field: "keepCount", option: Os.TCP_KEEPCNT, name: "clitcpka-cnt" },
] as const;
/** s that a connection may stay silent before it is accepted all the same */
const DEFER_SECONDS = 60;
/** connections that may wait with data before the handshake is over */
const FAST_OPEN_QUEUE = 1024;

/** TCP keep-alive: seconds of silence before the first probe, between two, and how many stay unanswered. */
export interface KeepAliveOptions {
  readonly keepIdle?: number;
  readonly keepInterval?: number;
  readonly keepCount?: number;
}

/** What a bind line may ask for (manual 5.1). */
export interface SocketOptions extends KeepAliveOptions {
  /** name of a network interface */
  readonly interface?: string;
  /** ms */
  readonly tcpUt?: number;
  readonly deferAccept?: boolean;
  /** connections are reset when they are closed (`option nolinger`) */
  readonly noLinger?: boolean;
  /** largest TCP segment in bytes */
  readonly mss?: number;
  /** TCP Fast Open: data may come with a connection's first packet */
  readonly fastOpen?: boolean;
  /** the address need not be one of this machine */
  readonly transparent?: boolean;
}

/** True when any of the options is asked for. */
export function wantsSocketOptions(options: SocketOptions): boolean {
  return names(options) !== "";
}

/**
 * Opens a listener with `open` and sets the options on it. Answers the listener, or a sentence that says what
 * could not be done; then the listener is closed.
 */
export function listenWithOptions<L extends { readonly addr: Deno.Addr; close(): void }>(
  open: () => L,
  options: SocketOptions,
): L | string {
  const calls = libc();
  if (calls === undefined) {
    return `${names(options)}: needs libc by FFI, which is not permitted or not there`;
  }
  // Other threads open and close theirs meanwhile: a descriptor's number says nothing.
  const before = new Set(listeningSockets(calls).map(({ socket }) => socket));
  const listener = open();
  const { port } = listener.addr as Deno.NetAddr;
  const found = listeningSockets(calls).find(({ fd, socket }) =>
    !before.has(socket) && nameOf(calls.getsockname, fd).port === port
  );
  const problem = found === undefined
    ? `${names(options)}: the listening socket was not found`
    : applyOptions(calls, found.fd, options);
  if (problem === undefined) return listener;
  listener.close();
  return problem;
}

/** The process's listening sockets: descriptors, and what is the same for no other socket. */
function listeningSockets(calls: Libc): { readonly fd: number; readonly socket: string }[] {
  const found = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const fd = Number(name);
    if (!isListening(calls, fd)) continue;
    try {
      found.push({ fd, socket: Deno.readLinkSync(`/proc/self/fd/${name}`) });
    } catch {
      // It is closed by now.
    }
  }
  return found;
}

function isListening(calls: Libc, fd: number): boolean {
  return getInt(calls, fd, Os.SOL_SOCKET, Os.SO_ACCEPTCONN) === 1;
}

/** Sets the options on a listening socket. Answers a sentence when one of them cannot be had. */
export function applyOptions(calls: Libc, fd: number, options: SocketOptions): string | undefined {
  const set = (name: number, value: number) => setInt(calls, fd, Os.IPPROTO_TCP, name, value);
  if (options.interface !== undefined && !bindToDevice(calls, fd, options.interface)) {
    return `interface ${options.interface}: there is none of that name, or it is not permitted`;
  }
  if (options.noLinger === true && !resetOnClose(calls, fd)) {
    return "option nolinger: the system does not take it";
  }
  if (options.mss !== undefined && !set(Os.TCP_MAXSEG, options.mss)) {
    return "mss: the system does not take it";
  }
  if (options.fastOpen === true && !set(Os.TCP_FASTOPEN, FAST_OPEN_QUEUE)) {
    return "tfo: the system does not take it";
  }
  if (options.tcpUt !== undefined && !set(Os.TCP_USER_TIMEOUT, options.tcpUt)) {
    return "tcp-ut: the system does not take it";
  }
  if (options.deferAccept === true && !set(Os.TCP_DEFER_ACCEPT, DEFER_SECONDS)) {
    return "defer-accept: the system does not take it";
  }
  return setKeepAlive(calls, fd, options);
}

/** Sets the times of TCP keep-alive. Answers a sentence when one of them cannot be had. */
export function setKeepAlive(
  calls: Libc,
  fd: number,
  times: KeepAliveOptions,
): string | undefined {
  for (const { field, option, name } of KEEP_ALIVE) {
    const value = times[field];
    if (value !== undefined && !setInt(calls, fd, Os.IPPROTO_TCP, option, value)) {
      return `${name}: the system does not take it`;
    }
  }
  return undefined;
}

function names(options: SocketOptions): string {
  const asked: string[] = [];
  if (options.interface !== undefined) asked.push("interface");
  if (options.noLinger === true) asked.push("option nolinger");
  if (options.mss !== undefined) asked.push("mss");
  if (options.fastOpen === true) asked.push("tfo");
  if (options.transparent === true) asked.push("transparent");
  if (options.tcpUt !== undefined) asked.push("tcp-ut");
  if (options.deferAccept === true) asked.push("defer-accept");
  for (const { field, name } of KEEP_ALIVE) if (options[field] !== undefined) asked.push(name);
  return asked.join(", ");
}

/** Before a socket is bound: its address need not be one of this machine. False: it is not permitted (`errno`). */
export function allowForeignAddress(calls: Libc, fd: number, v6: boolean): boolean {
  return v6
    ? setInt(calls, fd, Os.IPPROTO_IPV6, Os.IPV6_TRANSPARENT, 1)
    : setInt(calls, fd, Os.IPPROTO_IP, Os.IP_TRANSPARENT, 1);
}
