import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const address = `${proxy}:${port80}`;

const text = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    stick-table type ip size 100k expire 30s store http_req_rate(10s)
    http-request track-sc0 src
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 20 }
    default_backend webserver-80

backend webserver-80
    balance roundrobin
    server web1 ${web1}:${port80} check
    server web2 ${web2}:${port80} check
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    stick-table: { type: ip, size: 100k, expire: 30s, store: ["http_req_rate(10s)"] }
    http-request:
      - track-sc0 src
      - deny deny_status 429 if { sc_http_req_rate(0) gt 20 }
    default_backend: webserver-80
backends:
  webserver-80:
    balance: roundrobin
    servers:
      web1: { address: "${web1}:${port80}", check: true }
      web2: { address: "${web2}:${port80}", check: true }
`,
};

row(
  "A41: the 21st request in 10 s gets 429, another address does not",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    await startProxy(scope, text[form], { form, listening: [address] });
    // One curl asks for all, so that a slow machine does not stretch them over more than ten seconds.
    const ask = async (source: string, times: number) => {
      const urls = Array.from({ length: times }, () => `http://${address}/`);
      const args = ["--interface", source, "--write-out", "<%{http_code}>"];
      const text = await curlBody(urls[0], [...args, ...urls.slice(1)]);
      return [...text.matchAll(/<(\d{3})>/g)].map(([, status]) => Number(status));
    };
    const first = await ask("127.0.0.1", 23);
    assert.deepEqual(first, [...Array(20).fill(200), 429, 429, 429]);
    assert.deepEqual(await ask("127.0.0.2", 2), [200, 200]);
    assert.deepEqual(await ask("127.0.0.1", 1), [429]);
  },
);
