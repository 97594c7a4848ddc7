/** The row `udp`: exchanges through a pool beside a bare `Deno.listenDatagram` echo, by CPU time, in alternating runs. */
import { waitFor } from "../../tests/support/poll.ts";
import { freePort, isBoundUdp } from "../../tests/support/ports.ts";
import { mustRun, type Running, start } from "../../tests/support/process.ts";
import { type Scope, withScope } from "../../tests/support/scope.ts";
import { costOf, type Load, median, OTHER_CORE, pinned, PROXY_CORE } from "./machine.ts";
import { V8_FLAGS } from "../v8_flags.ts";

const CLIENTS = 64;
const WINDOW = 4;

const script = (name: string) => new URL(name, import.meta.url).pathname;
const deno = (...args: string[]) => [Deno.execPath(), "run", "-A", V8_FLAGS, ...args];

async function startAt(scope: Scope, name: string, port: number, core: string, command: string[]) {
  const process = start(scope, name, pinned(core, command));
  await waitFor(`${name} at its UDP port`, () => isBoundUdp("127.0.0.1", port), {
    explain: () => process.output(),
  });
  return process;
}

async function load(port: number, seconds: number): Promise<Load> {
  const command = deno(script("udp_load.ts"), ...[port, seconds, CLIENTS, WINDOW].map(String));
  const text = await mustRun(pinned(OTHER_CORE, command), { limit: (seconds + 30) * 1000 });
  return JSON.parse(text.trim().split("\n").at(-1)!) as Load;
}

/** Lines of Markdown. */
export async function measureUdp(
  { rounds, seconds, sluice }: { rounds: number; seconds: number; sluice: readonly string[] },
): Promise<string[]> {
  return await withScope(async (scope) => {
    const [server, port, bare] = [freePort(), freePort(), freePort()];
    await startAt(scope, "server", server, OTHER_CORE, deno(script("udp_load.ts"), `${server}`));
    const config = scope.write(
      "udp/sluice.cfg",
      `defaults
    mode udp
    timeout client 30s
    timeout server 30s
listen pool
    bind 127.0.0.1:${port}
    server s 127.0.0.1:${server}
`,
    );
    const contenders: readonly [string, number, Running][] = [
      [
        "echo",
        bare,
        await startAt(scope, "echo", bare, PROXY_CORE, deno(script("udp_echo.ts"), `${bare}`)),
      ],
      [
        "sluice",
        port,
        await startAt(scope, "sluice", port, PROXY_CORE, [...sluice, "-db", "-f", config]),
      ],
    ];
    for (const [, at] of contenders) await load(at, 1);
    const costs: number[][] = [[], []];
    const rates: number[][] = [[], []];
    for (let round = 0; round < rounds; round++) {
      for (const [n, [, at, process]] of contenders.entries()) {
        const { cost, perSecond } = await costOf(process, () => load(at, seconds));
        costs[n].push(cost);
        rates[n].push(perSecond);
      }
    }
    const [echo, own] = costs.map(median);
    const second = (us: number) => Math.round(1e6 / us);
    return [
      `UDP, exchanges of 64 bytes, ${CLIENTS} clients: a bare echo of the runtime ${
        echo.toFixed(1)
      } µs, a pool of sluice ${own.toFixed(1)} µs: **${(echo / own).toFixed(2)}** of the echo's ` +
      `exchanges for the same CPU time, ${second(own)} a second of one core ` +
      `(measured at ${Math.round(median(rates[0]))} and ${Math.round(median(rates[1]))} a second).`,
    ];
  });
}
