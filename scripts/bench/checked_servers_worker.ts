/** The thread of checked_servers.ts. */
import type { CheckReport } from "./checked_servers.ts";

const listener = Deno.listen(
  { hostname: "0.0.0.0", port: 0, tcpBacklog: 4096 } as Deno.TcpListenOptions,
);
const ANSWER = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
);

let count = 0;
let mostAtOnce = 0;
let slots = new Map<number, number>();
const open = new Map<string, number>();

async function serve(conn: Deno.TcpConn): Promise<void> {
  const { hostname } = conn.localAddr;
  count++;
  const now = (open.get(hostname) ?? 0) + 1;
  open.set(hostname, now);
  mostAtOnce = Math.max(mostAtOnce, now);
  const slot = Math.floor(performance.now() / 100);
  slots.set(slot, (slots.get(slot) ?? 0) + 1);
  try {
    if (await conn.read(new Uint8Array(4096)) !== null) await conn.write(ANSWER);
  } catch {
    // Reset: what a check by TCP ends with.
  }
  conn.close();
  open.set(hostname, open.get(hostname)! - 1);
}

self.onmessage = () => {
  // The first and the last slot are not whole.
  const whole = [...slots.values()].slice(1, -1);
  const report: CheckReport = {
    count,
    mostAtOnce,
    least: Math.min(...whole),
    most: Math.max(...whole),
  };
  count = mostAtOnce = 0;
  slots = new Map();
  self.postMessage(report);
};

self.postMessage(listener.addr.port);
for await (const conn of listener) serve(conn);
