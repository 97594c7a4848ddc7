/** Tools that people use with HAProxy's runtime socket and statistics work with sluice's. */
import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { run, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";

async function begin(scope: Scope): Promise<{ socket: string; stats: string }> {
  const socket = scope.path("admin.sock");
  const web = `127.0.0.1:${freePort()}`;
  const stats = `127.0.0.1:${freePort()}`;
  await startProxy(
    scope,
    `global
    stats socket ${socket} level admin
    stats timeout 1m
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
listen stats
    bind ${stats}
    stats uri /
frontend web
    bind ${web}
    default_backend app
backend app
    server web1 127.0.0.1:9 disabled
    server web2 127.0.0.1:9
`,
    { listening: [web, stats] },
  );
  return { socket, stats };
}

scopedTest("prometheus-haproxy-exporter reads the page and the socket without a failure", {
  programs: ["prometheus-haproxy-exporter", "curl"],
}, async (scope) => {
  const { socket, stats } = await begin(scope);
  for (const uri of [`http://${stats}/;csv`, `unix:${socket}`]) {
    const port = freePort();
    start(scope, "exporter", [
      "prometheus-haproxy-exporter",
      `--haproxy.scrape-uri=${uri}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    const metrics = await waitFor("the exporter to answer", async () => {
      const { code, stdout } = await run([
        "curl",
        "--silent",
        `http://127.0.0.1:${port}/metrics`,
      ]);
      return code === 0 && stdout.includes("haproxy_up") ? stdout : undefined;
    });
    assert.match(metrics, /\nhaproxy_up 1\n/);
    assert.match(metrics, /\nhaproxy_exporter_csv_parse_failures_total 0\n/);
    assert.match(metrics, /\nhaproxy_server_up\{backend="app",server="web2"\} 1\n/);
  }
  assert.match(await curlBody(`http://${stats}/;csv`), /^# pxname/);
});

scopedTest("hatop shows the proxies", {
  programs: ["hatop", "script"],
  limit: 120_000,
}, async (scope) => {
  const { socket } = await begin(scope);
  const out = scope.path("screen");
  const command = `stty rows 40 cols 140; hatop -s ${socket} -i 1`;
  start(scope, "hatop", ["script", "-qfc", command, out], { env: { TERM: "xterm" } });
  await waitFor("the servers on hatop's screen", () => {
    try {
      const text = Deno.readTextFileSync(out);
      if (/error:/.test(text)) throw new Error(text);
      return text.includes("web1") && text.includes("MAINT") ? true : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }, { limit: 90_000 });
});

/** Munin's plugins, as Debian's package brings them. */
const MUNIN = "/usr/share/munin/plugins";

scopedTest("Munin's plugins read the statistics page", {
  programs: [`${MUNIN}/haproxy_`, `${MUNIN}/haproxy_ng`, "lwp-request"],
}, async (scope) => {
  const { stats } = await begin(scope);
  const env = {
    url: `http://${stats}/;csv;norefresh`,
    MUNIN_LIBDIR: "/usr/share/munin",
    MUNIN_CAP_MULTIGRAPH: "1",
  };
  const config = await run([`${MUNIN}/haproxy_ng`, "config"], { env });
  assert.match(config.stdout, /^app_act\.label app$/m);
  const values = await run([`${MUNIN}/haproxy_ng`], { env });
  assert.match(values.stdout, /^app_act\.value 1$/m, values.stderr);
  assert.match(values.stdout, /^multigraph HAPBandwidthBack\.app$/m);
  const plain = await run([`${MUNIN}/haproxy_`], { env });
  assert.match(plain.stdout, /^sweb1\.value \d+$/m, plain.stderr);
});
