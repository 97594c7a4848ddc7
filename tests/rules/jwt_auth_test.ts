/** `http-request jwt-auth`: each token that must not get in, and what its client is told. */
import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { compileRules } from "../../lib/rules/rule_set.ts";
import type { Verdict } from "../../lib/rules/types.ts";
import { compileExpression } from "../../lib/expr/compile.ts";
import { Typed } from "../../lib/expr/sample.ts";
import { context, request, stream, told, wordsAt } from "../expr/support.ts";

const NOW = Math.floor(stream().process.wall() / 1000);
const GOOD: JWTPayload = {
  iss: "https://issuer.example",
  aud: "api",
  sub: "ann",
  exp: NOW + 60,
  scope: "read write",
  roles: ["admin", "user"],
  level: 7,
  beta: true,
};

const rsa = await generateKeyPair("RS256", { extractable: true });
const ec = await generateKeyPair("ES256", { extractable: true });
const stranger = await generateKeyPair("RS256", { extractable: true });
const publicRsa = { ...await exportJWK(rsa.publicKey), kid: "r1", alg: "RS256", use: "sig" };
const JWKS = JSON.stringify({
  keys: [publicRsa, { ...await exportJWK(ec.publicKey), kid: "e1", alg: "ES256" }],
});

const b64 = (value: unknown) =>
  btoa(JSON.stringify(value)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const sign = (claims: JWTPayload, key: CryptoKey = rsa.privateKey, alg = "RS256", kid = "r1") =>
  new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(key);

const RULE = "jwt-auth keys.json iss https://issuer.example aud api";

async function run(rule: string, ...fields: string[]) {
  const ctx = context({ readFile: (path) => path === "keys.json" ? JWKS : undefined });
  const set = compileRules("http-request", [wordsAt(rule)], ctx);
  assert.deepEqual(told(ctx), []);
  const made = stream({ request: request(["GET / HTTP/1.1", "Host: h", ...fields]) });
  const verdict: Verdict | undefined = await set!.run(made);
  const read = (name: string) => {
    const value = compileExpression(wordsAt(`var(${name})`).words[0], ctx)!.eval(made);
    return value instanceof Typed ? value.value : value;
  };
  const reply = verdict?.type === "deny" ? verdict.reply : undefined;
  return {
    status: reply?.status ?? (verdict?.type === "page" ? verdict.status : undefined),
    challenge: reply?.headers.find(([name]) => name === "WWW-Authenticate")?.[1],
    read,
  };
}

const bearer = (token: string) => `Authorization: Bearer ${token}`;

Deno.test("jwt-auth lets a good token in, and its claims are variables", async () => {
  for (const token of [await sign(GOOD), await sign(GOOD, ec.privateKey, "ES256", "e1")]) {
    const { status, read } = await run(RULE, bearer(token));
    assert.equal(status, undefined);
    assert.equal(read("txn.jwt.sub"), "ann");
    assert.equal(read("txn.jwt.level"), 7);
    assert.equal(read("txn.jwt.beta"), true);
    assert.equal(read("txn.jwt.roles"), "admin,user");
  }
});

/** Why, the token or its fields, and what is said of it. */
const REFUSED:
  readonly (readonly [why: string, token: () => string | Promise<string>, said: RegExp])[] = [
    ["the algorithm none", () => `${b64({ alg: "none" })}.${b64(GOOD)}.`, /invalid_token/],
    [
      "key confusion: a public key as a secret",
      async () => {
        const secret = new TextEncoder().encode(JSON.stringify(publicRsa));
        return await new SignJWT(GOOD).setProtectedHeader({ alg: "HS256", kid: "r1" }).sign(secret);
      },
      /the algorithm is not accepted/,
    ],
    ["a token that has expired", () => sign({ ...GOOD, exp: NOW - 1 }), /has expired/],
    ["a token without exp", () => sign({ ...GOOD, exp: undefined }), /claim exp/],
    ["a token that is not valid yet", () => sign({ ...GOOD, nbf: NOW + 60 }), /claim nbf/],
    ["another issuer", () => sign({ ...GOOD, iss: "https://evil.example" }), /claim iss/],
    ["another audience", () => sign({ ...GOOD, aud: "other" }), /claim aud/],
    ["another key", () => sign(GOOD, stranger.privateKey), /the signature is wrong/],
    ["a key that nobody knows", () => sign(GOOD, rsa.privateKey, "RS256", "r9"), /no key fits/],
    [
      "a changed payload",
      async () => {
        const [head, , signature] = (await sign(GOOD)).split(".");
        return `${head}.${b64({ ...GOOD, sub: "root" })}.${signature}`;
      },
      /the signature is wrong/,
    ],
    ["nonsense", () => "abc", /not a token that can be read/],
    ["three parts of nonsense", () => "a.b.c", /not a token that can be read/],
    ["a token that is too long", () => "a".repeat(9000), /too long/],
    [
      "a header that wants something critical",
      () => `${b64({ alg: "RS256", kid: "r1", crit: ["x"], x: 1 })}.${b64(GOOD)}.AA`,
      /invalid_token/,
    ],
  ];

for (const [why, token, said] of REFUSED) {
  Deno.test(`jwt-auth refuses ${why}`, async () => {
    const { status, challenge } = await run(RULE, bearer(await token()));
    assert.equal(status, 401);
    assert.match(challenge!, /^Bearer realm="api", error="invalid_token"/);
    assert.match(challenge!, said);
  });
}

Deno.test("jwt-auth asks for a token where there is none, without an error (RFC 6750 section 3.1)", async () => {
  for (const fields of [[], ["Authorization: Basic eDp5"], ["Authorization: Bearer"]]) {
    const { status, challenge } = await run(`${RULE} realm shop`, ...fields);
    assert.equal(status, 401);
    assert.equal(challenge, 'Bearer realm="shop"');
  }
  const two = await run(RULE, bearer(await sign(GOOD)), bearer("x"));
  assert.match(two.challenge!, /error="invalid_request"/);
});

Deno.test("jwt-auth answers 403 when a scope is missing (RFC 6750 section 3.1)", async () => {
  const token = bearer(await sign(GOOD));
  assert.equal((await run(`${RULE} scope read`, token)).status, undefined);
  const { status, challenge } = await run(`${RULE} scope read scope delete`, token);
  assert.equal(status, 403);
  assert.match(challenge!, /error="insufficient_scope", scope="read delete"/);
});

Deno.test("jwt-auth: leeway lets clocks differ, alg narrows the algorithms", async () => {
  const late = bearer(await sign({ ...GOOD, exp: NOW - 5 }));
  assert.equal((await run(`${RULE} leeway 10`, late)).status, undefined);
  const good = bearer(await sign(GOOD));
  assert.equal((await run(`${RULE} alg ES256`, good)).status, 401);
});

Deno.test("jwt-auth with an address: keys are fetched once, and nobody gets in without", async () => {
  const keys = { keys: [publicRsa] };
  let fetched = 0;
  let broken = false;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    fetched++;
    return broken ? new Response("no", { status: 500 }) : Response.json(keys);
  });
  try {
    const rule = `jwt-auth http://127.0.0.1:${server.addr.port}/jwks iss https://issuer.example`;
    const ctx = context();
    const set = compileRules("http-request", [wordsAt(rule)], ctx)!;
    const ask = async (token: string) => {
      const made = stream({ request: request(["GET / HTTP/1.1", bearer(token)]) });
      const verdict = await set.run(made);
      return verdict === undefined ? 200 : "status" in verdict ? verdict.status : 0;
    };
    for (let i = 0; i < 3; i++) assert.equal(await ask(await sign({ ...GOOD, jti: `${i}` })), 200);
    assert.equal(fetched, 1);
    broken = true;
    const fresh = compileRules("http-request", [wordsAt(rule)], ctx)!;
    const verdict = await fresh.run(
      stream({ request: request(["GET / HTTP/1.1", bearer(await sign(GOOD))]) }),
    );
    assert.deepEqual(verdict, { type: "page", status: 503 });
  } finally {
    await server.shutdown();
  }
});

