/**
 * Many reloads under load: how many requests fail, and what memory does.
 *
 *     deno run -A scripts/reloads.ts [RELOADS] [CONNECTIONS]
 *
 * Needs nginx and wrk. Two threads serve; each reload reads a file in which a rule, a server's weight and the list of
 * servers have changed, and the next one waits until it has taken effect.
 */
import { startNginx } from "../tests/support/nginx.ts";
import { waitFor } from "../tests/support/poll.ts";
import { freePort } from "../tests/support/ports.ts";
import { run } from "../tests/support/process.ts";
import { withScope } from "../tests/support/scope.ts";
import { startProxy } from "../tests/support/sluice.ts";

const reloads = Number(Deno.args[0] ?? 200);
const connections = Number(Deno.args[1] ?? 32);

/** ms of rest before memory is looked at for the last time */
const REST_MS = 20_000;

/** MiB in memory. */
function residentOf(pid: number): number {
  const line = Deno.readTextFileSync(`/proc/${pid}/status`).split("\n")
    .find((each) => each.startsWith("VmRSS"));
  return Number(/\d+/.exec(line ?? "")?.[0] ?? 0) / 1024;
}

await withScope(async (scope) => {
  const port = freePort();
  const web = `127.0.0.1:${freePort()}`;
  await startNginx(scope, {
    name: "origin",
    listen: [`127.0.0.1:${port}`],
    files: { "1k": "x".repeat(1000) },
  });
  const text = (n: number) =>
    `global
    nbthread 2
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend web
    bind ${web}
    http-response set-header X-Generation ${n}
    default_backend app
backend app
    server s1 127.0.0.1:${port} weight ${1 + n % 5} check
    ${n % 2 === 0 ? `server s2 127.0.0.1:${port}` : ""}
`;
  const { process, configPath, reload } = await startProxy(scope, text(0), {
    args: ["-W", "-db"],
    listening: [web],
  });
  const generation = async () => {
    const { stdout } = await run(["curl", "-s", "-o", "/dev/null", "-D", "-", `http://${web}/1k`]);
    return Number(/x-generation: (\d+)/i.exec(stdout)?.[1]);
  };
  // Longer than needed; it is stopped at the end, and tells what it has seen.
  const wrk = new Deno.Command("wrk", {
    args: ["-t1", `-c${connections}`, "-d3600", "--timeout", "10", `http://${web}/1k`],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  scope.defer("wrk", () => {
    try {
      wrk.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  });
  const memory: string[] = [];
  const begun = performance.now();
  for (let n = 1; n <= reloads; n++) {
    Deno.writeTextFileSync(configPath, text(n));
    reload();
    await waitFor(`reload ${n}`, async () => await generation() === n, {
      explain: () => process.output().slice(-1000),
      limit: 90_000,
    });
    if (n % 10 === 0) memory.push(`${n}: ${residentOf(process.pid).toFixed(0)}`);
  }
  const seconds = (performance.now() - begun) / 1000;
  wrk.kill("SIGINT");
  const { stdout } = await wrk.output();
  const told = new TextDecoder().decode(stdout);
  const requests = Number(/(\d+) requests in/.exec(told)?.[1]);
  const wrong = /Socket errors: .*|Non-2xx.*/g;
  const problems = told.match(wrong) ?? ["none failed"];
  console.log(
    `${reloads} reloads in ${seconds.toFixed(0)} s, ${requests} requests, ` +
      `${Math.round(requests / seconds)} a second: ${problems.join("; ")}`,
  );
  console.log(`MiB resident after reload: ${memory.join(", ")}`);
  // Garbage of old Generations is collected when the engine thinks fit; what stays then would be a leak.
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  console.log(`${residentOf(process.pid).toFixed(0)} MiB after ${REST_MS / 1000} s of rest`);
});
