/** UDP towards one DNS server, as `Nameserver` uses it. */

/** Made when there is something to ask, closed when nothing is: each batch of questions has a port of its own. */
export interface DatagramPort {
  /** False: it could not be sent. */
  send(bytes: Uint8Array): boolean;
  close(): void;
}

export type OpenDatagrams = (
  server: { readonly host: string; readonly port: number },
  onMessage: (bytes: Uint8Array) => void,
) => DatagramPort | undefined;

/** Only what comes from the server itself is handed on; undefined: no socket could be opened. */
export const openDatagrams: OpenDatagrams = ({ host, port }, onMessage) => {
  let socket: Deno.DatagramConn;
  try {
    const hostname = host.includes(":") ? "::" : "0.0.0.0";
    socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  } catch {
    return undefined;
  }
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    socket.close();
  };
  const listen = async () => {
    const buffer = new Uint8Array(65_536);
    while (open) {
      try {
        const [bytes, from] = await socket.receive(buffer);
        if (from.transport === "udp" && from.port === port && sameHost(from.hostname, host)) {
          onMessage(bytes);
        }
      } catch {
        // A port unreachable of before: who asked learns it by the time that passes.
        if (open) await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  };
  listen();
  return {
    send(bytes) {
      socket.send(bytes, { transport: "udp", hostname: host, port }).catch(() => {});
      return true;
    },
    close,
  };
};

function sameHost(a: string, b: string): boolean {
  return a === b || a === `::ffff:${b}`;
}