Deno.test("jwt-auth with an address: keys are rotated, the new ones taken, the old ones forgotten", async () => {
  const next = await generateKeyPair("RS256", { extractable: true });
  const nextJwk = { ...await exportJWK(next.publicKey), kid: "r2", alg: "RS256", use: "sig" };
  let keys: unknown[] = [publicRsa];
  let fetched = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    fetched++;
    return Response.json({ keys });
  });
  // The library that keeps the keys reads this clock.
  const { now } = Date;
  let ahead = 0;
  Date.now = () => now() + ahead;
  try {
    const rule = `jwt-auth http://127.0.0.1:${server.addr.port}/jwks iss https://issuer.example`;
    const set = compileRules("http-request", [wordsAt(rule)], context())!;
    let serial = 0;
    const ask = async (key: CryptoKey, kid: string) => {
      const token = await sign({ ...GOOD, jti: `rotated ${serial++}` }, key, "RS256", kid);
      const made = stream({ request: request(["GET / HTTP/1.1", "Host: h", bearer(token)]) });
      const verdict = await set.run(made);
      if (verdict === undefined) return 200;
      return verdict.type === "deny" ? verdict.reply!.status : -1;
    };
    assert.equal(await ask(rsa.privateKey, "r1"), 200);
    assert.equal(fetched, 1);
    // Both are valid for a while: the new one is asked for when its name comes, and no more often than each 30 s.
    keys = [publicRsa, nextJwk];
    assert.equal(await ask(next.privateKey, "r2"), 401);
    assert.equal(fetched, 1);
    ahead = 31_000;
    assert.equal(await ask(next.privateKey, "r2"), 200);
    assert.equal(await ask(rsa.privateKey, "r1"), 200);
    assert.equal(fetched, 2);
    // Names that are made up do not make it fetch again and again.
    for (let i = 0; i < 5; i++) assert.equal(await ask(stranger.privateKey, `made-up-${i}`), 401);
    assert.equal(fetched, 2);
    // The old key is withdrawn: after ten minutes it is not taken any more.
    keys = [nextJwk];
    ahead = 31_000 + 601_000;
    assert.equal(await ask(next.privateKey, "r2"), 200);
    assert.equal(await ask(rsa.privateKey, "r1"), 401);
  } finally {
    Date.now = now;
    await server.shutdown();
  }
});

Deno.test("jwt-auth: mistakes are told", () => {
  const mistakes: readonly [rule: string, sentence: RegExp][] = [
    ["jwt-auth", /needs a JWKS/],
    ["jwt-auth nothing.json", /'nothing.json' cannot be read/],
    ["jwt-auth bad.json", /'bad.json' is no JWKS/],
    ["jwt-auth http://keys.example/jwks", /keys must come over https/],
    ["jwt-auth keys.json alg none", /'none' is no algorithm/],
    ["jwt-auth keys.json isss x", /unknown setting 'isss'[^]*iss/],
    ["jwt-auth keys.json leeway long", /no number of seconds/],
  ];
  for (const [rule, sentence] of mistakes) {
    const ctx = context({
      readFile: (path) => path === "keys.json" ? JWKS : path === "bad.json" ? "{}" : undefined,
    });
    assert.equal(compileRules("http-request", [wordsAt(rule)], ctx), undefined, rule);
    assert.match(told(ctx).join("\n"), sentence, rule);
  }
});
