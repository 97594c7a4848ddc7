import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { freePort } from "../support/ports.ts";
import { isRoot } from "../support/needs.ts";
import { Authority, type Issued } from "../support/certificates.ts";
import { underTest } from "../support/under_test.ts";
import { mustRun } from "../support/process.ts";
import type { Scope } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { checkConfig } from "../support/sluice.ts";
import { DEFAULTS, port80, proxy, row, twoWebServers, web1, web2 } from "./tutorial.ts";

const startProxy = reloadedProxy();

const port443 = isRoot ? 443 : freePort();
const plain = `${proxy}:${port80}`;
const secure = `${proxy}:${port443}`;

const configuration = (pem: string) => ({
  cfg: `${DEFAULTS.cfg}
frontend webcluster
    bind ${plain}
    bind ${secure} ssl crt ${pem}
    redirect scheme https if !{ ssl_fc }
    default_backend webserver-80

backend webserver-80
    balance roundrobin
    server web1 ${web1}:${port80} check
    server web2 ${web2}:${port80} check
`,
  yaml: `${DEFAULTS.yaml}
frontends:
  webcluster:
    bind: ["${plain}", { address: "${secure}", ssl: true, crt: "${pem}" }]
    redirect: "scheme https if !{ ssl_fc }"
    default_backend: webserver-80
backends:
  webserver-80:
    balance: roundrobin
    servers:
      web1: { address: "${web1}:${port80}", check: true }
      web2: { address: "${web2}:${port80}", check: true }
`,
});

/** The tutorial's three commands. */
async function tutorialPem(scope: Scope): Promise<{ key: string; crt: string; pem: string }> {
  const [key, crt, pem] = ["key", "crt", "pem"].map((end) => scope.path(`westos.org.${end}`));
  await mustRun([
    "openssl",
    "req",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-sha256",
    "-keyout",
    key,
    "-x509",
    "-days",
    "365",
    "-out",
    crt,
    "-subj",
    "/C=CN/O=Tutorial/CN=www.yu.com",
  ]);
  Deno.writeTextFileSync(pem, Deno.readTextFileSync(key) + Deno.readTextFileSync(crt));
  return { key, crt, pem };
}

row(
  "A34: with a pem of key and certificate, http redirects to https, which answers",
  { programs: ["nginx", "curl", "openssl"], root: true },
  async (scope, form) => {
    await twoWebServers(scope);
    const { pem } = await tutorialPem(scope);
    await startProxy(scope, configuration(pem)[form], { form, listening: [plain, secure] });
    const first = await curl(`http://${proxy}/`);
    assert.equal(first.status, 302);
    assert.equal(first.headers.get("location"), `https://${proxy}/`);
    for (let n = 0; n < 2; n++) {
      const answer = await curl(`http://${proxy}/`, ["-k", "-L"]);
      assert.equal(answer.status, 200);
      assert.match(answer.body, /^web[12]$/m);
    }
    const shown = await mustRun([
      "sh",
      "-c",
      `openssl s_client -connect ${secure} </dev/null 2>/dev/null | openssl x509 -noout -subject`,
    ]);
    assert.match(shown, /CN ?= ?www\.yu\.com/);
  },
);

for (const missing of ["key", "crt"] as const) {
  row(
    `A34: -c names a pem without its ${missing === "key" ? "private key" : "certificate"}`,
    { programs: ["openssl"] },
    async (scope, form) => {
      const files = await tutorialPem(scope);
      const lame = scope.path("lame.pem");
      Deno.copyFileSync(missing === "key" ? files.crt : files.key, lame);
      const answer = await checkConfig(scope, configuration(lame)[form], form);
      const said = `${answer.stdout}${answer.stderr}`;
      assert.equal(answer.code, 1, said);
      assert.ok(said.includes(lame), said);
      if (underTest === "haproxy") return;
      assert.match(said, missing === "key" ? /no private key/ : /no certificate/);
      assert.doesNotMatch(said, /PRIVATE KEY-----/);
    },
  );
}

row(
  "A34: in a directory, key, certificate and chain may stand in any order, and the key beside them",
  { programs: ["nginx", "curl", "openssl"], root: true },
  async (scope, form) => {
    await twoWebServers(scope);
    const root = Authority.make("Root");
    const middle = Authority.make("Middle", root);
    const ca = scope.write("ca.pem", root.certificate);
    const order = (name: string, order: (issued: Issued) => string[]) => {
      scope.write(`certs/${name}.pem`, order(middle.issue({ names: [`${name}.yu.com`] })).join(""));
    };
    order("one", ({ key, certificate, chain }) => [key, certificate, chain]);
    order("two", ({ key, certificate, chain }) => [certificate, key, chain]);
    order("three", ({ key, certificate, chain }) => [certificate, chain, key]);
    // HAProxy takes the first certificate for the key's.
    if (underTest !== "haproxy") {
      order("four", ({ key, certificate, chain }) => [chain, certificate, key]);
    }
    order("five", ({ key, certificate, chain }) => {
      scope.write("certs/five.pem.key", key);
      return [certificate, chain];
    });
    await startProxy(scope, configuration(scope.path("certs"))[form], {
      form,
      listening: [plain, secure],
    });
    for (const { name } of Deno.readDirSync(scope.path("certs"))) {
      if (!name.endsWith(".pem")) continue;
      const host = `${name.slice(0, -4)}.yu.com`;
      const args = ["--cacert", ca, "--resolve", `${host}:443:${proxy}`];
      assert.equal((await curl(`https://${host}/`, args)).status, 200, host);
    }
  },
);
