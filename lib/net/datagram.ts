/** UDP sockets as the layers above know them. */
import { formatIp, parseIp, tcpAddress } from "./address.ts";
import type { Address, ListenFailure } from "./conn.ts";
import { listenFailureOf } from "./listen_failure.ts";

/** Where a datagram came from; the same object every time, where the transport can. */
export interface Peer extends Deno.NetAddr {
  /** unique for the address and port */
  readonly key: string;
}

export interface Datagram {
  readonly address: Address;
  /**
   * Calls `onData` for each datagram until closed, in the order in which they come. The bytes are the receiver's until
   * its answer: undefined when it is done with them, else a promise of that. A datagram that fills `size` bytes may
   * have been cut: it is dropped, and `onCut` is called.
   */
  start(size: number, onData: Receive, onCut?: () => void): void;
  /**
   * Sends one datagram. The bytes must stay until the answer, which rejects when it could not be sent: whoever is not
   * called by `start`, which looks at that, has to.
   */
  send(bytes: Uint8Array, to: Deno.NetAddr): Promise<unknown> | undefined;
  close(): void;
}

export type Receive = (bytes: Uint8Array, from: Peer) => Promise<unknown> | undefined;

export interface DatagramOptions {
  /** sends to this one and takes datagrams from it only, as far as the transport can */
  readonly peer?: Deno.NetAddr;
  /** several sockets may have the same place: each gets its share of the clients (SO_REUSEPORT) */
  readonly shared?: boolean;
  /** name of a network interface */
  readonly interface?: string;
  /** name of a network namespace; undefined: the process's own */
  readonly namespace?: string;
}

/** Opens a UDP socket; port 0: any free one. */
export interface OpenDatagram {
  (host: string, port: number, options?: DatagramOptions): Datagram | ListenFailure;
  /** it knows `shared` and `interface` */
  readonly hasOptions?: boolean;
}

function nothing(): void {}

export function peerKey(hostname: string, port: number): string {
  return `${port} ${hostname}`;
}

/** Over Deno.listenDatagram. */
export const openDenoDatagram: OpenDatagram = (host, port, options = {}) => {
  if (options.interface !== undefined || options.namespace !== undefined) {
    const message = "interface, namespace: needs libc by FFI, which is not permitted or not there";
    return { failed: "other", message };
  }
  try {
    const options = { hostname: host, port, transport: "udp" as const };
    return new DenoDatagram(Deno.listenDatagram(options));
  } catch (error) {
    return listenFailureOf(error);
  }
};

class DenoDatagram implements Datagram {
  readonly address: Address;
  readonly #inner: Deno.DatagramConn;
  #open = true;

  constructor(inner: Deno.DatagramConn) {
    this.#inner = inner;
    const { hostname, port } = inner.addr as Deno.NetAddr;
    this.address = tcpAddress(hostname, port);
  }

  async start(size: number, onData: Receive, onCut: () => void = nothing): Promise<void> {
    const buffer = new Uint8Array(size);
    while (this.#open) {
      try {
        const [bytes, address] = await this.#inner.receive(buffer);
        if (bytes.length === size) onCut();
        else {
          const { hostname, port } = address as Deno.NetAddr;
          const key = peerKey(hostname, port);
          // One after the other: a datagram is sent on at once, and more under way cost more than they gain.
          const sending = onData(bytes, { transport: "udp", hostname, port, key });
          if (sending !== undefined) await sending;
        }
      } catch (error) {
        // Of an unconnected socket, errors are about what was sent before; the socket stays good.
        if (!this.#open || (error as Error).name === "BadResource") return;
      }
    }
  }

  send(bytes: Uint8Array, to: Deno.NetAddr): Promise<unknown> | undefined {
    return this.#open ? this.#inner.send(bytes, to) : undefined;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#inner.close();
  }
}

/** The address of a host and port as the runtime wants and writes it; undefined: the host is no IP address. */
export function datagramAddress(host: string, port: number): Deno.NetAddr | undefined {
  const ip = parseIp(host);
  return ip && { transport: "udp", hostname: formatIp(ip), port };
}
