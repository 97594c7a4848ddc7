/** The key of an account: signs every message to the authority (RFC 8555 6.2). */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, FlattenedSign, type JWK } from "jose";

const ALGORITHMS: Readonly<Record<string, string>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

export class AccountKey {
  readonly #key: KeyObject;
  readonly #algorithm: string;
  readonly #jwk: JWK;
  /** RFC 7638 */
  readonly thumbprint: Promise<string>;

  /** Throws when `pem` is no RSA or ECDSA key. */
  constructor(pem: string) {
    this.#key = createPrivateKey(pem);
    const curve = this.#key.asymmetricKeyDetails?.namedCurve ?? "";
    const algorithm = this.#key.asymmetricKeyType === "rsa" ? "RS256" : ALGORITHMS[curve];
    if (algorithm === undefined) throw new Error("it is neither an RSA nor an ECDSA key");
    this.#algorithm = algorithm;
    this.#jwk = createPublicKey(this.#key).export({ format: "jwk" }) as JWK;
    this.thumbprint = calculateJwkThumbprint(this.#jwk);
  }

  /** A message as JSON. `account`: its URL, undefined while there is none; `payload` undefined: POST-as-GET. */
  async sign(
    url: string,
    nonce: string,
    account: string | undefined,
    payload: unknown,
  ): Promise<string> {
    const text = payload === undefined ? "" : JSON.stringify(payload);
    const who = account === undefined ? { jwk: this.#jwk } : { kid: account };
    const signed = await new FlattenedSign(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: this.#algorithm, nonce, url, ...who })
      .sign(this.#key);
    return JSON.stringify(signed);
  }
}
