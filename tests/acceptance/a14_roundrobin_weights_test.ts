import assert from "node:assert/strict";
import { curlTimes, tally } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const text = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${proxy}:${port80}
    use_backend webserver-80

backend webserver-80
    balance roundrobin
    server web1 ${web1}:${port80} weight 2 check inter 3s fall 3 rise 5
    server web2 ${web2}:${port80} weight 1 check inter 3s fall 3 rise 5
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${proxy}:${port80}"
    use_backend:
      - { backend: webserver-80 }
backends:
  webserver-80:
    balance: roundrobin
    servers:
      web1: { address: "${web1}:${port80}", weight: 2, check: true, inter: 3s, fall: 3, rise: 5 }
      web2: { address: "${web2}:${port80}", weight: 1, check: true, inter: 3s, fall: 3, rise: 5 }
`,
};

row(
  "A14: weights 2 and 1 give two requests to the first for each one to the second",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    const address = `${proxy}:${port80}`;
    await startProxy(scope, text[form], { form, listening: [address] });
    const bodies = await curlTimes(18, `http://${address}/`);
    assert.deepEqual(tally(bodies), { web1: 12, web2: 6 });
    // Evenly: no three in a row are the same server's.
    for (let n = 2; n < bodies.length; n++) {
      assert.ok(new Set(bodies.slice(n - 2, n + 1)).size === 2, bodies.join(" "));
    }
  },
);
