/**
 * What `recvmmsg` and `sendmmsg` read and write, once for each thread: datagrams come and go in batches.
 *
 * Laws:
 * - What was received is good until the next `receive` of any socket of the thread: whoever wants it longer copies it.
 * - What is sent waits for the end of the turn at most (a microtask), in order; the bytes are copied at once. A socket
 *   that is closed sends first.
 */
import { formatIp, unmap } from "../address.ts";
import { type Peer, peerKey } from "../datagram.ts";
import { Errno, errno, Layout, type Libc, memory, Os } from "../libc.ts";

/** datagrams that are received, or sent, by one call */
const BATCH = 64;
/** bytes between two addresses */
const NAME = 32;
const OUT_BYTES = 256 * 1024;
/** peers that are known by their address; then the memory of them begins anew */
const MOST_PEERS = 65_536;

/** a msghdr's fields */
const NAME_LENGTH = 8;
const IOV = 16;
const IOV_COUNT = 24;
const LENGTH = Layout.msghdr;

/** `count` headers with a name and a piece of memory each. */
class Headers {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  readonly names: Uint8Array<ArrayBuffer>;
  readonly nameView: DataView;
  readonly #vectors: DataView;
  readonly #namesAt: number;

  constructor(libc: Libc) {
    const headers = memory(libc, BATCH * Layout.mmsghdr);
    const names = memory(libc, BATCH * NAME);
    const vectors = memory(libc, BATCH * Layout.iovec);
    this.bytes = headers.bytes;
    this.names = names.bytes;
    this.view = new DataView(headers.bytes.buffer);
    this.nameView = new DataView(names.bytes.buffer);
    this.#vectors = new DataView(vectors.bytes.buffer);
    this.#namesAt = addressOf(names.pointer);
    const vectorsAt = addressOf(vectors.pointer);
    for (let i = 0; i < BATCH; i++) {
      const at = i * Layout.mmsghdr;
      putAddress(this.view, at + IOV, vectorsAt + i * Layout.iovec);
      this.view.setUint32(at + IOV_COUNT, 1, true);
      this.nameAt(i, NAME);
    }
  }

  /** Header `i` has a name of `length` bytes; 0: none. */
  nameAt(i: number, length: number): void {
    const at = i * Layout.mmsghdr;
    putAddress(this.view, at, length === 0 ? 0 : this.#namesAt + i * NAME);
    this.view.setUint32(at + NAME_LENGTH, length, true);
  }

  /** Header `i` is about these bytes of memory. */
  dataAt(i: number, address: number, length: number): void {
    putAddress(this.#vectors, i * Layout.iovec, address);
    this.#vectors.setUint32(i * Layout.iovec + 8, length, true);
  }
}

function addressOf(pointer: Deno.PointerValue): number {
  return Number(Deno.UnsafePointer.value(pointer));
}

function putAddress(view: DataView, at: number, address: number): void {
  view.setUint32(at, address >>> 0, true);
  view.setUint32(at + 4, Math.floor(address / 0x1_0000_0000), true);
}

/** A peer with its address as the kernel has it. */
export interface RawPeer extends Peer {
  readonly raw: Uint8Array;
}

export class DatagramMemory {
  readonly #libc: Libc;
  readonly #in: Headers;
  readonly #out: Headers;
  readonly #outBytes: Uint8Array<ArrayBuffer>;
  readonly #outAt: number;
  /** the headers from the nth on */
  readonly #from: readonly Uint8Array<ArrayBuffer>[];
  readonly #sockets = new Int32Array(BATCH);
  #waiting = 0;
  #used = 0;
  #size = 0;
  #received = new Uint8Array(0);
  readonly #peers = new Map<number | string, RawPeer>();

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#in = new Headers(libc);
    this.#out = new Headers(libc);
    const out = memory(libc, OUT_BYTES);
    this.#outBytes = out.bytes;
    this.#outAt = addressOf(out.pointer);
    this.#from = Array.from(
      { length: BATCH },
      (_, i) => this.#out.bytes.subarray(i * Layout.mmsghdr),
    );
  }

