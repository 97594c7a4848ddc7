/**
 * What a full `show stat` of N servers does to traffic: `deno run -A scripts/bench_stats_traffic.ts [N] [ROUNDS]`.
 *
 * One client asks again and again over one connection. In turns nobody looks, or a reader takes `show stat` whole
 * (csv, typed, json); told are the slowest answers of a round, with one thread and with two. Needs socat.
 */
import { freePort } from "../tests/support/ports.ts";
import { withScope } from "../tests/support/scope.ts";
import { startProxy } from "../tests/support/sluice.ts";

const count = Number(Deno.args[0] ?? 4000);
const rounds = Number(Deno.args[1] ?? 9);
/** ms between two requests */
const PAUSE = 1;
/** ms of a round without a reader */
const QUIET = 400;

const configuration = (threads: number, address: string, socket: string) =>
  `global
    nbthread ${threads}
    stats socket ${socket} level admin
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
frontend web
    bind ${address}
    http-request return status 200 content-type text/plain string ok
backend all
${Array.from({ length: count }, (_, n) => `    server s${n} 127.0.0.1:9`).join("\n")}
`;

/** ms that the slowest of the answers took until `until` resolves. */
async function slowest(conn: Deno.Conn, until: Promise<unknown>): Promise<number> {
  const request = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const buffer = new Uint8Array(4096);
  let going = true;
  until.then(() => going = false);
  let worst = 0;
  while (going) {
    const begun = performance.now();
    await conn.write(request);
    await conn.read(buffer);
    worst = Math.max(worst, performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return worst;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1].toFixed(1);

for (const threads of [1, 2]) {
  await withScope(async (scope) => {
    const address = `127.0.0.1:${freePort()}`;
    const socket = scope.path("stats.sock");
    await startProxy(scope, configuration(threads, address, socket), { listening: [address] });
    const conn = await Deno.connect({ port: Number(address.split(":")[1]) });
    const worst: Record<string, number[]> = { nobody: [], csv: [], typed: [], json: [] };
    const took: Record<string, number[]> = { csv: [], typed: [], json: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const form of Object.keys(worst)) {
        const begun = performance.now();
        const reading = form === "nobody"
          ? new Promise((resolve) => setTimeout(resolve, QUIET))
          : new Deno.Command("sh", {
            args: ["-c", `echo 'show stat ${form}' | socat -t 60 - ${socket} > /dev/null`],
          }).output();
        const ms = await slowest(conn, reading);
        // The first round warms up.
        if (round === 0) continue;
        worst[form].push(ms);
        took[form]?.push(performance.now() - begun);
      }
    }
    conn.close();
    const told = Object.entries(worst).map(([form, values]) =>
      `${form} ${median(values)} ms${form in took ? ` (read in ${median(took[form])} ms)` : ""}`
    );
    console.log(`nbthread ${threads}, ${count} servers, slowest answer: ${told.join(", ")}`);
  });
}
Deno.exit(0);
