/** `http-proxy`, with Apache httpd as the proxy. */
import assert from "node:assert/strict";
import { apacheProgram } from "../support/apache.ts";
import { curl } from "../support/curl.ts";
import { isRoot } from "../support/needs.ts";
import { waitFor } from "../support/poll.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { mustRun, start } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { forms, startProxy } from "../support/sluice.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";

const MODULES = ["mpm_event", "proxy", "proxy_connect", "auth_basic", "authn_core", "authn_file"]
  .concat("authz_core", "authz_user");

/** A forward proxy that only `user` with `pass word` may use, and only for this port. */
async function startForwardProxy(scope: Scope, port: number, allowed: number): Promise<string> {
  const at = scope.path("forward");
  const hash = (await mustRun(["openssl", "passwd", "-apr1", "pass word"])).trim();
  scope.write("forward/users", `user:${hash}\n`);
  const conf = scope.write(
    "forward/apache.conf",
    `ServerRoot ${at}
ServerName forward
PidFile ${at}/pid
DefaultRuntimeDir ${at}
Mutex file:${at} default
${
      MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
        .join("\n")
    }
${isRoot ? "User www-data\nGroup www-data" : ""}
Listen 127.0.0.1:${port}
ErrorLog ${at}/error.log
LogFormat "%u %r %>s" asked
CustomLog ${at}/access.log asked
ProxyRequests On
AllowCONNECT ${allowed}
<Proxy "*">
  AuthType Basic
  AuthName "proxy"
  AuthUserFile ${at}/users
  Require valid-user
</Proxy>
`,
  );
  if (isRoot) await mustRun(["chmod", "755", scope.dir, at]);
  const process = start(scope, "forward", [apacheProgram, "-D", "FOREGROUND", "-f", conf]);
  await waitListening(process, [`127.0.0.1:${port}`]);
  return `${at}/access.log`;
}

const text = (port: number, through: number, origin: number) => ({
  cfg: `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen web
    bind 127.0.0.1:${port}
    retries 0
    server s 127.0.0.1:${origin} http-proxy 127.0.0.1:${through} http-proxy-auth "\${PROXY_AUTH}"
`,
  yaml: `defaults:
  mode: http
  timeout: { connect: 5s, client: 30s, server: 30s }
listens:
  web:
    bind: "127.0.0.1:${port}"
    retries: 0
    servers:
      s:
        address: "127.0.0.1:${origin}"
        http-proxy: "127.0.0.1:${through}"
        http-proxy-auth: "\${PROXY_AUTH}"
`,
});

for (const form of forms) {
  scopedTest(
    `requests go through a forward proxy that wants a password from the environment (${form})`,
    { programs: [apacheProgram, "curl", "openssl"], limit: 120_000 },
    async (scope) => {
      const origin = await startHttpOrigin(scope, () => ok("behind the proxy"));
      const through = freePort();
      const log = await startForwardProxy(scope, through, origin.port);
      for (const [auth, status] of [["user:pass word", 200], ["user:wrong", 503]] as const) {
        const port = freePort();
        const proxy = await startProxy(scope, text(port, through, origin.port)[form], {
          form,
          listening: [`127.0.0.1:${port}`],
          env: { PROXY_AUTH: auth },
        });
        const answer = await curl(`http://127.0.0.1:${port}/`);
        assert.equal(answer.status, status);
        if (status === 200) assert.equal(answer.body, "behind the proxy");
        assert.ok(!proxy.process.output().includes("pass word"));
        await proxy.process.stop();
      }
      // A tunnel is logged when it has ended.
      const wanted = new RegExp(`^user CONNECT 127.0.0.1:${origin.port} HTTP/1.1 200`, "m");
      await waitFor(
        "the tunnel in the proxy's log",
        () => wanted.test(Deno.readTextFileSync(log)),
        {
          explain: () => Deno.readTextFileSync(log),
        },
      );
    },
  );
}
