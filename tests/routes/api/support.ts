/** A client of the REST API of a proxy in memory, and its tokens. */
import { SignJWT } from "jose";
import { apiApp } from "../../../routes/api/app.ts";
import { makeVerifier, type Verifier } from "../../../routes/api/auth.ts";
import type { Rig } from "../../support/proxy_rig.ts";
import { withScope } from "../../support/scope.ts";

export const span = { file: "f", line: 1, column: 1, length: 1 };
export const SECRET = "0123456789abcdef0123456789abcdef";

export function token(
  claims: Record<string, unknown>,
  expires = "1h",
  secret = SECRET,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).setIssuer("me")
    .setAudience("sluice").setExpirationTime(expires).sign(new TextEncoder().encode(secret));
}

function hs256(): Promise<Verifier> {
  return withScope((scope) => {
    const secretFile = scope.write("secret", `${SECRET}\n`);
    return Promise.resolve(makeVerifier({ secretFile, issuer: "me", audience: "sluice", span }));
  });
}

export async function client(rig: Rig) {
  const verifier = await hs256();
  const app = apiApp(rig.process, () => verifier);
  return async (
    method: string,
    path: string,
    given?: string,
    body?: unknown,
    remote = "127.0.0.1",
  ) => {
    const answer = await app.fetch(
      new Request(`http://api/v1${path}`, {
        method,
        headers: given === undefined ? {} : { authorization: `Bearer ${given}` },
        body: body === undefined
          ? undefined
          : typeof body === "string"
          ? body
          : JSON.stringify(body),
      }),
      { remote },
    );
    return { status: answer.status, body: await answer.json(), headers: answer.headers };
  };
}
