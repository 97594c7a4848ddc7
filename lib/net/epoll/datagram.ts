/** UDP by libc: batches in and out, on this thread's poller. */
import { parseIp } from "../address.ts";
import type { Address, ListenFailure } from "../conn.ts";
import type { Datagram, DatagramOptions, OpenDatagram, Peer, Receive } from "../datagram.ts";
import { bindToDevice, Errno, errno, errnoText, Layout, type Libc, Os, setInt } from "../libc.ts";
import { socketIn } from "../namespace.ts";
import { decodeAddress, encodeIp } from "../sockaddr.ts";
import { DatagramMemory, type RawPeer } from "./datagram_memory.ts";
import { type Poller, poller, type Watched } from "./poller.ts";

/** bytes that the kernel may hold for a socket that others send to, if its limits permit that */
const RECEIVE_BUFFER = 1 << 20;

let memoryOfThread: DatagramMemory | undefined;

/** Opens UDP sockets by libc; undefined: FFI or epoll is not to be had. */
export function libcDatagrams(): OpenDatagram | undefined {
  const loop = poller();
  if (loop === undefined) return undefined;
  const open = (host: string, port: number, options: DatagramOptions = {}) => {
    memoryOfThread ??= new DatagramMemory(loop.libc);
    return openSocket(loop, memoryOfThread, host, port, options);
  };
  return Object.assign(open, { hasOptions: true });
}

function openSocket(
  loop: Poller,
  shared: DatagramMemory,
  host: string,
  port: number,
  options: DatagramOptions,
): Datagram | ListenFailure {
  const { libc } = loop;
  const place = encodeIp(host, port);
  if (place === undefined) return { failed: "other", message: `'${host}' is not an address` };
  const v6 = place.length === Layout.sockaddrIn6;
  const type = Os.SOCK_DGRAM | Os.SOCK_NONBLOCK | Os.SOCK_CLOEXEC;
  const fd = socketIn(libc, options.namespace, v6 ? Os.AF_INET6 : Os.AF_INET, type, 0);
  if (fd < 0) return failureOf(errno());
  const problem = prepare(libc, fd, place, v6, options);
  if (problem !== undefined) {
    libc.close(fd);
    return problem;
  }
  return new EpollDatagram(loop, shared, fd, nameOf(libc, fd), v6, options.peer !== undefined);
}

/** What is wrong; undefined: it is bound, and connected if it is to be. */
function prepare(
  libc: Libc,
  fd: number,
  place: Uint8Array<ArrayBuffer>,
  v6: boolean,
  options: DatagramOptions,
): ListenFailure | undefined {
  // As Deno has it: a socket on :: takes IPv4 as well.
  if (v6) setInt(libc, fd, Os.IPPROTO_IPV6, Os.IPV6_V6ONLY, 0);
  if (options.peer === undefined) {
    setInt(libc, fd, Os.SOL_SOCKET, Os.SO_RCVBUF, RECEIVE_BUFFER);
  }
  if (options.shared && !setInt(libc, fd, Os.SOL_SOCKET, Os.SO_REUSEPORT, 1)) {
    return failureOf(errno());
  }
  if (options.interface !== undefined && !bindToDevice(libc, fd, options.interface)) {
    return { failed: "other", message: `interface ${options.interface}: ${errnoText(errno())}` };
  }
  if (libc.bind(fd, place, place.length) !== 0) return failureOf(errno());
  if (options.peer === undefined) return undefined;
  const peer = encodeIp(options.peer.hostname, options.peer.port);
  if (peer === undefined) return { failed: "other", message: "the peer is no address" };
  return libc.connect(fd, peer, peer.length) === 0 ? undefined : failureOf(errno());
}

const NAMES: Readonly<Record<number, ListenFailure["failed"]>> = {
  [Errno.EADDRINUSE]: "addrinuse",
  [Errno.EADDRNOTAVAIL]: "addrnotavailable",
  [Errno.EACCES]: "permission",
  [Errno.EPERM]: "permission",
};

function failureOf(code: number): ListenFailure {
  return { failed: NAMES[code] ?? "other", message: errnoText(code) };
}

function nameOf(libc: Libc, fd: number): Address {
  const name = new Uint8Array(Layout.sockaddrStorage);
  const length = new Uint32Array([name.length]);
  libc.getsockname(fd, name, new Uint8Array(length.buffer));
  return decodeAddress(name, length[0]);
}

class EpollDatagram implements Datagram, Watched {
  readonly address: Address;
  readonly #loop: Poller;
  readonly #memory: DatagramMemory;
  readonly #fd: number;
  readonly #v6: boolean;
  readonly #connected: boolean;
  #size = 0;
  #onData: Receive | undefined;
  #onCut: (() => void) | undefined;
  #open = true;

  constructor(
    loop: Poller,
    shared: DatagramMemory,
    fd: number,
    address: Address,
    v6: boolean,
    connected: boolean,
  ) {
    this.#loop = loop;
    this.#memory = shared;
    this.#fd = fd;
    this.#v6 = v6;
    this.#connected = connected;
    this.address = address;
    loop.holds(fd);
  }

  start(size: number, onData: Receive, onCut?: () => void): void {
    this.#size = size;
    this.#onData = onData;
    this.#onCut = onCut;
    this.#loop.watch(this.#fd, Os.EPOLLIN, this);
  }

  /** One batch: what is left is told of again in the next round. */
  ready(): void {
    const shared = this.#memory;
    const count = shared.receive(this.#fd, this.#size);
    for (let i = 0; i < count; i++) {
      const from = shared.peerOf(i);
      const bytes = shared.bytesOf(i);
      if (!this.#open) continue;
      if (bytes.length >= this.#size) this.#onCut?.();
      else this.#onData!(bytes, from);
    }
  }

  send(bytes: Uint8Array, to: Deno.NetAddr): undefined {
    if (!this.#open) return;
    this.#memory.send(this.#fd, bytes, this.#connected ? undefined : this.#rawOf(to));
  }

  /** The kernel's form of an address; of a peer it is there already. */
  #rawOf(to: Deno.NetAddr): Uint8Array | undefined {
    const { raw } = to as Partial<RawPeer> & Pick<Peer, "hostname">;
    if (raw !== undefined) return raw;
    const ip = parseIp(to.hostname);
    const mapped = this.#v6 && ip?.length === 4 ? `::ffff:${to.hostname}` : to.hostname;
    return encodeIp(mapped, to.port);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    // Whoever has the descriptor's number next must not send what this one meant to.
    this.#memory.flush();
    this.#loop.close(this.#fd);
  }
}
