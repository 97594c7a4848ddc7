/**
 * Who may use the REST API: bearer tokens (RFC 6750) that are JSON Web Tokens (RFC 7519), verified by jose.
 *
 * Laws:
 * - Without a valid token nothing but the OpenAPI document is answered. A token must say when it ends (`exp`).
 * - The algorithm is what the key is for, never what the token says: HS256 with a secret, RS256 and ES256 with a key set.
 * - An address whose tokens are wrong too often is refused for a while, before anything is verified.
 */
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from "jose";
import type { ApiConfig } from "../../lib/config/model_api.ts";

export type Scope = "read" | "operate" | "admin";
export const SCOPES: readonly Scope[] = ["read", "operate", "admin"];

/** Bytes that a secret must have (RFC 7518 section 3.2). */
const SECRET_BYTES = 32;
/** s that clocks may differ */
const TOLERANCE = 5;

export type Verifier = (token: string) => Promise<Scope | undefined>;

/** Makes the verifier of a configuration. Throws with a sentence when its key cannot be used. */
export function makeVerifier(config: ApiConfig): Verifier {
  const { issuer, audience } = config;
  const common = { issuer, audience, requiredClaims: ["exp"], clockTolerance: TOLERANCE };
  let verify: (token: string) => ReturnType<typeof jwtVerify>;
  if (config.secretFile === undefined && config.jwks === undefined) {
    return () => Promise.resolve(undefined);
  } else if (config.secretFile !== undefined) {
    const secret = new TextEncoder().encode(Deno.readTextFileSync(config.secretFile).trim());
    if (secret.length < SECRET_BYTES) {
      throw new Error(`the secret in ${config.secretFile} has less than ${SECRET_BYTES} bytes`);
    }
    verify = (token) => jwtVerify(token, secret, { ...common, algorithms: ["HS256"] });
  } else {
    const keys = keySet(config.jwks!);
    verify = (token) => jwtVerify(token, keys, { ...common, algorithms: ["RS256", "ES256"] });
  }
  return async (token) => {
    try {
      const { payload } = await verify(token);
      return scopeOf(payload.scope ?? payload.scp ?? payload.scopes);
    } catch {
      return undefined;
    }
  };
}

function keySet(place: string): JWTVerifyGetKey {
  if (/^https?:\/\//.test(place)) return createRemoteJWKSet(new URL(place));
  return createLocalJWKSet(JSON.parse(Deno.readTextFileSync(place)));
}

/** The highest of the scopes of a token: a text with blanks (RFC 8693 section 4.2), or a list. */
export function scopeOf(claim: unknown): Scope | undefined {
  const given = Array.isArray(claim) ? claim : typeof claim === "string" ? claim.split(" ") : [];
  return SCOPES.findLast((scope) => given.includes(scope));
}

/** True when `have` is at least `need`. */
export function mayDo(have: Scope, need: Scope): boolean {
  return SCOPES.indexOf(have) >= SCOPES.indexOf(need);
}

/** Whose certificate it is: its parts as `CN`, `O` … */
export type Subject = Readonly<Record<string, string | string[] | undefined>>;

/**
 * What a client may do by its certificate, which an authority of `api client-ca` has vouched for: `name` is its common
 * name, or the whole subject as `O=Acme,CN=ops`. The highest of the lines that fit.
 */
export function scopeOfSubject({ clients = [] }: ApiConfig, subject: Subject): Scope | undefined {
  const whole = Object.entries(subject).flatMap(([key, value]) =>
    [value ?? []].flat().map((each) => `${key}=${each}`)
  ).join(",");
  const fitting = clients.filter(({ name }) => name === whole || name === subject.CN);
  return SCOPES.findLast((scope) => fitting.some((client) => client.scope === scope));
}

/** Wrong tokens of one address until it is refused, and for how long, ms. */
const FAILURES = 10;
const REFUSED_MS = 60_000;
/** Addresses that are remembered: the oldest goes first. */
const ADDRESSES = 10_000;

/** Counts wrong tokens by address. */
export class FailureLimit {
  readonly #now: () => number;
  readonly #failures = new Map<string, { count: number; since: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** ms until the address may try again; 0: it may. */
  wait(address: string): number {
    const found = this.#failures.get(address);
    if (found === undefined) return 0;
    const left = found.since + REFUSED_MS - this.#now();
    if (left <= 0) {
      this.#failures.delete(address);
      return 0;
    }
    return found.count >= FAILURES ? left : 0;
  }

  /** One more wrong token. */
  failed(address: string): void {
    const found = this.#failures.get(address);
    if (found !== undefined) found.count++;
    else {
      this.#failures.set(address, { count: 1, since: this.#now() });
      if (this.#failures.size > ADDRESSES) {
        this.#failures.delete(this.#failures.keys().next().value!);
      }
    }
  }
}
