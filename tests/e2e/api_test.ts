/** The REST API of a running process: reading, replacing and taking back its configuration. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { curl } from "../support/curl.ts";
import { freePort, waitListening } from "../support/ports.ts";
import { start } from "../support/process.ts";
import { scopedTest } from "../support/scope.ts";
import { ok, startHttpOrigin } from "../support/tcp.ts";
import { commandUnderTest, underTest } from "../support/under_test.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

scopedTest("the configuration is replaced when it is right, and taken back", {
  programs: ["curl"],
  unless: underTest === "haproxy" ? "HAProxy has no REST API" : undefined,
}, async (scope) => {
  const one = await startHttpOrigin(scope, () => ok("one"));
  const two = await startHttpOrigin(scope, () => ok("two"));
  const web = `127.0.0.1:${freePort()}`;
  const api = `127.0.0.1:${freePort()}`;
  const text = (server: string) =>
    `global
    api bind ${api}
    api secret-file ${scope.path("secret")}
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
listen web
    bind ${web}
    server s ${server}
`;
  scope.write("secret", SECRET);
  const file = scope.write("sluice.cfg", text(one.address));
  const running = start(scope, "sluice", commandUnderTest(["-f", file]));
  await waitListening(running, [web, api]);
  const token = await new SignJWT({ scope: "admin" }).setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h").sign(new TextEncoder().encode(SECRET));
  const ask = async (method: string, path: string, body?: string) => {
    const given = body === undefined ? [] : ["--data-binary", body];
    const bearer = `Authorization: Bearer ${token}`;
    const answer = await curl(`http://${api}/v1${path}`, [
      "-X",
      method,
      "-H",
      bearer,
      ...given,
    ]);
    return { status: answer.status, body: JSON.parse(answer.body) };
  };
  const served = async () => (await curl(`http://${web}/`)).body;
  assert.equal((await curl(`http://${api}/v1/config`)).status, 401);
  assert.equal((await ask("GET", "/config")).body.text, text(one.address));
  const wrong = await ask("PUT", "/config", text(one.address).replace("server", "sever"));
  assert.equal(wrong.status, 422);
  assert.match(wrong.body.error, /did you mean 'server'/);
  assert.equal(await served(), "one");
  assert.equal(Deno.readTextFileSync(file), text(one.address));
  const right = await ask("PUT", "/config", text(two.address));
  assert.equal(right.status, 200, JSON.stringify(right.body));
  assert.equal(await served(), "two");
  assert.equal(Deno.readTextFileSync(file), text(two.address));
  assert.equal((await ask("GET", "/config/versions")).body.length, 1);
  assert.equal((await ask("POST", "/config/rollback", "{}")).body.good, true);
  assert.equal(await served(), "one");
  assert.equal(Deno.readTextFileSync(file), text(one.address));
});
