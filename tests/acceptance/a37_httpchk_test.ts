import assert from "node:assert/strict";
import { apacheProgram, startApache } from "../support/apache.ts";
import { curl, curlTimes, tally } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { startProxy } from "../support/sluice.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";
import { DEFAULTS, port80, proxy, row, web1, web2 } from "./tutorial.ts";

const text = (log: string, inter: string) => ({
  cfg: `global
    log ${log} local2
${DEFAULTS.cfg}    log global

frontend webcluster
    bind ${proxy}:${port80}
    use_backend webserver-80

backend webserver-80
    option httpchk GET /index.html
    server web1 ${web1}:${port80} check inter ${inter} fall 3
    server web2 ${web2}:${port80} check inter ${inter} fall 3
`,
  yaml: `global:
  log: "${log} local2"
${DEFAULTS.yaml}  log: global
frontends:
  webcluster:
    bind: "${proxy}:${port80}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    option: { httpchk: "GET /index.html" }
    servers:
      web1: { address: "${web1}:${port80}", check: true, inter: ${inter}, fall: 3 }
      web2: "${web2}:${port80} check inter ${inter} fall 3"
`,
});

/** As the row has it: `inter 2000 fall 3`. */
row(
  "A37: a page that is gone takes its server down after three checks, and brings it back",
  { programs: [apacheProgram, "curl"], limit: 90_000 },
  async (scope, form) => {
    const sink = startSyslogSink(scope);
    const first = await startApache(scope, { name: "web1", listen: `${web1}:${port80}` });
    await startApache(scope, { name: "web2", listen: `${web2}:${port80}` });
    const address = `${proxy}:${port80}`;
    await startProxy(scope, text(sink.address, "2000")[form], { form, listening: [address] });
    const url = `http://${address}/`;
    await waitFor(
      "both servers to have been checked three times",
      () => checks(first.accessLog()) >= 3,
    );
    assert.deepEqual(tally(await curlTimes(6, url)), { web1: 3, web2: 3 });
    assert.match(first.accessLog(), /^127\.0\.0\.\d+ GET \/index\.html HTTP\/1\.0$/m);

    const before = checks(first.accessLog());
    Deno.removeSync(`${first.root}/index.html`);
    const down = await sink.find(/Server webserver-80\/web1 is DOWN.*/, 20_000);
    assert.match(
      down[0],
      /^Server webserver-80\/web1 is DOWN, reason: Layer7 wrong status, code: 404, info: "Not Found", check duration: \d+ms\. 1 active and 0 backup servers left\. \d+ sessions active, 0 requeued, 0 remaining in queue\.$/,
    );
    const failed = checks(first.accessLog()) - before;
    assert.ok(failed >= 3 && failed <= 4, `down after ${failed} checks`);
    assert.deepEqual(tally(await curlTimes(4, url)), { web2: 4 });

    Deno.writeTextFileSync(`${first.root}/index.html`, "web1\n");
    const up = await sink.find(/Server webserver-80\/web1 is UP.*/, 20_000);
    assert.match(
      up[0],
      /^Server webserver-80\/web1 is UP, reason: Layer7 check passed, code: 200, check duration: \d+ms\. 2 active and 0 backup servers online\. 0 sessions requeued, 0 total in queue\.$/,
    );
    assert.equal((await curl(url)).status, 200);
    assert.deepEqual(tally(await curlTimes(6, url)), { web1: 3, web2: 3 });
  },
);

function checks(log: string): number {
  return log.match(/GET \/index\.html HTTP\/1\.0$/gm)?.length ?? 0;
}
