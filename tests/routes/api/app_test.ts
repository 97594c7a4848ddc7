/** The REST API on a proxy in memory: rights, answers against the OpenAPI document, changes. */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { makeVerifier, scopeOf } from "../../../routes/api/auth.ts";
import { openapi } from "../../../routes/api/openapi.ts";
import { apiRoutes } from "../../../routes/api/routes.ts";
import { schemas } from "../../../routes/api/schemas.ts";
import { rigTest } from "../../support/proxy_rig.ts";
import { withScope } from "../../support/scope.ts";
import { client, SECRET, span, token } from "./support.ts";

rigTest(
  "nobody is served without a valid token, and scopes decide what is permitted",
  {},
  async (rig) => {
    const ask = await client(rig);
    assert.equal((await ask("GET", "/info")).status, 401);
    assert.equal((await ask("GET", "/info")).headers.get("www-authenticate"), "Bearer");
    const wrong = [
      await token({ scope: "admin" }, "1h", `${SECRET}x`),
      await token({ scope: "admin" }, "-1m"),
      await token({ scope: "other" }),
      await token({}),
      `${btoa('{"alg":"none"}').replace(/=+$/, "")}.${
        btoa('{"scope":"admin"}').replace(/=+$/, "")
      }.`,
      await new SignJWT({ scope: "admin" }).setProtectedHeader({ alg: "HS256" }).setIssuer("me")
        .setAudience("sluice").sign(new TextEncoder().encode(SECRET)),
      await new SignJWT({ scope: "admin" }).setProtectedHeader({ alg: "HS256" }).setIssuer("you")
        .setAudience("sluice").setExpirationTime("1h").sign(new TextEncoder().encode(SECRET)),
    ];
    for (const each of wrong) assert.equal((await ask("GET", "/info", each)).status, 401, each);
    const read = await token({ scope: "read" });
    assert.equal((await ask("GET", "/info", read)).status, 200);
    assert.equal((await ask("PATCH", "/servers/be/s1", read, { weight: 3 })).status, 403);
    assert.equal((await ask("GET", "/config", await token({ scope: "operate" }))).status, 403);
  },
);

rigTest("an address that guesses is refused for a while, others are not", {}, async (rig) => {
  const ask = await client(rig);
  const good = await token({ scope: "read" });
  for (let n = 0; n < 10; n++) await ask("GET", "/info", "wrong", undefined, "10.0.0.1");
  const refused = await ask("GET", "/info", good, undefined, "10.0.0.1");
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get("retry-after") ?? "", /^\d+$/);
  assert.equal((await ask("GET", "/info", good, undefined, "10.0.0.2")).status, 200);
  await rig.pass(61_000);
  assert.equal((await ask("GET", "/info", good, undefined, "10.0.0.1")).status, 200);
});

rigTest("what is answered is what the document says", {}, async (rig) => {
  const ask = await client(rig);
  const admin = await token({ scope: "read operate admin" });
  const ajv = new Ajv2020({ strict: false });
  await ask("PATCH", "/servers/be/s1", admin, { state: "maint" });
  const bodies: Record<string, unknown> = {
    ServerChange: { weight: 1 },
    Command: { command: "show version" },
  };
  let seen = 0;
  for (const { method, path, gives, takes } of apiRoutes) {
    // What needs maps, tables, certificates: resources_test.ts and mutual_tls_test.ts.
    if (
      gives === undefined || /^\/(config|maps\/|acls\/|tables\/|sessions\/|certificates)/.test(path)
    ) {
      continue;
    }
    const at = path.replace(":backend", "be").replace(":server", "s1");
    const body = takes === undefined ? undefined : bodies[takes];
    const answer = await ask(method.toUpperCase(), at, admin, body);
    assert.equal(answer.status, 200, `${method} ${at}`);
    const validate = ajv.compile(schemas[gives]);
    assert.ok(validate(answer.body), `${method} ${at}: ${ajv.errorsText(validate.errors)}`);
    seen++;
  }
  assert.ok(seen >= 7);
  const served = await ask("GET", "/openapi.json");
  assert.deepEqual(served.body, JSON.parse(JSON.stringify(openapi)));
  assert.equal(Object.keys(openapi.paths).length, new Set(apiRoutes.map(({ path }) => path)).size);
});

rigTest("servers are changed, and what is wrong is told", {}, async (rig) => {
  const ask = await client(rig);
  const operate = await token({ scope: "operate" });
  const server = () => rig.process.generation.backends.get("be")!.pool.server("s1")!;
  const changed = await ask("PATCH", "/servers/be/s1", operate, { weight: 9, maxconn: 4 });
  assert.equal(changed.body.weight, 9);
  assert.equal(server().maxconn, 4);
  await ask("PATCH", "/servers/be/s1", operate, { state: "drain" });
  assert.equal(server().usable, false);
  assert.equal((await ask("PATCH", "/servers/be/no", operate, {})).status, 404);
  for (const body of [{ weight: 300 }, { state: "odd" }, { other: 1 }, "no json"]) {
    assert.equal((await ask("PATCH", "/servers/be/s1", operate, body)).status, 400);
  }
  assert.equal((await ask("GET", "/nothing", operate)).status, 404);
});

rigTest(
  "commands are those of the runtime socket, with the level of the scope",
  {},
  async (rig) => {
    const ask = await client(rig);
    const run = async (scope: string, command: string) =>
      (await ask("POST", "/commands", await token({ scope }), { command })).body.answer;
    assert.match(await run("read", "show stat"), /^# pxname,/);
    assert.equal(await run("read", "set weight be/s1 5"), "Permission denied\n");
    assert.equal(await run("admin", "set weight be/s1 5;get weight be/s1"), "5 (initial 1)\n");
  },
);

Deno.test("keys of a set verify RS256 and ES256, and no other algorithm", async () => {
  await withScope(async (scope) => {
    for (const alg of ["RS256", "ES256"]) {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const jwk = { ...await exportJWK(publicKey), alg, kid: "k" };
      const jwks = scope.write(`${alg}.json`, JSON.stringify({ keys: [jwk] }));
      const verify = makeVerifier({ jwks, span });
      const sign = () => new SignJWT({ scope: "operate" }).setExpirationTime("1h");
      const good = await sign().setProtectedHeader({ alg, kid: "k" }).sign(privateKey);
      assert.equal(await verify(good), "operate");
      // The public key as a secret: the oldest trick.
      const secret = new TextEncoder().encode(JSON.stringify(jwk));
      const forged = await sign().setProtectedHeader({ alg: "HS256", kid: "k" }).sign(secret);
      assert.equal(await verify(forged), undefined);
    }
    const secretFile = scope.write("short", "short");
    assert.throws(() => makeVerifier({ secretFile, span }), /less than 32 bytes/);
  });
});

Deno.test("the highest scope counts", () => {
  assert.equal(scopeOf("openid read operate"), "operate");
  assert.equal(scopeOf(["admin"]), "admin");
  assert.equal(scopeOf(undefined), undefined);
});
