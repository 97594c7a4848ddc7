/** `use-service prometheus-exporter`, and the metrics that the real HAProxy gives for the same configuration. */
import assert from "node:assert/strict";
import { curl, curlBody } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";
import { commandUnderTest } from "../support/under_test.ts";

interface Side {
  readonly web: string;
  readonly metrics: string;
}

async function begin(scope: Scope, name: string, command: readonly string[], live: string) {
  const web = `127.0.0.1:${freePort()}`;
  const metrics = `127.0.0.1:${freePort()}`;
  const file = scope.write(
    `${name}.cfg`,
    `defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend metrics
    bind ${metrics}
    http-request use-service prometheus-exporter if { path /metrics }
frontend web
    bind ${web}
    default_backend app
backend app
    server live ${live} check inter 200ms weight 3 maxconn 10
    server spare ${live} backup
    server away ${live} disabled
listen l4
    mode tcp
    bind 127.0.0.1:${freePort()}
    server one ${live}
`,
  );
  const running = start(scope, name, [...command, "-f", file]);
  await waitListening(running, [web, metrics]);
  return { web, metrics };
}

function read({ metrics }: Side, query = ""): Promise<string> {
  return curlBody(`http://${metrics}/metrics${query}`);
}

scopedTest("every metric of HAProxy's exporter that applies is there, with its type and labels", {
  programs: ["haproxy", "curl"],
}, async (scope) => {
  const origin = await startHttpOrigin(scope, () => ok("hello"));
  const ours = await begin(scope, "sluice", commandUnderTest([]), origin.address);
  const theirs = await begin(scope, "haproxy", ["haproxy", "-db"], origin.address);
  const checked = /haproxy_server_check_status\{proxy="app",server="live",state="L4OK"\} 1/;
  const texts = await Promise.all([ours, theirs].map((side) =>
    waitFor("the check", async () => {
      const text = await read(side);
      return checked.test(text) ? text : undefined;
    })
  ));
  const lines = (text: string) =>
    text.split("\n").filter((line) => /^# TYPE haproxy|^haproxy/.test(line))
      .map((line) => line.startsWith("#") ? line : line.replace(/ \S+$/, ""))
      .map((line) => line.replace(/version="[^"]*"/, "version"));
  const [own, real] = texts.map((text) => new Set(lines(text)));
  // Nothing is resolved by this exporter's side of things: HAProxy counts failures of its resolvers.
  const without = /failed_resolutions/;
  assert.deepEqual([...real].filter((line) => !own.has(line) && !without.test(line)), []);
  assert.deepEqual([...own].filter((line) => !real.has(line)), []);
});

scopedTest("times of streams are in histograms, and scopes select", {
  programs: ["curl"],
}, async (scope) => {
  const origin = await startHttpOrigin(scope, () => ok("hello"));
  const side = await begin(scope, "sluice", commandUnderTest([]), origin.address);
  for (let n = 0; n < 3; n++) assert.equal((await curl(`http://${side.web}/`)).status, 200);
  const text = await read(side);
  for (const phase of ["queue", "connect", "response", "total"]) {
    const name = `sluice_server_${phase}_duration_seconds`;
    assert.ok(text.includes(`# TYPE ${name} histogram\n`), name);
    assert.ok(text.includes(`${name}_count{proxy="app",server="live"} 3\n`), name);
    assert.ok(text.includes(`${name}_bucket{proxy="app",server="live",le="+Inf"} 3\n`), name);
  }
  assert.ok(text.includes(`sluice_backend_total_duration_seconds_count{proxy="app"} 3\n`));
  const global = await read(side, "?scope=global");
  assert.match(global, /haproxy_process_/);
  assert.doesNotMatch(global, /haproxy_frontend_/);
  assert.doesNotMatch(await read(side, "?scope=server&no-maint"), /server="away"/);
  assert.equal((await curl(`http://${side.metrics}/metrics?scope=odd`)).status, 400);
  assert.equal((await curl(`http://${side.metrics}/other`)).status, 503);
});
