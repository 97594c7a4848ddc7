/** JWT converters beside the real HAProxy: a table of tokens, each verified with each key. */
import assert from "node:assert/strict";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { freePort, waitListening } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { connect } from "../support/tcp.ts";
import { commandUnderTest } from "../support/under_test.ts";

const SECRET = "a-secret-that-is-long-enough-for-every-hash-that-is-here-0123456789";
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"] as const;

const configuration = (web: string, keys: Readonly<Record<string, string>>) =>
  `defaults
    mode http
    timeout connect 1s
    timeout client 20s
    timeout server 20s
frontend fe
    bind ${web}
    http-request set-var(txn.token) http_auth_bearer
    http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
    http-request set-header X-Own %[var(txn.token),jwt_verify(txn.alg,"${SECRET}")]
${
    Object.entries(keys).map(([name, path]) =>
      `    http-request set-header X-${name} %[var(txn.token),jwt_verify(${name},"${path}")]
    http-request set-header X-By-${name} %[var(txn.token),jwt_verify(txn.alg,"${path}")]`
    ).join("\n")
  }
    http-request set-header X-HS256 %[var(txn.token),jwt_verify(HS256,"${SECRET}")]
    http-request set-header X-HS512 %[var(txn.token),jwt_verify(HS512,"${SECRET}")]
    http-request set-header X-Sub %[var(txn.token),jwt_payload_query('$.sub')]
    http-request set-header X-Exp %[var(txn.token),jwt_payload_query('$.exp','int')]
    http-request set-header X-Kid %[var(txn.token),jwt_header_query('$.kid')]
    http-request return status 200 content-type text/plain lf-string "${
    ["Own", ...Object.keys(keys).flatMap((name) => [name, `By-${name}`]), "HS256", "HS512", "Sub"]
      .concat("Exp", "Kid").map((name) => `${name}=%[req.hdr(X-${name})]`).join(" ")
  }"
`;

const b64 = (text: string) =>
  btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

scopedTest(
  "jwt_verify, jwt_header_query and jwt_payload_query say of each token what HAProxy's say",
  { programs: ["haproxy"] },
  async (scope) => {
    const keys: Record<string, string> = {};
    const tokens: Record<string, string> = {};
    const sign = (alg: string, key: CryptoKey | Uint8Array) =>
      new SignJWT({ sub: "ann", exp: 1_900_000_000, list: [1, 2] })
        .setProtectedHeader({ alg, kid: "k1", typ: "JWT" }).sign(key);
    for (const alg of ALGORITHMS) {
      const pair = await generateKeyPair(alg);
      keys[alg] = scope.write(`${alg}.pem`, await exportSPKI(pair.publicKey));
      tokens[alg] = await sign(alg, pair.privateKey);
      tokens[`${alg} of another key`] = await sign(alg, (await generateKeyPair(alg)).privateKey);
    }
    const secret = new TextEncoder().encode(SECRET);
    for (const alg of ["HS256", "HS384", "HS512"]) tokens[alg] = await sign(alg, secret);
    // The public key as if it were a secret.
    const confused = new TextEncoder().encode(Deno.readTextFileSync(keys.RS256));
    tokens["confused"] = await sign("HS256", confused);
    const [head, body, signature] = tokens.RS256.split(".");
    const [, , hmac] = tokens.HS256.split(".");
    const other = b64(JSON.stringify({ sub: "eve", exp: 1 }));
    Object.assign(tokens, {
      "other claims": `${head}.${other}.${signature}`,
      "no signature": `${head}.${body}.`,
      "two parts": `${head}.${body}`,
      "four parts": `${tokens.HS256}.x`,
      "none": `${b64('{"alg":"none"}')}.${body}.`,
      "none with a signature": `${b64('{"alg":"none"}')}.${body}.${hmac}`,
      "None": `${b64('{"alg":"None"}')}.${body}.`,
      "unknown algorithm": `${b64('{"alg":"XX1"}')}.${body}.${hmac}`,
      "no algorithm": `${b64("{}")}.${body}.${hmac}`,
      "not base64": `!!!.${body}.${hmac}`,
      "not JSON": `${b64("hello")}.${b64("world")}.${hmac}`,
      "padded": `${tokens.HS256}==`,
      "cut": tokens.HS256.slice(0, -3),
      "dots": "..",
      "words": "hello",
    });
    const sides = await Promise.all(
      ([["haproxy", ["haproxy"]], ["sluice", commandUnderTest([])]] as const).map(
        async ([name, command]) => {
          const web = `127.0.0.1:${freePort()}`;
          const file = scope.write(`${name}.cfg`, configuration(web, keys));
          await waitListening(start(scope, name, [...command, "-db", "-f", file]), [web]);
          const peer = await connect(scope, web);
          return async (token: string) => {
            await peer.write(`GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
            return (await peer.response()).body;
          };
        },
      ),
    );
    for (const [what, token] of Object.entries(tokens)) {
      const [theirs, ours] = await Promise.all(sides.map((ask) => ask(token)));
      assert.equal(ours, theirs, what);
    }
    const [, ask] = sides;
    for (const alg of ALGORITHMS) {
      assert.match(await ask(tokens[alg]), new RegExp(`By-${alg}=1 `), "the table has good tokens");
    }
  },
);
