/** Authorities, revocation lists, OCSP answers and keys of tickets exchanged on the runtime socket. */
import assert from "node:assert/strict";
import { Authority } from "../support/certificates.ts";
import { freePort } from "../support/ports.ts";
import { run } from "../support/process.ts";
import { answerOcsp } from "../support/ocsp.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";

const startProxy = reloadedProxy();

const needs = { programs: ["openssl"] };

async function setUp(scope: Scope, settings: string, nbthread = 1) {
  const port = freePort();
  const path = scope.path("socket");
  await startProxy(
    scope,
    `global
    nbthread ${nbthread}
    stats socket ${path} level admin
defaults
    mode http
    timeout client 5s
frontend fe
    bind 127.0.0.1:${port} ssl ${settings}
    http-request return status 200 content-type text/plain lf-string "cn=%[ssl_c_s_dn(CN)] resumed=%[ssl_fc_is_resumed] end"
`,
    { listening: [`127.0.0.1:${port}`] },
  );
  const say = async (line: string, payload?: string) => {
    const conn = await Deno.connect({ transport: "unix", path });
    const text = payload === undefined ? `${line}\n` : `${line} <<\n${payload.trim()}\n\n`;
    await conn.write(new TextEncoder().encode(text));
    return await new Response(conn.readable).text();
  };
  const ask = async (...args: string[]) => {
    const { stdout } = await run([
      "sh",
      "-c",
      `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | ` +
      `openssl s_client -connect 127.0.0.1:${port} -ign_eof ${args.join(" ")} 2>&1`,
    ]);
    return stdout;
  };
  return { say, ask };
}

