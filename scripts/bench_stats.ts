/** How long `show stat` of N servers takes of the control thread: `deno run -A scripts/bench_stats.ts [N]`. */
import { cpuUsage } from "node:process";
import { Diagnostics } from "../lib/config/diagnostic.ts";
import { loadConfig } from "../lib/cli/load.ts";
import { SluiceProcess } from "../lib/runtime/process.ts";
import { dumpStats } from "../lib/runtime/stats/dump.ts";
import { statSubjects } from "../lib/runtime/stats/collect.ts";
import { compilePolicies } from "../routes/policies.ts";

const count = Number(Deno.args[0] ?? 4000);
const servers = Array.from(
  { length: count },
  (_, n) => `    server s${n} 127.0.0.1:${1024 + n % 60000} check inter 1h`,
);
const text = `defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen all
    bind 127.0.0.1:8080
    option httpchk
${servers.join("\n")}
`;
const file = Deno.makeTempFileSync({ suffix: ".cfg" });
Deno.writeTextFileSync(file, text);
const loaded = await loadConfig([file], { env: {}, localPeer: "bench" });
Deno.removeSync(file);
const process = new SluiceProcess({
  config: loaded!.config!,
  compilePolicies,
  report: console.error,
});
process.provision(new Diagnostics());
for (const form of ["csv", "typed", "json"] as const) {
  const times: number[] = [];
  let bytes = 0;
  for (let round = 0; round < 15; round++) {
    // CPU time, so that a busy machine does not count.
    const start = cpuUsage();
    bytes = 0;
    const { generation, acceptor, state } = process;
    for (const piece of dumpStats(statSubjects(generation, acceptor, state.wall()), { form })) {
      bytes += piece.length;
    }
    const { user, system } = cpuUsage(start);
    times.push((user + system) / 1000);
  }
  times.sort((a, b) => a - b);
  const median = times[7].toFixed(1);
  console.log(
    `${form}: ${count} servers, ${bytes} bytes, CPU median ${median} ms, least ${
      times[0].toFixed(1)
    } ms`,
  );
}
process.stop();
Deno.exit(0);
