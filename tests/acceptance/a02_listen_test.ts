import assert from "node:assert/strict";
import { curlTimes } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { alternates, DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const text = {
  cfg: `${DEFAULTS.cfg}
listen webcluster
    bind ${proxy}:${port80}
    mode http
    server web1 ${web1}:${port80} check inter 3s fall 3 rise 5
    server web2 ${web2}:${port80} check inter 3s fall 3 rise 5
`,
  yaml: `${DEFAULTS.yaml}
listens:
  webcluster:
    bind: "${proxy}:${port80}"
    mode: http
    servers:
      web1: "${web1}:${port80} check inter 3s fall 3 rise 5"
      web2: "${web2}:${port80} check inter 3s fall 3 rise 5"
`,
};

row(
  "A2: one listen section alternates two web servers",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    const address = `${proxy}:${port80}`;
    await startProxy(scope, text[form], { form, listening: [address] });
    const bodies = await curlTimes(6, `http://${address}/`);
    assert.ok(alternates(bodies, "web1", "web2"), bodies.join(" "));
  },
);
