/** Certificates by name (`crt-store`), default ones, those made on the fly, and what is sent with them. */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { tryCurl } from "../support/curl.ts";
import { freePort } from "../support/ports.ts";
import { mustRun, run } from "../support/process.ts";
import { answerOcsp } from "../support/ocsp.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { checkConfig } from "../support/sluice.ts";

const startProxy = reloadedProxy();

const needs = { programs: ["openssl", "curl"] };

/** A proxy with these sections before its frontend; `settings`: of its `bind` line. */
async function serve(
  scope: Scope,
  sections: string,
  settings: string,
  global = "",
): Promise<number> {
  const port = freePort();
  await startProxy(
    scope,
    `global
    nbthread 1
${global}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
${sections}
frontend fe
    bind 127.0.0.1:${port} ssl ${settings}
    http-request return status 200 content-type text/plain lf-string "resumed=%[ssl_fc_is_resumed] cn=%[ssl_c_s_dn(CN)] end"
`,
    { listening: [`127.0.0.1:${port}`] },
  );
  return port;
}

/** What OpenSSL's client says about the server. */
async function client(port: number, args: readonly string[] = []): Promise<string> {
  const { stdout, stderr } = await run([
    "sh",
    "-c",
    `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | ` +
    `openssl s_client -connect 127.0.0.1:${port} -ign_eof ${args.join(" ")} 2>&1`,
  ]);
  return stdout + stderr;
}

const commonName = (said: string) => /subject=CN ?= ?(\S+)/.exec(said)?.[1];

scopedTest(
  "crt-store: certificates by name and alias, keys and OCSP answers from files of their own",
  needs,
  async (scope) => {
    const root = Authority.make("Root");
    const [one, two, three] = ["one", "two", "three"].map((name) =>
      root.issue({ names: [`${name}.example`] })
    );
    scope.write("crt/one.pem", one.pem);
    scope.write("crt/two.crt", two.certificate);
    scope.write("key/two.key", two.key);
    const third = scope.write("three.pem", three.pem);
    const port = await serve(
      scope,
      `crt-store web
    crt-base ${scope.path("crt")}
    key-base ${scope.path("key")}
    load crt one.pem alias first
    load crt two.crt key two.key
crt-store
    load crt ${third}`,
      `crt @web/first crt @web/two.crt crt ${third}`,
    );
    for (const name of ["one", "two", "three"]) {
      const said = await client(port, ["-servername", `${name}.example`]);
      assert.equal(commonName(said), `${name}.example`);
    }
  },
);

scopedTest("a name that no crt-store has is refused with the nearest one", needs, async (scope) => {
  const pem = scope.write("one.pem", Authority.make("Root").issue({ names: ["one.example"] }).pem);
  const { stderr, code } = await checkConfig(
    scope,
    `crt-store web
    load crt ${pem} alias first
frontend fe
    mode http
    bind 127.0.0.1:8443 ssl crt @web/frist
    http-request return status 200
`,
  );
  assert.equal(code, 1);
  assert.match(stderr, /there is no '@web\/frist' in a 'crt-store' section[^]*@web\/first/);
});

scopedTest(
  "default-crt is for clients whose name no certificate has, whatever stands before it",
  needs,
  async (scope) => {
    const root = Authority.make("Root");
    const pem = (name: string, key?: "rsa") =>
      scope.write(`${name}.pem`, root.issue({ names: [`${name}.example`], key }).pem);
    const [first, fallback, rsa] = [pem("first"), pem("fallback"), pem("rsa", "rsa")];
    const port = await serve(scope, "", `crt ${first} default-crt ${fallback} default-crt ${rsa}`);
    assert.equal(
      commonName(await client(port, ["-servername", "first.example"])),
      "first.example",
    );
    assert.equal(commonName(await client(port, ["-noservername"])), "fallback.example");
    const old = ["-noservername", "-sigalgs", "RSA-PSS+SHA256:RSA+SHA256"];
    assert.equal(commonName(await client(port, old)), "rsa.example");
  },
);

scopedTest(
  "generate-certificates: one for each name that no certificate has, signed by the CA",
  needs,
  async (scope) => {
    const root = Authority.make("Root");
    const ca = scope.write("root.pem", root.certificate);
    const own = scope.write("own.pem", root.issue({ names: ["own.example"] }).pem);
    const key = scope.write("ca.key", root.issued.key);
    const locked = scope.path("locked.key");
    await mustRun([
      "openssl",
      "pkey",
      "-in",
      key,
      "-aes256",
      "-passout",
      "pass:secret",
      "-out",
      locked,
    ]);
    const signer = scope.write("ca.pem", root.certificate + Deno.readTextFileSync(locked));
    const port = await serve(
      scope,
      "",
      `crt ${own} generate-certificates ca-sign-file ${signer} ca-sign-pass secret`,
      "    tune.ssl.ssl-ctx-cache-size 2",
    );
    for (const name of ["own.example", "a.example", "b.example", "c.example", "a.example"]) {
      const at = ["--resolve", `${name}:${port}:127.0.0.1`, "--cacert", ca];
      const { code, stderr } = await tryCurl(`https://${name}:${port}/`, at);
      assert.equal(code, 0, `${name}: ${stderr}`);
    }
    const odd = await client(port, ["-servername", "'not a name'"]);
    assert.equal(commonName(odd), "own.example");
  },
);

