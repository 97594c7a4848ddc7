/** Datagrams by `Deno.listenDatagram`: UDP and Unix, one line each, everywhere that Deno runs. */
import { kernelPath } from "../net/unix_socket.ts";
import { type LinePort, PortResult } from "./sink.ts";

/** A port to a UDP address (an IP, not a name). */
export function openDenoUdpPort(ip: string, port: number): LinePort {
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: ip.includes(":") ? "::" : "0.0.0.0",
    port: 0,
  });
  return new DatagramPort(socket, { transport: "udp", hostname: ip, port });
}

/** A port to a Unix datagram socket such as `/dev/log`. `padded` false: an abstract name as systemd has it. */
export function openDenoUnixPort(
  path: string,
  options: { readonly padded?: boolean } = {},
): LinePort {
  const name = options.padded === false ? path.replace(/^@/, "\0") : kernelPath(path);
  if (name === undefined) throw new TypeError("the path is too long");
  // The empty name: Linux gives the socket an abstract one (unix(7), "autobind"), so no file is left behind.
  const socket = Deno.listenDatagram({ transport: "unixpacket", path: "" });
  return new DatagramPort(socket, { transport: "unixpacket", path: name });
}

class DatagramPort implements LinePort {
  readonly #socket: Deno.DatagramConn;
  readonly #to: Deno.Addr;

  constructor(socket: Deno.DatagramConn, to: Deno.Addr) {
    this.#socket = socket;
    this.#to = to;
  }

  async send(bytes: Uint8Array, ends: Uint32Array, count: number): Promise<number> {
    let start = 0;
    for (let i = 0; i < count; i++) {
      try {
        await this.#socket.send(bytes.subarray(start, ends[i]), this.#to);
      } catch (error) {
        if (i > 0) return i;
        return /os error 90\b/.test(String(error)) ? PortResult.REFUSED : PortResult.FAILED;
      }
      start = ends[i];
    }
    return count;
  }

  close(): void {
    try {
      this.#socket.close();
    } catch {
      // Closed already.
    }
  }
}
