/**
 * Verification of bearer tokens for `http-request jwt-auth`, by jose (RFC 7519, RFC 6750).
 *
 * Laws:
 * - Only the algorithms that the rule names are taken: by default those with public keys, so that a public key is
 *   never used as a secret, and `none` is no algorithm.
 * - When the keys cannot be had, nobody is let in.
 */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from "jose";

/** Those with a public key. */
export const PUBLIC_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;
/** Those with a secret that both sides have. */
export const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"] as const;

/** Longest token that is looked at, in characters. */
const MAX_TOKEN = 8192;
/** Tokens whose verification is remembered, and for how long (ms). */
const MAX_KNOWN = 1000;
const KNOWN_FOR = 30_000;

export interface JwtSettings {
  readonly keys: JWTVerifyGetKey;
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  /** s that clocks may differ */
  readonly leeway: number;
  /** members of `scope` that must be there */
  readonly scopes: readonly string[];
}

/** Why a request is refused: RFC 6750 section 3.1. */
export interface Refused {
  readonly status: 401 | 403 | 503;
  /** undefined: there was no token */
  readonly error?: "invalid_token" | "insufficient_scope" | "invalid_request";
  readonly description?: string;
}

export type Verified = { readonly claims: JWTPayload } | Refused;

/** A JWKS that was read from a file. Throws an Error that says what is wrong with it. */
export function keysOfText(text: string): JWTVerifyGetKey {
  const set: unknown = JSON.parse(text);
  return createLocalJWKSet(set as JSONWebKeySet);
}

/** A JWKS at an address: fetched when it is first needed, again when a key is not in it or it is 10 minutes old. */
export function keysAt(url: URL): JWTVerifyGetKey {
  return createRemoteJWKSet(url, {
    timeoutDuration: 5000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  });
}

/** The token of an Authorization field; undefined: it is none of this kind. */
export function bearerToken(field: string | undefined): string | undefined {
  const match = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(field ?? "");
  return match?.[1];
}

export class JwtVerifier {
  readonly #settings: JwtSettings;
  readonly #known = new Map<string, { readonly claims: JWTPayload; readonly until: number }>();

  constructor(settings: JwtSettings) {
    this.#settings = settings;
  }

  /** Judges a token at `wall` ms. Never rejects. */
  verify(token: string | undefined, wall: number): Verified | Promise<Verified> {
    if (token === undefined) return { status: 401 };
    if (token.length > MAX_TOKEN) return invalid("the token is too long");
    const known = this.#known.get(token);
    if (known !== undefined && wall < known.until) return this.#judge(known.claims);
    return this.#verify(token, wall);
  }

  async #verify(token: string, wall: number): Promise<Verified> {
    const { keys, issuers, audiences, algorithms, leeway } = this.#settings;
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: [...algorithms],
        clockTolerance: leeway,
        currentDate: new Date(wall),
        requiredClaims: ["exp"],
        ...(issuers.length > 0 ? { issuer: [...issuers] } : {}),
        ...(audiences.length > 0 ? { audience: [...audiences] } : {}),
      });
      this.#remember(token, payload, wall);
      return this.#judge(payload);
    } catch (error) {
      return reasonOf(error);
    }
  }

  #judge(claims: JWTPayload): Verified {
    const { scopes } = this.#settings;
    if (scopes.length === 0) return { claims };
    const has = typeof claims.scope === "string" ? claims.scope.split(" ") : [];
    return scopes.every((scope) => has.includes(scope))
      ? { claims }
      : { status: 403, error: "insufficient_scope" };
  }

  #remember(token: string, claims: JWTPayload, wall: number): void {
    if (this.#known.size >= MAX_KNOWN) {
      this.#known.delete(this.#known.keys().next().value!);
    }
    this.#known.set(token, { claims, until: Math.min(wall + KNOWN_FOR, claims.exp! * 1000) });
  }
}

const invalid = (description: string): Refused => ({
  status: 401,
  error: "invalid_token",
  description,
});

/** What a client is told; what failed inside is not its business. */
function reasonOf(error: unknown): Refused {
  if (error instanceof errors.JWTExpired) return invalid("the token has expired");
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalid(`the claim ${error.claim} is missing or not the right one`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return invalid("the algorithm is not accepted");
  if (
    error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys
  ) {
    return invalid("no key fits the token");
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return invalid("the signature is wrong");
  }
  if (
    error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSENotSupported
  ) return invalid("this is not a token that can be read");
  // The keys cannot be fetched, or are none.
  return { status: 503 };
}
