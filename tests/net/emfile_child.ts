/** Run by testEmfile with few descriptors: greets and keeps every connection until it ends. `epoll`: by libc. */
import { systemClock } from "../../lib/net/clock.ts";
import { denoTransport } from "../../lib/net/deno_transport.ts";
import { epollTransport } from "../../lib/net/epoll/transport.ts";

const transport = (Deno.args[0] === "epoll" ? epollTransport : denoTransport)(systemClock)!;
const listener = transport.listen({ type: "tcp", host: "127.0.0.1", port: 0 }, {});
if ("failed" in listener) throw new Error(listener.message);
listener.start(async (conn) => {
  await conn.write(new Uint8Array([104, 105]));
  await conn.read(new Uint8Array(1));
  conn.close();
}, (reason) => console.log(`error ${reason}`));
console.log(`port ${listener.address.port}`);
