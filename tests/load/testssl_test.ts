/**
 * testssl.sh on the first example of docs/tls.md as it stands there, with a certificate made as the page says. It is a
 * shell script that asks some hundred times, half a minute's work. Weak ciphers are among the known attacks.
 */
import assert from "node:assert/strict";
import { docExample } from "../support/doc_examples.ts";
import { startNginx } from "../support/nginx.ts";
import { freePort } from "../support/ports.ts";
import { mustRun, run } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** A finding of each kind of check: versions, protocols, headers, known attacks. */
const LOOKED_AT = [
  ...["SSLv3", "TLS1_2", "TLS1_3", "ALPN_HTTP2", "HSTS_time", "X-Content-Type-Options"],
  ...["heartbleed", "ROBOT"],
];

/** The example on ports of its own, before a web server. */
async function startExample(scope: Scope): Promise<string> {
  const [plain, secure, web] = [0, 0, 0].map(() => `127.0.0.1:${freePort()}`);
  await startNginx(scope, { name: "web", listen: [web] });
  const [key, certificate] = [scope.path("site.key"), scope.path("site.crt")];
  await mustRun(
    `openssl req -newkey rsa:2048 -nodes -keyout ${key} -x509 -days 365 -out ${certificate} -subj /CN=localhost`
      .split(" "),
  );
  const pem = Deno.readTextFileSync(key) + Deno.readTextFileSync(certificate);
  const text = docExample("tls.md", "A site with HTTPS")
    .replace("127.0.0.1:80\n", `${plain}\n`)
    .replace("127.0.0.1:443", secure)
    .replace("127.0.0.1:8080", web)
    .replace("/etc/sluice/certs/site.pem", scope.write("site.pem", pem));
  await startProxy(scope, text, { listening: [plain, secure] });
  return secure.replace("127.0.0.1", "localhost");
}

scopedTest(
  "testssl.sh finds nothing above low in the documented example but what is the self-signed certificate's own",
  { programs: ["testssl", "openssl", "nginx"], limit: 1_600_000 },
  async (scope) => {
    const address = await startExample(scope);
    const json = scope.path("findings.json");
    const checks = ["-p", "-S", "-h", "-U"];
    const how = ["--quiet", "--color", "0", "--warnings", "batch", "--nodns", "none"];
    const out = ["--ip", "127.0.0.1", "--jsonfile", json, `https://${address}`];
    const { stdout } = await run(["testssl", ...how, ...checks, ...out], { limit: 1_500_000 });
    const findings: Finding[] = JSON.parse(Deno.readTextFileSync(json));
    const worse = findings.filter(({ severity }) =>
      ["MEDIUM", "HIGH", "CRITICAL", "FATAL"].includes(severity)
    );
    assert.deepEqual(worse.filter(({ id }) => !id.startsWith("cert_")), [], stdout);
    // It did look, to the end.
    const good = findings.filter(({ severity }) => severity === "OK").map(({ id }) => id);
    for (const id of LOOKED_AT) {
      const said = findings.filter((each) => each.id === id);
      assert.ok(good.includes(id), `${id}: ${JSON.stringify(said)}\n${stdout}`);
    }
    assert.ok(worse.some(({ id }) => id === "cert_chain_of_trust"), stdout);
  },
);
