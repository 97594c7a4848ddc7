import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { startProxy } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const address = `${proxy}:${port80}`;

const text = {
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    acl bad_browser hdr_sub(User-Agent) -i curl wget
    http-request deny if bad_browser
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
    acl:
      bad_browser: "hdr_sub(User-Agent) -i curl wget"
    http-request:
      - deny if bad_browser
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
  "A31: a browser whose name is on the list is refused, another one is served",
  { programs: ["nginx", "curl"] },
  async (scope, form) => {
    await twoWebServers(scope);
    await startProxy(scope, text[form], { form, listening: [address] });
    const status = async (agent?: string) =>
      (await curl(`http://${address}/`, agent === undefined ? [] : ["--user-agent", agent])).status;
    assert.equal(await status(), 403);
    assert.equal(await status("My-CURL/2"), 403);
    assert.equal(await status("Wget/1.21"), 403);
    assert.equal(await status("Mozilla/5.0 (X11; Linux x86_64)"), 200);
    // an empty value is no header for curl: the field is not sent at all
    assert.equal(await status(""), 200);
  },
);
