/** Certificates from an authority, got by the whole program from one that speaks ACME over HTTPS and really visits. */
import assert from "node:assert/strict";
import { AcmeServer } from "../support/acme_server.ts";
import { tryCurl } from "../support/curl.ts";
import { waitFor } from "../support/poll.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { type Form, forms, startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";

const needs = { programs: ["openssl", "curl", "socat"] };

async function setUp(scope: Scope, make: (parts: Parts) => Record<Form, string>, form: Form) {
  const [http, https] = [freePort(), freePort()];
  const server = new AcmeServer({ httpPort: http, tlsPort: https });
  const ca = scope.write("transport.pem", server.serve(scope));
  const trusted = scope.write("authority.pem", server.authority.certificate);
  const parts = { http, https, ca, directory: server.directory, dir: scope.path("state") };
  const socket = scope.path("socket");
  const proxy = await startProxy(scope, make({ ...parts, socket })[form], {
    form,
    listening: [`127.0.0.1:${http}`, `127.0.0.1:${https}`],
  });
  /** True when curl believes what the proxy shows for `name`. */
  const believed = async (name: string) => {
    const { code } = await tryCurl(`https://${name}:${https}/`, [
      "--resolve",
      `${name}:${https}:127.0.0.1`,
      "--cacert",
      trusted,
    ]);
    return code === 0;
  };
  const say = async (line: string) =>
    (await run(["sh", "-c", `echo '${line}' | socat -t5 - ${socket}`])).stdout;
  return { ...parts, server, proxy, believed, say };
}

interface Parts {
  readonly http: number;
  readonly https: number;
  readonly ca: string;
  readonly directory: string;
  readonly dir: string;
  readonly socket: string;
}

const auto = ({ http, https, ca, directory, dir, socket }: Parts): Record<Form, string> => ({
  cfg: `global
    nbthread 2
    stats socket ${socket} level admin
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
acme auto
    directory ${directory}
    ca-file ${ca}
    storage ${dir}
    challenge tls-alpn-01
    curves P-256
frontend fe
    bind 127.0.0.1:${http}
    bind 127.0.0.1:${https} tls auto email admin@example.org domains www.example.org,example.org
    http-request redirect scheme https unless { ssl_fc }
    http-request return status 200
`,
  yaml: `global:
  nbthread: 2
  stats: { socket: { address: "${socket}", level: admin } }
defaults:
  mode: http
  timeout: { client: 5s, server: 5s, connect: 5s }
acmes:
  auto:
    directory: ${directory}
    ca-file: ${ca}
    storage: ${dir}
    challenge: tls-alpn-01
    curves: P-256
frontends:
  fe:
    bind:
      - "127.0.0.1:${http}"
      - address: "127.0.0.1:${https}"
        tls: auto
        email: admin@example.org
        domains: [www.example.org, example.org]
    http-request:
      - redirect scheme https unless { ssl_fc }
      - return status 200
`,
});

for (const form of underTest === "haproxy" ? [] : forms) {
  scopedTest(
    `'tls auto' gets a certificate by tls-alpn-01, keeps it with mode 600, and serves it in all threads (${form})`,
    needs,
    async (scope) => {
      const { believed, server, dir, say, proxy } = await setUp(scope, auto, form);
      await waitFor("a certificate", () => server.issued === 1);
      await waitFor("curl to believe it", async () => await believed("www.example.org"));
      // Connections are spread over threads.
      for (let i = 0; i < 12; i++) assert.ok(await believed("example.org"));
      for (const file of ["www.example.org.pem", "auto.account.key"]) {
        assert.equal(Deno.statSync(`${dir}/${file}`).mode! & 0o777, 0o600);
      }
      assert.equal(Deno.statSync(dir).mode! & 0o777, 0o700);
      // A reload takes it from its file.
      proxy.reload();
      await waitFor("the reload", () => proxy.process.output().includes("was loaded again"));
      assert.ok(await believed("www.example.org"));
      assert.match(await say("acme status"), /www\.example\.org\.pem\tauto\tScheduled/);
      assert.equal(server.issued, 1);
      assert.match(await say(`acme renew ${dir}/www.example.org.pem`), /^\n?$/);
      await waitFor("a certificate", () => server.issued === 2);
      // An order that is under way is not begun again.
      await waitFor(
        "its end",
        async () => /www\.example\.org\.pem\tauto\tScheduled/.test(await say("acme status")),
      );
      server.refuse(403, "rejectedIdentifier", "never heard of it");
      await say(`acme renew ${dir}/www.example.org.pem`);
      await waitFor(
        "the refusal",
        async () => (await say("acme status")).includes("never heard of it"),
      );
      assert.ok(await believed("www.example.org"));
    },
  );
}

const store = ({ http, https, ca, directory, dir, socket }: Parts): Record<Form, string> => ({
  cfg: `global
    stats socket ${socket} level admin
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
acme test
    directory ${directory}
    ca-file ${ca}
    account-key ${dir}/account.pem
    contact admin@example.org
    challenge HTTP-01
    keytype RSA
    bits 2048
    map virt@acme
crt-store web
    crt-base ${dir}
    load crt site.pem alias site acme test domains www.example.org
frontend fe
    bind 127.0.0.1:${http}
    bind 127.0.0.1:${https} ssl crt @web/site
    http-request redirect scheme https unless { ssl_fc }
    http-request return status 200 content-type text/plain lf-string %[path,map(virt@acme,none)]
`,
  yaml: `global:
  stats: { socket: { address: "${socket}", level: admin } }
defaults:
  mode: http
  timeout: { client: 5s, server: 5s, connect: 5s }
acmes:
  test:
    directory: ${directory}
    ca-file: ${ca}
    account-key: ${dir}/account.pem
    contact: admin@example.org
    challenge: HTTP-01
    keytype: RSA
    bits: 2048
    map: virt@acme
crt-stores:
  web:
    crt-base: ${dir}
    load: { crt: site.pem, alias: site, acme: test, domains: [www.example.org] }
frontends:
  fe:
    bind: ["127.0.0.1:${http}", { address: "127.0.0.1:${https}", ssl: true, crt: "@web/site" }]
    http-request:
      - redirect scheme https unless { ssl_fc }
      - "return status 200 content-type text/plain lf-string %[path,map(virt@acme,none)]"
`,
});

for (const form of underTest === "haproxy" ? [] : forms) {
  scopedTest(
    `a 'load … acme' of a crt-store gets its certificate by http-01, before any redirect (${form})`,
    needs,
    async (scope) => {
      const { believed, server, dir } = await setUp(scope, store, form);
      await waitFor("a certificate", () => server.issued === 1);
      await waitFor("curl to believe it", async () => await believed("www.example.org"));
      const text = Deno.readTextFileSync(`${dir}/site.pem`);
      assert.match(text, /BEGIN CERTIFICATE[^]*BEGIN PRIVATE KEY/);
      assert.equal(Deno.statSync(`${dir}/account.pem`).mode! & 0o777, 0o600);
    },
  );
}
