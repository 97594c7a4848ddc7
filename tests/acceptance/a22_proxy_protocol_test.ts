import assert from "node:assert/strict";
import { curlBody } from "../support/curl.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { type Form } from "../support/sluice.ts";
import type { Scope } from "../support/scope.ts";
import { connect } from "../support/tcp.ts";
import { DEFAULTS, port80, proxy, row, web1 } from "./tutorial.ts";

const startProxy = reloadedProxy();

const text = (bind: string, header: string) => ({
  cfg: `${DEFAULTS.cfg}
listen webcluster
    bind ${bind}
    mode tcp
    server web1 ${web1}:${port80} ${header}
`,
  yaml: `${DEFAULTS.yaml}
listens:
  webcluster:
    bind: "${bind}"
    mode: tcp
    servers:
      web1: "${web1}:${port80} ${header}"
`,
});

/** nginx that wants the protocol, and logs and answers what it was told. */
function startWeb(scope: Scope) {
  return startNginx(scope, {
    name: "web1",
    listen: [`${web1}:${port80} proxy_protocol`],
    extra: "location = /who { return 200 $proxy_protocol_addr:$proxy_protocol_server_addr; }",
  });
}

const needs = { programs: ["nginx", "curl"] };
const start = (scope: Scope, form: Form, bind: string, header: string) =>
  startProxy(scope, text(bind, header)[form], { form, listening: [bind.split(" ")[0]] });

for (const header of ["send-proxy", "send-proxy-v2", "send-proxy-v2 check inter 300ms"]) {
  row(`A22: nginx is told the client's address by ${header}`, needs, async (scope, form) => {
    await startWeb(scope);
    await start(scope, form, `${proxy}:${port80}`, header);
    // The client's own address is one that neither nginx nor the proxy has.
    const told = await curlBody(`http://${proxy}:${port80}/who`, ["--interface", "127.0.0.77"]);
    assert.equal(told, `127.0.0.77:${proxy}`);
  });
}

for (const header of ["send-proxy", "send-proxy-v2"]) {
  row(
    `A22: what accept-proxy was told is told on by ${header}`,
    needs,
    async (scope, form) => {
      await startWeb(scope);
      const at = `${proxy}:${freePort()}`;
      await start(scope, form, `${at} accept-proxy`, header);
      const client = await connect(scope, at);
      await client.write(
        "PROXY TCP4 192.168.0.200 192.168.0.100 40000 80\r\nGET /who HTTP/1.0\r\n\r\n",
      );
      assert.equal((await client.response()).body, "192.168.0.200:192.168.0.100");
    },
  );
}

row(
  "A22: a client without the header is closed, and the next one is served",
  needs,
  async (scope, form) => {
    await startWeb(scope);
    const at = `${proxy}:${freePort()}`;
    await start(scope, form, `${at} accept-proxy`, "send-proxy");
    const wrong = await connect(scope, at);
    await wrong.write("GET / HTTP/1.0\r\n\r\n");
    assert.ok(await wrong.closed());
    const right = await curlBody(`http://${at}/who`, ["--haproxy-protocol"]);
    assert.match(right, /^127\.0\.0\.\d+:/);
  },
);
