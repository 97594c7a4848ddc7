/**
 * Every fetch of TLS, on a client's connection (TLS 1.2, with a certificate) and on one to a server (TLS 1.3). What is
 * expected is OpenSSL's own word: run with SLUICE_UNDER_TEST=haproxy it holds for the real one as well.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { TLS_FETCHES } from "../../lib/expr/fetches/tls.ts";
import { Authority, type Issued } from "../support/certificates.ts";
import { curl } from "../support/curl.ts";
import { freePort } from "../support/ports.ts";
import { mustRun } from "../support/process.ts";
import { type Scope, scopedTest } from "../support/scope.ts";
import { startProxy } from "../support/sluice.ts";
import { underTest } from "../support/under_test.ts";

const CIPHER = "ECDHE-ECDSA-AES128-GCM-SHA256";
const HEX32 = /^[0-9A-F]{64}$/;

/** What is expected of a fetch; a text is the whole value. */
type Expected = string | RegExp;

/** What OpenSSL says of a certificate, in the form of the fetches. */
async function certificate(scope: Scope, prefix: string, issued: Issued) {
  const file = scope.write(`${prefix}one.pem`, issued.certificate);
  const said = await mustRun([
    ..."openssl x509 -noout -serial -startdate -enddate -subject -issuer".split(" "),
    ...`-nameopt compat -in ${file}`.split(" "),
  ]);
  const line = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(said)![1].trim();
  const date = (name: string) => new Date(line(name)).toISOString().replace(/^20|[-:T]|\.000/g, "");
  const der = Uint8Array.fromBase64(issued.certificate.replace(/-----.*-----|\s/g, ""));
  return {
    der: der.toHex().toUpperCase(),
    s_dn: line("subject"),
    i_dn: line("issuer"),
    serial: line("serial"),
    notbefore: date("notBefore"),
    notafter: date("notAfter"),
    sha1: createHash("sha1").update(der).digest("hex").toUpperCase(),
    key_alg: "id-ecPublicKey",
    sig_alg: "ecdsa-with-SHA256",
    version: "3",
  };
}

const CONNECTION: Readonly<Record<string, Expected>> = {
  client_random: HEX32,
  server_random: HEX32,
  session_id: /^([0-9A-F]{64})?$/,
  session_key: /^[0-9A-F]{64,96}$/,
  unique_id: /^[0-9A-F]{24,128}$/,
  is_resumed: "0",
  err: "0",
  err_str: "",
};

const FIXED: Readonly<Record<string, Expected>> = {
  ...Object.fromEntries(
    Object.entries(CONNECTION).flatMap(([name, value]) => [
      [`ssl_fc_${name}`, value],
      [`ssl_bc_${name}`, value],
    ]),
  ),
  ssl_fc_alg_keysize: "128",
  ssl_fc_use_keysize: "128",
  ssl_bc_alg_keysize: /^(128|256)$/,
  ssl_bc_use_keysize: /^(128|256)$/,
  // One cipher, and what says that renegotiation is safe (RFC 5746).
  ssl_fc_cipherlist_bin: /C02B/,
  ssl_fc_cipherlist_hex: /C02B/i,
  ssl_fc_cipherlist_str: new RegExp(CIPHER),
  ssl_fc_cipherlist_xxh: /^-?[0-9]{10,}$/,
  ssl_fc_eclist_bin: /0017/,
  ssl_fc_ecformats_bin: /^(00|000102)$/,
  // server_name, supported_groups and signature_algorithms are among them.
  ssl_fc_extlist_bin: /0000.*000A.*000D/,
  ssl_fc_protocol_hello_id: "771",
  ssl_fc_has_sni: "1",
  ssl_fc_has_early: "0",
  ssl_fc_has_crt: "1",
  ssl_bc: "1",
  ssl_bc_alpn: "http/1.1",
  ssl_bc_cipher: /^TLS_/,
  ssl_bc_protocol: "TLSv1.3",
  ssl_c_used: "1",
  ssl_c_verify: "0",
  ssl_c_err: "0",
  ssl_c_ca_err: "0",
  ssl_c_ca_err_depth: "0",
};