scopedTest(
  "an OCSP answer and timestamps are sent to those who ask; an answer for another certificate is not",
  needs,
  async (scope) => {
    const root = Authority.make("Root");
    const site = root.issue({ names: ["site.example"] });
    const pem = scope.write("site.pem", site.pem);
    const { bytes } = await answerOcsp(scope, root, site.certificate);
    const answer = scope.write("site.pem.ocsp", bytes);
    // A list of one timestamp that nobody verifies here.
    const sct = Uint8Array.from([
      0,
      ...new Array(32).fill(7),
      ...new Array(8).fill(1),
      0,
      0,
      4,
      3,
      0,
      2,
      9,
      9,
    ]);
    scope.write(
      "site.pem.sctl",
      Uint8Array.from([0, sct.length + 2, 0, sct.length, ...sct]),
    );
    const port = await serve(scope, "", `crt ${pem}`);
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const said = await client(port, ["-status", version]);
      assert.match(said, /OCSP Response Status: successful[^]*Cert Status: good/, version);
    }
    // OpenSSL's client shows extensions of TLS 1.2 only.
    const times = await client(port, ["-serverinfo", "18", "-tls1_2"]);
    assert.match(times, /SERVERINFO FOR EXTENSION 18/);
    // For somebody else's certificate.
    const other = scope.write("other.pem", root.issue({ names: ["other.example"] }).pem);
    Deno.copyFileSync(answer, `${other}.ocsp`);
    const { stderr } = await checkConfig(
      scope,
      `frontend fe\n    mode http\n    bind 127.0.0.1:8443 ssl crt ${other}\n    http-request return status 200\n`,
    );
    assert.match(stderr, /OCSP answer is not used: it is for another certificate/);
  },
);

scopedTest(
  "issuers-chain-path completes chains, ssl-skip-self-issued-ca leaves the root out",
  needs,
  async (scope) => {
    const root = Authority.make("Root");
    const middle = Authority.make("Middle", root);
    const { certificate, key } = middle.issue({ names: ["site.example"] });
    const pem = scope.write("site.pem", certificate + key);
    scope.write("chains/middle.pem", middle.certificate + root.certificate);
    const count = async (more: string) => {
      const port = await serve(
        scope,
        "",
        `crt ${pem}`,
        `    issuers-chain-path ${scope.path("chains")}\n${more}`,
      );
      return (await client(port, ["-showcerts"])).split("BEGIN CERTIFICATE").length - 1;
    };
    assert.equal(await count(""), 3);
    assert.equal(await count("    ssl-skip-self-issued-ca"), 2);
  },
);

scopedTest(
  "ca-verify-file is believed and not named to clients, ca-file is named",
  needs,
  async (scope) => {
    const [named, silent] = [Authority.make("Named"), Authority.make("Silent")];
    const site = scope.write("site.pem", named.issue({ names: ["site.example"] }).pem);
    const caNamed = scope.write("named.pem", named.certificate);
    const caSilent = scope.write("silent.pem", silent.certificate);
    const user = scope.write("user.pem", silent.issue({ subject: "/CN=user" }).pem);
    const port = await serve(
      scope,
      "",
      `crt ${site} verify required ca-file ${caNamed} ca-verify-file ${caSilent}`,
    );
    const said = await client(port, ["-cert", user, "-key", user]);
    assert.match(said, /cn=user end/);
    const names = /Acceptable client certificate CA names([^]*?)Requested/.exec(said)![1];
    assert.match(names, /CN ?= ?Named/);
    assert.doesNotMatch(names, /CN ?= ?Silent/);
  },
);

scopedTest(
  "a session is resumed in whichever thread, and after a reload, TLS 1.2 and 1.3",
  needs,
  async (scope) => {
    const pem = scope.write("site.pem", Authority.make("Root").issue({ names: ["a.example"] }).pem);
    const port = freePort();
    const proxy = await startProxy(
      scope,
      `global
    nbthread 3
defaults
    mode http
    timeout client 5s
frontend fe
    bind 127.0.0.1:${port} ssl crt ${pem}
    http-request return status 200 content-type text/plain lf-string "resumed=%[ssl_fc_is_resumed] thread=%[thread] end"
`,
      { listening: [`127.0.0.1:${port}`] },
    );
    const session = scope.path("session");
    for (const version of ["-tls1_2", "-tls1_3"]) {
      assert.match(await client(port, [version, "-sess_out", session]), /resumed=0/);
      for (let i = 0; i < 8; i++) {
        assert.match(await client(port, [version, "-sess_in", session]), /resumed=1/);
      }
    }
    proxy.reload();
    assert.match(await client(port, ["-tls1_3", "-sess_in", session]), /resumed=1/);
  },
);
