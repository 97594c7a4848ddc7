import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { DEFAULTS, port80, proxy, row } from "./tutorial.ts";

const startProxy = reloadedProxy();

const address = `${proxy}:${port80}`;
const url = "http://192.168.0.99:8080/sorry.html";

for (const [keyword, status] of [["errorloc", 302], ["errorloc302", 302], ["errorloc303", 303]]) {
  row(`A27: ${keyword} answers ${status} with the location`, { programs: ["curl"] }, async (
    scope,
    form,
  ) => {
    const text = {
      cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${address}
    ${keyword} 503 ${url}
    ${keyword} 403 /denied
    http-request deny if { path /denied-here }
    default_backend none
backend none
`,
      yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: "${address}"
    ${keyword}: { 503: "${url}", 403: /denied }
    http-request: ["deny if { path /denied-here }"]
    default_backend: none
backends:
  none: {}
`,
    };
    await startProxy(scope, text[form], { form, listening: [address] });
    const down = await curl(`http://${address}/`);
    assert.deepEqual([down.status, down.headers.get("location"), down.body], [status, url, ""]);
    const denied = await curl(`http://${address}/denied-here`);
    assert.deepEqual([denied.status, denied.headers.get("location")], [status, "/denied"]);
  });
}
