/** HTTP/2 over TLS under the load of h2load, to a web server behind. */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";

scopedTest(
  "200,000 requests in 50 connections with 50 streams each over TLS: none fails",
  { programs: ["nginx", "h2load", "openssl"], limit: 300_000 },
  async (scope) => {
    const [web, secure] = [0, 0].map(() => `127.0.0.1:${freePort()}`);
    await startNginx(scope, { name: "web", listen: [web] });
    const { pem } = Authority.make("Root").issue({ names: ["localhost"] });
    await startProxy(
      scope,
      `defaults
    mode http
    timeout connect 30s
    timeout client 60s
    timeout server 60s
frontend fe
    bind ${secure} ssl crt ${scope.write("site.pem", pem)} alpn h2,http/1.1
    default_backend be
backend be
    server s ${web} maxconn 100
`,
      { listening: [secure] },
    );
    const how = ["-n", "200000", "-c", "50", "-m", "50"];
    const said = await mustRun(["h2load", ...how, `https://${secure}/`], { limit: 280_000 });
    assert.match(said, /Application protocol: h2\n/);
    assert.match(said, /200000 done, 200000 succeeded, 0 failed, 0 errored, 0 timeout/);
    assert.match(said, /200000 2xx, 0 3xx, 0 4xx, 0 5xx/);
  },
);