scopedTest(
  "set and add ssl ca-file: other clients are believed from the commit on, in all threads, and old sessions do not count",
  needs,
  async (scope) => {
    const [one, two] = [Authority.make("One"), Authority.make("Two")];
    const site = scope.write("site.pem", one.issue({ names: ["a.example"] }).pem);
    const ca = scope.write("ca.pem", one.certificate);
    const byOne = scope.write("by-one.pem", one.issue({ subject: "/CN=by-one" }).pem);
    const byTwo = scope.write("by-two.pem", two.issue({ subject: "/CN=by-two" }).pem);
    const { say, ask } = await setUp(scope, `crt ${site} verify required ca-file ${ca}`, 2);
    const session = scope.path("session");
    const as = (file: string, ...more: string[]) => ask("-cert", file, "-key", file, ...more);
    assert.match(await as(byOne, "-sess_out", session), /cn=by-one/);
    assert.match(await ask("-sess_in", session), /cn=by-one resumed=1/);
    assert.doesNotMatch(await as(byTwo), /cn=/);
    assert.match(await say("show ssl ca-file"), new RegExp(`${ca} - 1 certificate`));
    assert.match(await say(`set ssl ca-file ${ca}`, two.certificate), /transaction created/);
    assert.match(await say("show ssl ca-file"), new RegExp(`\\*${ca}`));
    assert.doesNotMatch(await as(byTwo), /cn=/);
    assert.match(await say(`commit ssl ca-file ${ca}`), /Success!/);
    for (let i = 0; i < 4; i++) {
      assert.match(await as(byTwo), /cn=by-two/);
      assert.doesNotMatch(await as(byOne), /cn=/);
      assert.doesNotMatch(await ask("-sess_in", session), /cn=/);
    }
    await say(`add ssl ca-file ${ca}`, one.certificate);
    assert.match(await say(`commit ssl ca-file ${ca}`), /Success!/);
    assert.match(await as(byOne), /cn=by-one/);
    assert.match(await as(byTwo), /cn=by-two/);
    assert.match(await say(`show ssl ca-file ${ca}`), /Subject: .*CN=Two[^]*CN=One/);
    assert.match(await say(`del ssl ca-file ${ca}`), /in use/);
    assert.match(await say(`set ssl ca-file ${ca}`, "nothing"), /Can't update/);
    assert.match(await say("commit ssl ca-file /none"), /No ongoing transaction/);
  },
);

scopedTest("an authority of a crt-list line alone is exchanged too", needs, async (scope) => {
  const [one, two] = [Authority.make("One"), Authority.make("Two")];
  const site = scope.write("site.pem", one.issue({ names: ["a.example"] }).pem);
  const ca = scope.write("ca.pem", one.certificate);
  const list = scope.write("list.txt", `${site} [verify required ca-file ${ca}]\n`);
  const user = scope.write("by-two.pem", two.issue({ subject: "/CN=by-two" }).pem);
  const { say, ask } = await setUp(scope, `crt-list ${list}`);
  assert.doesNotMatch(await ask("-cert", user, "-key", user), /cn=/);
  await say(`set ssl ca-file ${ca}`, two.certificate);
  assert.match(await say(`commit ssl ca-file ${ca}`), /Success!/);
  assert.match(await ask("-cert", user, "-key", user), /cn=by-two/);
});

scopedTest(
  "set ssl crl-file: who is revoked is refused from the commit on",
  needs,
  async (scope) => {
    const root = Authority.make("Root");
    const site = scope.write("site.pem", root.issue({ names: ["a.example"] }).pem);
    const ca = scope.write("ca.pem", root.certificate);
    const issued = root.issue({ subject: "/CN=user" });
    const user = scope.write("user.pem", issued.pem);
    const crl = scope.write("crl.pem", root.revoke());
    const { say, ask } = await setUp(
      scope,
      `crt ${site} verify required ca-file ${ca} crl-file ${crl}`,
    );
    assert.match(await ask("-cert", user, "-key", user), /cn=user/);
    await say(`set ssl crl-file ${crl}`, root.revoke(issued));
    assert.match(await say(`commit ssl crl-file ${crl}`), /Success!/);
    assert.doesNotMatch(await ask("-cert", user, "-key", user), /cn=user/);
    assert.match(await say("show ssl crl-file"), new RegExp(`^${crl}$`, "m"));
  },
);

scopedTest("set ssl ocsp-response staples an answer to its certificate", needs, async (scope) => {
  const root = Authority.make("Root");
  const issued = root.issue({ names: ["a.example"] });
  const site = scope.write("site.pem", issued.pem);
  const { bytes, serial } = await answerOcsp(scope, root, issued.certificate);
  const { say, ask } = await setUp(scope, `crt ${site}`);
  assert.match(await ask("-status"), /OCSP response: no response sent/);
  const text = bytes.toBase64();
  assert.match(await say("set ssl ocsp-response", text), /OCSP Response updated!/);
  assert.match(await ask("-status"), /Cert Status: good/);
  assert.match(await say("show ssl ocsp-response"), new RegExp(`Serial Number: ${serial}\n`));
  assert.match(await say(`show ssl ocsp-response ${site}`), /Cert Status: good[^]*BEGIN CERT/);
  assert.match(await say("set ssl ocsp-response AAAA"), /for no certificate/);
  assert.match(await say("set ssl ocsp-response !"), /invalid base64/);
});

scopedTest(
  "set ssl tls-key turns the keys of tickets over; no answer shows what is secret in them",
  needs,
  async (scope) => {
    const root = Authority.make("Root");
    const site = scope.write("site.pem", root.issue({ names: ["a.example"] }).pem);
    const key = () => crypto.getRandomValues(new Uint8Array(80)).toBase64();
    const keys = [key(), key(), key()];
    const file = scope.write("keys", keys.join("\n"));
    const { say, ask } = await setUp(scope, `crt ${site} tls-ticket-keys ${file}`);
    const session = scope.path("session");
    await ask("-tls1_2", "-sess_out", session);
    assert.match(await ask("-tls1_2", "-sess_in", session), /resumed=1/);
    assert.equal(await say("show tls-keys"), `# id (file)\n0 (${file})\n\n`);
    for (let i = 0; i < 3; i++) {
      assert.match(await say(`set ssl tls-key ${i === 0 ? "#0" : file} ${key()}`), /updated/);
    }
    assert.match(await ask("-tls1_2", "-sess_in", session), /resumed=0/);
    assert.match(await say(`set ssl tls-key ${file} AAAA`), /wrong size/);
    const shown = await say("show tls-keys *");
    assert.match(shown, /0\.2 [0-9a-f]{32}\n/);
    for (const each of keys) {
      const secret = Uint8Array.fromBase64(each).subarray(16);
      assert.ok(!shown.includes(secret.toBase64().slice(0, 20)) && !shown.includes(secret.toHex()));
    }
  },
);