/** In lib/expr/fetches/client.ts, with those that are not of TLS. */
const OTHERS: Readonly<Record<string, Expected>> = {
  ssl_fc: "1",
  ssl_fc_sni: "front.example",
  ssl_fc_alpn: "http/1.1",
  ssl_fc_cipher: CIPHER,
  ssl_fc_protocol: "TLSv1.2",
};

const BINARY = /_(bin|der|sha1|serial|random|session_id|unique_id|session_key)$/;

scopedTest(
  "every fetch of TLS gives what OpenSSL says",
  { programs: ["openssl", "curl"] },
  async (scope) => {
    const root = Authority.make("Root");
    const middle = Authority.make("Middle", root);
    const front = root.issue({ names: ["front.example"], subject: "/O=Tests/OU=a,b/CN=front" });
    const server = root.issue({ names: ["back.example"], subject: "/C=DE/CN=back" });
    const client = middle.issue({ subject: "/O=Clients/O=More/CN=client" });
    const pem = scope.write("front.pem", front.pem);
    const back = scope.write("back.pem", server.pem);
    const ca = scope.write("ca.pem", root.certificate);
    const clientPem = scope.write("client.pem", client.pem);
    const expected: Record<string, Expected> = { ...FIXED, ...OTHERS };
    const holders = [["ssl_f_", front], ["ssl_c_", client], ["ssl_s_", server]] as const;
    for (const [prefix, issued] of holders) {
      for (const [name, value] of Object.entries(await certificate(scope, prefix, issued))) {
        expected[prefix + name] = value;
      }
    }
    // What came behind the client's own certificate; of the server's all.
    expected.ssl_c_chain_der = (await certificate(scope, "m", middle.issued)).der;
    expected.ssl_s_chain_der = expected.ssl_s_der;
    // HAProxy 2.6 does not have it.
    const newer = "ssl_fc_sigalgs_bin";
    if (underTest !== "haproxy") expected[newer] = /^([0-9A-F]{4})*0403/;
    const names = Object.keys(expected);
    const missing = TLS_FETCHES.map(({ name }) => name)
      .filter((name) => !names.includes(name) && name !== newer);
    assert.deepEqual(missing, [], "fetches without an expectation");

    const expressions = names.map((name) => BINARY.test(name) ? `${name},hex` : name);
    const more: Record<string, Expected> = {
      "ssl_c_s_dn(O)": "Clients",
      "ssl_c_s_dn(O,2)": "More",
      "ssl_c_s_dn(O,-1)": "More",
      "ssl_c_s_dn(,0,rfc2253)": "CN=client,O=More,O=Clients",
      "ssl_f_s_dn(,0,rfc2253)": "CN=front,OU=a\\,b,O=Tests",
      "ssl_c_i_dn(CN)": "Middle",
      "ssl_s_s_dn(C)": "DE",
    };
    const all = [...expressions, ...Object.keys(more)];
    const [port, inner] = [freePort(), freePort()];
    await startProxy(
      scope,
      `global
    tune.ssl.capture-buffer-size 2000
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind 127.0.0.1:${port} ssl crt ${pem} alpn http/1.1 verify required ca-file ${ca}
${
        all.map((expression, i) =>
          `    http-response set-header V${i} "%[${expression.replace(/[\\,]/g, (c) => c)}]"`
        ).join("\n")
      }
    default_backend be
backend be
    server s1 127.0.0.1:${inner} ssl verify required ca-file ${ca} alpn http/1.1 sni str(back.example)
frontend inner
    bind 127.0.0.1:${inner} ssl crt ${back} alpn http/1.1
    http-request return status 200
`,
      { listening: [`127.0.0.1:${port}`, `127.0.0.1:${inner}`] },
    );
    const answer = await curl(`https://front.example:${port}/`, [
      ...`--resolve front.example:${port}:127.0.0.1 --cacert ${ca} --cert ${clientPem}`.split(" "),
      ...`--tls-max 1.2 --ciphers ${CIPHER} --http1.1`.split(" "),
    ]);
    assert.equal(answer.status, 200);
    const wrong = all.flatMap((expression, i) => {
      const value = answer.headers.get(`v${i}`) ?? "";
      const wanted = i < names.length ? expected[names[i]] : more[expression];
      const good = typeof wanted === "string" ? value === wanted : wanted.test(value);
      return good ? [] : [`${expression}: ${value} is not ${wanted}`];
    });
    assert.deepEqual(wrong, []);
  },
);
