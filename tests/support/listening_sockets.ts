/**
 * Which TCP sockets listen, asked of the kernel by `sock_diag` (see sock_diag(7)): a look at `/proc/net/tcp` walks
 * through every bucket of all connections, milliseconds of CPU each time.
 */
import { libc } from "../../lib/net/libc.ts";

export interface ListeningSocket {
  /** 4 or 16 bytes, in network order */
  readonly address: Uint8Array;
  readonly port: number;
}

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
/** NLM_F_REQUEST | NLM_F_DUMP */
const FLAGS = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const IPPROTO_TCP = 6;
/** the bit of state 10 */
const LISTEN = 1 << 10;
const AF_INET = 2;
const AF_INET6 = 10;

const answer = new Uint8Array(32_768);
const view = new DataView(answer.buffer);

/** The listening sockets of this process's network namespace; undefined where the kernel does not tell. */
export function listeningSockets(): ListeningSocket[] | undefined {
  const calls = libc();
  if (calls === undefined) return undefined;
  const socket = calls.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG);
  try {
    const found: ListeningSocket[] = [];
    for (const family of [AF_INET, AF_INET6]) {
      if (calls.send(socket, request(family), 72, 0) !== 72) return undefined;
      for (let more = true; more;) {
        const length = calls.recv(socket, answer, answer.length, 0);
        if (length < 16) return undefined;
        for (let at = 0; at + 16 <= length;) {
          const type = view.getUint16(at + 4, true);
          if (type === NLMSG_ERROR) return undefined;
          if (type === NLMSG_DONE) more = false;
          else found.push(socketAt(at + 16, family));
          at += (view.getUint32(at, true) + 3) & ~3;
        }
      }
    }
    return found;
  } finally {
    calls.close(socket);
  }
}

/** `nlmsghdr` and `inet_diag_req_v2` */
function request(family: number): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(72));
  bytes.setUint32(0, 72, true);
  bytes.setUint16(4, SOCK_DIAG_BY_FAMILY, true);
  bytes.setUint16(6, FLAGS, true);
  bytes.setUint8(16, family);
  bytes.setUint8(17, IPPROTO_TCP);
  bytes.setUint32(20, LISTEN, true);
  return new Uint8Array(bytes.buffer);
}

/** An `inet_diag_msg`: 4 bytes, then `inet_diag_sockid` with both ports and the address. */
function socketAt(at: number, family: number): ListeningSocket {
  const size = family === AF_INET ? 4 : 16;
  return { port: view.getUint16(at + 4), address: answer.slice(at + 8, at + 8 + size) };
}
