/** `deno task fuzz [seconds] [seed]`: the fuzzers of the tests, for longer and with other seeds. */
import { fuzzConfig } from "../tests/config/fuzz.ts";
import { fuzz as fuzzHttp1 } from "../tests/http1/fuzz.ts";
import { fuzzHttp2 } from "../tests/http2/fuzz.ts";
import { fuzzSyslog } from "../tests/log/syslog/fuzz.ts";
import { fuzzProxyProtocol } from "../tests/net/proxy_protocol/fuzz.ts";
import { fuzzPeers } from "../tests/stick/peers/fuzz.ts";
import { Random } from "../tests/support/random.ts";

const TARGETS = [
  { name: "http1", run: (seed: number) => void fuzzHttp1(200, seed) },
  { name: "http2", run: (seed: number) => void fuzzHttp2(100, seed) },
  { name: "PROXY protocol", run: (seed: number) => fuzzProxyProtocol(500, seed) },
  { name: "syslog", run: (seed: number) => fuzzSyslog(500, seed) },
  { name: "peers", run: (seed: number) => fuzzPeers(200, new Random(seed)) },
  { name: "configuration", run: (seed: number) => fuzzConfig(100, seed) },
];

const seconds = Number(Deno.args[0] ?? 60);
let seed = Number(Deno.args[1] ?? Date.now() % 1_000_000_000);
const end = performance.now() + seconds * 1000;
let rounds = 0;
while (performance.now() < end) {
  for (const { name, run } of TARGETS) {
    try {
      run(seed);
    } catch (error) {
      console.error(`${name}, seed ${seed}:`);
      console.error(error);
      Deno.exit(1);
    }
  }
  seed++;
  rounds++;
}
console.log(`${rounds} rounds of ${TARGETS.map((t) => t.name).join(" and ")} found nothing`);