  /** Receives datagrams of at most `size` bytes: how many came; 0: none are there. */
  receive(fd: number, size: number): number {
    if (size > this.#size) this.#grow(size);
    const n = this.#libc.recvmmsg(fd, this.#in.bytes, BATCH, Os.MSG_DONTWAIT, null);
    return n > 0 ? n : 0;
  }

  #grow(size: number): void {
    this.#size = size;
    const { pointer, bytes } = memory(this.#libc, BATCH * size);
    this.#received = bytes;
    for (let i = 0; i < BATCH; i++) this.#in.dataAt(i, addressOf(pointer) + i * size, size);
  }

  /** The `i`th of the datagrams that came. */
  bytesOf(i: number): Uint8Array {
    const at = i * this.#size;
    const length = this.#in.view.getUint32(i * Layout.mmsghdr + LENGTH, true);
    return this.#received.subarray(at, at + length);
  }

  /** Who sent it. Asked once for each, whether it matters or not. */
  peerOf(i: number): Peer {
    const { nameView, names } = this.#in;
    const at = i * NAME;
    // The kernel has written how long the name is.
    this.#in.nameAt(i, NAME);
    const v4 = nameView.getUint16(at, true) === Os.AF_INET;
    const raw = names.subarray(at, at + (v4 ? Layout.sockaddrIn : Layout.sockaddrIn6));
    const id = v4
      ? nameView.getUint32(at + 4) * 65_536 + nameView.getUint16(at + 2)
      : String.fromCharCode(...raw);
    const known = this.#peers.get(id);
    if (known !== undefined) return known;
    if (this.#peers.size >= MOST_PEERS) this.#peers.clear();
    const hostname = formatIp(v4 ? raw.subarray(4, 8) : unmap(raw.slice(8, 24)));
    const port = nameView.getUint16(at + 2);
    const key = peerKey(hostname, port);
    const peer: RawPeer = { transport: "udp", hostname, port, key, raw: raw.slice() };
    this.#peers.set(id, peer);
    return peer;
  }

  /** Sends a datagram to `name`, or to whom the socket is connected to, before this turn ends. */
  send(fd: number, bytes: Uint8Array, name: Uint8Array | undefined): void {
    if (this.#waiting === BATCH || this.#used + bytes.length > OUT_BYTES) this.flush();
    const i = this.#waiting++;
    if (i === 0) queueMicrotask(this.#flushLater);
    const at = this.#used;
    this.#outBytes.set(bytes, at);
    this.#used = at + bytes.length;
    this.#sockets[i] = fd;
    this.#out.dataAt(i, this.#outAt + at, bytes.length);
    if (name === undefined) this.#out.nameAt(i, 0);
    else {
      this.#out.names.set(name, i * NAME);
      this.#out.nameAt(i, name.length);
    }
  }

  readonly #flushLater = () => this.flush();

  /** Sends what waits. What the system does not take is lost, as datagrams may be. */
  flush(): void {
    const count = this.#waiting;
    this.#waiting = 0;
    this.#used = 0;
    const sockets = this.#sockets;
    for (let i = 0; i < count;) {
      const fd = sockets[i];
      let end = i + 1;
      while (end < count && sockets[end] === fd) end++;
      i += this.#sendRun(fd, i, end - i);
    }
  }

  /** Answers how many of a run are done with. */
  #sendRun(fd: number, from: number, count: number): number {
    const sent = this.#libc.sendmmsg(fd, this.#from[from], count, SEND_FLAGS);
    if (sent > 0) return sent;
    switch (errno()) {
      case Errno.EAGAIN:
      case Errno.ENOBUFS:
        return count;
      case Errno.ECONNREFUSED: {
        // That was about an earlier one of a connected socket: this one was not tried.
        const again = this.#libc.sendmmsg(fd, this.#from[from], count, SEND_FLAGS);
        return again > 0 ? again : 1;
      }
      default:
        return 1;
    }
  }
}

const SEND_FLAGS = Os.MSG_DONTWAIT | Os.MSG_NOSIGNAL;
