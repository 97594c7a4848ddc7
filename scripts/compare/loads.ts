/** Asks the real HAProxy the cases of tests/balance/load_cases.ts: connections that stay open. */
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";
import { serverName } from "../../tests/balance/hash_cases.ts";
import { type LoadCase, loadSteps } from "../../tests/balance/load_cases.ts";
import { freePort } from "../../tests/support/ports.ts";
import { Haproxy, proxyHeader } from "./haproxy.ts";

function configuration(cases: readonly LoadCase[], port: number, origins: number[]): string {
  const backends = cases.map((c, i) => {
    const lines = [`backend c${i + 1}`, `  balance ${c.balance}`];
    if (c.hashType !== undefined) lines.push(`  hash-type ${c.hashType}`);
    if (c.factor !== undefined) lines.push(`  hash-balance-factor ${c.factor}`);
    c.servers.forEach((s, n) => {
      lines.push(
        `  server ${serverName(n)} 127.0.0.1:${origins[n]} weight ${s.weight}` +
          `${s.maxconn === undefined ? "" : ` maxconn ${s.maxconn}`}`,
      );
    });
    return lines.join("\n");
  });
  return `defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend asked
  bind 127.0.0.1:${port} accept-proxy
  use_backend c%[dst_port]
${backends.join("\n")}
`;
}

/** A server that tells its name to whom it is connected to, and goes when the other side goes. */
function originNamed(name: string): { port: number; close(): void } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (conn: Deno.Conn) => {
    await conn.write(bytesOfLatin1(name));
    await conn.read(new Uint8Array(16));
    conn.close();
  };
  (async () => {
    for await (const conn of listener) serve(conn).catch(() => {});
  })();
  return { port: (listener.addr as Deno.NetAddr).port, close: () => listener.close() };
}

/** The servers that the connections of each case went to, as words, in the order of the cases. */
export async function* askLoads(cases: readonly LoadCase[]): AsyncGenerator<string> {
  const most = Math.max(...cases.map((c) => c.servers.length));
  const origins = Array.from({ length: most }, (_, n) => originNamed(serverName(n)));
  const port = freePort();
  const haproxy = new Haproxy(configuration(cases, port, origins.map((o) => o.port)));
  try {
    await haproxy.ready(port);
    for (let i = 0; i < cases.length; i++) yield await askCase(haproxy, cases[i], i + 1, port);
  } finally {
    await haproxy.stop();
    for (const origin of origins) origin.close();
  }
}

async function askCase(haproxy: Haproxy, c: LoadCase, i: number, port: number): Promise<string> {
  const conns: Deno.Conn[] = [];
  let open = 0;
  let chosen = "";
  for (const step of loadSteps(c)) {
    if ("close" in step) {
      conns[step.close].close();
      await settled(haproxy, `c${i}`, --open);
      continue;
    }
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(bytesOfLatin1(proxyHeader(step.open, i)));
    const buffer = new Uint8Array(16);
    const n = await conn.read(buffer);
    if (n === null) throw new Error(`${c.balance}: connection ${conns.length} was closed`);
    chosen += latin1(buffer, 0, n);
    conns.push(conn);
    open++;
  }
  for (const conn of conns) {
    try {
      conn.close();
    } catch {
      // closed on the way
    }
  }
  return chosen;
}

/** Answers when `backend` has exactly `open` sessions: a close has gone all the way through. */
async function settled(haproxy: Haproxy, backend: string, open: number): Promise<void> {
  for (let tries = 0; tries < 2000; tries++) {
    const rows = await haproxy.command(`show stat ${backend} 2 -1`);
    const row = rows.split("\n").find((line) => line.startsWith(`${backend},BACKEND,`));
    if (row?.split(",")[4] === String(open)) return;
  }
  throw new Error(`${backend} does not come to ${open} sessions`);
}
