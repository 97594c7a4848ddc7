/** The programs that are compared, each pinned to the proxies' core. */
import { freePort, waitListening } from "../../tests/support/ports.ts";
import { type Running, start } from "../../tests/support/process.ts";
import type { Scope } from "../../tests/support/scope.ts";
import { pinned, PROXY_CORE } from "./machine.ts";
import { V8_FLAGS } from "../v8_flags.ts";

export interface Contender {
  readonly name: string;
  readonly process: Running;
  readonly port: number;
}

const root = new URL("../../", import.meta.url).pathname;

export interface Place {
  /** `nbthread` */
  readonly threads: number;
  readonly cores: string;
}

/** Starts `haproxy` or `sluice` with this configuration (its bind address is given to `text`). */
export async function startContender(
  scope: Scope,
  name: "haproxy" | "sluice",
  text: (bind: string) => string,
  sluice: readonly string[],
  { threads, cores }: Place = { threads: 1, cores: PROXY_CORE },
): Promise<Contender> {
  const port = freePort();
  // HAProxy would refuse to start where two descriptors a connection are too many.
  const more = name === "haproxy" ? "    no strict-limits\n" : "";
  const global = `    nbthread ${threads}\n${more}`;
  const config = scope.write(
    `${name}-${port}/haproxy.cfg`,
    text(`127.0.0.1:${port}`).replace("global\n", `global\n${global}`),
  );
  const command = name === "haproxy" ? ["haproxy"] : sluice;
  const process = start(
    scope,
    `${name}-${port}`,
    pinned(cores, [...command, "-db", "-f", config]),
  );
  await waitListening(process, [`127.0.0.1:${port}`]);
  return { name, process, port };
}

/** The command line that starts sluice from its source. */
export function sourceCommand(): string[] {
  return [Deno.execPath(), "run", "-A", V8_FLAGS, `${root}main.ts`];
}

/** A bare Deno server, for the runtime's own share of memory. */
export async function startBareServer(scope: Scope): Promise<Contender> {
  const port = freePort();
  const process = start(
    scope,
    `bare-${port}`,
    pinned(PROXY_CORE, [
      Deno.execPath(),
      "run",
      V8_FLAGS,
      "--allow-net=127.0.0.1",
      `${root}scripts/bench/bare_server.ts`,
      String(port),
    ]),
  );
  await waitListening(process, [`127.0.0.1:${port}`]);
  return { name: "bare Deno", process, port };
}
