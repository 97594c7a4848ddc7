/** Memory for each idle keep-alive connection: what a proxy keeps while nothing happens. */
import { delay } from "../../tests/support/poll.ts";
import { residentBytes } from "../../tests/support/process.ts";

const REQUEST = new TextEncoder().encode("GET /small HTTP/1.1\r\nHost: bench\r\n\r\n");

/** Opens `count` connections with one request behind each; answers bytes of resident memory for each. */
export async function idleBytes(
  pid: number,
  port: number,
  count: number,
  settleMs: number,
): Promise<number> {
  const before = residentBytes(pid);
  const conns: Deno.Conn[] = [];
  const open = async () => {
    const buffer = new Uint8Array(1024);
    while (conns.length < count) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      conns.push(conn);
      await conn.write(REQUEST);
      if (await conn.read(buffer) === null) throw new Error("a connection was closed");
    }
  };
  try {
    await Promise.all(Array.from({ length: 32 }, open));
    await delay(settleMs);
    return (residentBytes(pid) - before) / conns.length;
  } finally {
    for (const conn of conns) conn.close();
  }
}
