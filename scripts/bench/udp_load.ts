/**
 * `udp_load.ts SERVER`: echoes at this port until killed.
 * `udp_load.ts PORT SECONDS CLIENTS WINDOW`: exchanges of 64 bytes from this many sockets, each with so many questions
 * under way; prints how many were answered, and how many a second.
 */
import { libcDatagrams } from "../../lib/net/epoll/datagram.ts";
import { datagramAddress, type Peer } from "../../lib/net/datagram.ts";

const [port, seconds, clients, window] = Deno.args.map(Number);
const open = libcDatagrams();
if (open === undefined) throw new Error("no libc by FFI");

function socket(host: string, port: number, peer?: Deno.NetAddr) {
  const made = open!(host, port, { peer });
  if ("failed" in made) throw new Error(made.message);
  return made;
}

if (seconds === undefined) {
  const server = socket("127.0.0.1", port);
  server.start(2048, (bytes, from: Peer) => server.send(bytes, from));
} else {
  const to = datagramAddress("127.0.0.1", port)!;
  const question = new Uint8Array(64).fill(120);
  let answers = 0;
  let going = true;
  const sockets = Array.from({ length: clients }, () => {
    const client = socket("127.0.0.1", 0, to);
    const state = { client, got: 0 };
    client.start(2048, () => {
      answers++;
      state.got++;
      return going ? client.send(question, to) : undefined;
    });
    return state;
  });
  const kick = () => {
    // What was lost is asked again.
    for (const state of sockets) {
      if (state.got === 0) { for (let n = 0; n < window; n++) state.client.send(question, to); }
      state.got = 0;
    }
  };
  kick();
  const timer = setInterval(kick, 200);
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  going = false;
  clearInterval(timer);
  const took = (performance.now() - start) / 1000;
  console.log(JSON.stringify({ requests: answers, perSecond: answers / took }));
  Deno.exit(0);
}
