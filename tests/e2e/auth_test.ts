/** `userlist`, `http_auth`, `http_auth_group`, `http-request auth` (manual 3.4, 4.2, 7.3.6). */
import assert from "node:assert/strict";
import { curl } from "../support/curl.ts";
import { scopedTest } from "../support/scope.ts";
import { reloadedProxy } from "../support/reloaded_proxy.ts";
import { freePort } from "../support/ports.ts";
import { underTest } from "../support/under_test.ts";
import { startSyslogSink } from "../support/syslog_sink.ts";

const startProxy = reloadedProxy();

/** All are `hello`. */
const USERS = `userlist L
    group G1 users sha512
    group G2
    user sha512 password $6$k6y3o.eP$FdSMFNnpu7lvEVPKcwD/08TzpGFXgISpUmWPokld.MuY4kJR9YMxDYvu6HhGZNBJPtSbgUmhKLN65rVKrMeiz.
    user sha256 password $5$abc$W6SISEcmf6GfVdGFK0lGBXz2NPDhGZ.FBBMOz418YA7 groups G1,G2
    user md5 password $1$abcdefgh$rwnEbRiN0agqVgZBovWNQ/ groups G2
    user bcrypt password $2b$05$abcdefghijklmnopqrstuuWHxnxkyNt6AHCwFMQaY6auyqJA8E98a
    user plain insecure-password hello groups G2
`;

const PAGE = 'HTTP/1.1 401 Mine\r\nWWW-Authenticate: Basic realm="old"\r\n' +
  "Content-Length: 2\r\n\r\nhi";

scopedTest(
  "only users of the list with the right password get in",
  { programs: ["curl"] },
  async (scope) => {
    const address = `127.0.0.1:${freePort()}`;
    const log = startSyslogSink(scope);
    const text = `${USERS}
defaults
    mode http
    log ${log.address} local0
    log-format "%ts %ST %HU end"
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend site
    bind ${address}
    acl group1 http_auth_group(L) G1
    errorfile 401 ${scope.write("401.http", PAGE)}
    http-request auth realm "The Site" if { path_beg /realm } !{ http_auth(L) }
    http-request auth unless { http_auth(L) }
    http-request return status 200 content-type text/plain lf-string "%[http_auth_user] in 1" if group1
    http-request return status 200 content-type text/plain lf-string "%[http_auth_group(L)] in 2" if { http_auth_group(L) G2 }
    http-request return status 200 content-type text/plain lf-string "%[http_auth_user] %[http_auth_pass] %[http_auth_type]"
`;
    await startProxy(scope, text, { listening: [address] });
    const ask = (user: string | undefined, path = "") =>
      curl(`http://${address}/${path}`, user === undefined ? [] : ["--user", user]);
    const asked = await ask(undefined);
    assert.deepEqual(
      [asked.status, asked.headers.get("www-authenticate"), asked.body],
      [401, 'Basic realm="site"', "hi"],
    );
    assert.equal(
      (await ask(undefined, "realm")).headers.get("www-authenticate"),
      'Basic realm="The Site"',
    );
    await log.find(/LR 401 \/ end/);
    const said: Record<string, string> = {};
    for (const user of ["sha512", "sha256", "md5", "bcrypt", "plain"]) {
      assert.equal((await ask(`${user}:Hello`)).status, 401, user);
      const answer = await ask(`${user}:hello`);
      assert.equal(answer.status, 200, user);
      said[user] = answer.body;
    }
    assert.deepEqual(said, {
      sha512: "sha512 in 1",
      sha256: "sha256 in 1",
      md5: "md5 in 2",
      bcrypt: "bcrypt hello Basic",
      plain: "plain in 2",
    });
    assert.equal((await ask("nobody:hello")).status, 401);
    assert.equal((await ask("plain:")).status, 401);
  },
);

if (underTest !== "haproxy") {
  scopedTest("a userlist of YAML is the same", { programs: ["curl"] }, async (scope) => {
    const address = `127.0.0.1:${freePort()}`;
    const text = `userlists:
  L:
    groups:
      admins: { users: [scott] }
    users:
      tiger: { password: "$1$abcdefgh$rwnEbRiN0agqVgZBovWNQ/", groups: [admins] }
      scott: { insecure-password: elgato }
      other: { insecure-password: elgato }
defaults:
  mode: http
  timeout: { connect: 2s, client: 10s, server: 10s }
frontends:
  site:
    bind: "${address}"
    http-request:
      - auth unless { http_auth_group(L) admins }
      - return status 204
`;
    await startProxy(scope, text, { form: "yaml", listening: [address] });
    const status = async (user: string) =>
      (await curl(`http://${address}/`, ["--user", user])).status;
    assert.deepEqual(
      await Promise.all(["tiger:hello", "scott:elgato", "other:elgato", "scott:hello"].map(status)),
      [204, 204, 401, 401],
    );
  });
}
