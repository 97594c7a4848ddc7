/** JSON Web Tokens in the compact form of three parts (RFC 7515, RFC 7519, manual 7.3.1). */
import {
  constants,
  createHmac,
  createPublicKey,
  type KeyObject,
  verify,
  X509Certificate,
} from "node:crypto";
import { bytesOfLatin1 } from "../../http1/bytes.ts";
import { fromBase64Url } from "../base64.ts";
import type { StreamView } from "../context.ts";
import { parseJsonPath } from "../json_path.ts";
import type { ArgSpec, ArgValue, ConverterRow, Lookup } from "../rows.ts";
import { Typed } from "../sample.ts";
import { type Variable, variableNamed } from "../variables.ts";
import { JSON_QUERY_ARGS, queryJson } from "./json.ts";
import { readAs } from "./variable.ts";

const SECTION = "7.3.1";

/** What `jwt_verify` answers besides 1 and 0. */
const UNKNOWN_ALGORITHM = -1;
const INVALID_TOKEN = -3;
const UNKNOWN_KEY = -5;

interface Algorithm {
  readonly family: "HS" | "RS" | "ES" | "PS" | "none";
  readonly hash: string;
}

/** RFC 7518 section 3.1. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ["none", { family: "none" as const, hash: "" }],
  ...(["HS", "RS", "ES", "PS"] as const).flatMap((family) =>
    ["256", "384", "512"].map((bits) =>
      [`${family}${bits}`, { family, hash: `sha${bits}` }] as const
    )
  ),
]);

/** The three parts of a token; undefined when there are not three. */
function partsOf(token: string): readonly string[] | undefined {
  const parts = token.split(".");
  return parts.length === 3 ? parts : undefined;
}

function queryRow(name: string, part: number, doc: string): ConverterRow {
  return {
    name,
    args: JSON_QUERY_ARGS.map((spec) => ({ ...spec, optional: true })),
    input: "bin",
    output: "any",
    doc,
    section: SECTION,
    make: ([path, type]) => {
      const steps = path === undefined ? undefined : parseJsonPath(path as string)!;
      return (value) => {
        // What is asked for must be there, whatever follows (as in HAProxy).
        const found = (value as string).split(".", part + 1)[part];
        const text = found === undefined ? undefined : fromBase64Url(found);
        if (text === undefined) return undefined;
        return steps === undefined
          ? new Typed("str", text)
          : queryJson(text, steps, type === "int");
      };
    },
  };
}

/** A public key in a file: PEM of a key, or of a certificate that holds it. */
function publicKey(pem: string): KeyObject | undefined {
  try {
    if (pem.includes("BEGIN CERTIFICATE")) return new X509Certificate(pem).publicKey;
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** True when the signature is one of `signed`; what cannot be checked is not. */
function isSigned(
  { family, hash }: Algorithm,
  key: KeyObject,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  const wanted = family === "ES" ? "ec" : "rsa";
  if (key.asymmetricKeyType !== wanted) return false;
  try {
    if (family === "ES") return verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature);
    const padding = family === "PS" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return verify(hash, signed, { key, padding, saltLength }, signature);
  } catch {
    return false;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= a[i] ^ b[i];
  return different === 0;
}

/** A text, or what a variable holds. */
function textReader(text: string): (stream: StreamView) => string | undefined {
  const variable: Variable | string = variableNamed(text);
  if (typeof variable === "string") return () => text;
  return readAs(variable, "str") as (stream: StreamView) => string | undefined;
}

/** The public keys of a configuration by file: one that a variable names must be named in some converter too. */
const keysOf = (lookup: Lookup): Map<string, KeyObject> =>
  lookup.shared?.once("jwt public keys", () => new Map()) ?? new Map();

/** True when the key may be the name of a file: it is not one of HMAC's secrets. */
const mayBeFile = (alg: ArgValue) => !/^(HS[0-9]+|none)$/.test(alg as string);

function verifier([alg, key]: readonly ArgValue[], lookup: Lookup) {
  const algorithmOf = textReader(alg as string);
  const keyOf = textReader(key as string);
  const keys = keysOf(lookup);
  const pem = mayBeFile(alg) ? lookup.readFile?.(key as string) : undefined;
  const loaded = pem === undefined ? undefined : publicKey(pem);
  if (loaded !== undefined) keys.set(key as string, loaded);
  return (token: string, stream: StreamView): number | undefined => {
    const name = algorithmOf(stream);
    const keyText = keyOf(stream);
    if (name === undefined || keyText === undefined) return undefined;
    const algorithm = ALGORITHMS.get(name);
    if (algorithm === undefined) return UNKNOWN_ALGORITHM;
    const parts = partsOf(token);
    const signature = parts && fromBase64Url(parts[2]);
    if (parts === undefined || signature === undefined) return INVALID_TOKEN;
    if (algorithm.family === "none") return signature === "" ? 1 : 0;
    if (signature === "") return INVALID_TOKEN;
    const signed = bytesOfLatin1(`${parts[0]}.${parts[1]}`);
    if (algorithm.family === "HS") {
      const mac = createHmac(algorithm.hash, bytesOfLatin1(keyText)).update(signed).digest();
      return sameBytes(mac, bytesOfLatin1(signature)) ? 1 : 0;
    }
    const object = keys.get(keyText);
    if (object === undefined) return UNKNOWN_KEY;
    return isSigned(algorithm, object, signed, bytesOfLatin1(signature)) ? 1 : 0;
  };
}

const ALG: ArgSpec = {
  name: "alg",
  type: "str",
  check: (v) =>
    ALGORITHMS.has(v as string) || typeof variableNamed(v as string) !== "string"
      ? undefined
      : `${[...ALGORITHMS.keys()].join(", ")}, or a variable`,
};

export const JWT_CONVERTERS: readonly ConverterRow[] = [
  queryRow("jwt_header_query", 0, "the header of a JSON Web Token, or the value at a path in it"),
  queryRow("jwt_payload_query", 1, "the payload of a JSON Web Token, or the value at a path in it"),
  {
    name: "jwt_verify",
    args: [ALG, { name: "key", type: "str" }],
    input: "bin",
    output: "sint",
    doc:
      "1 when a JSON Web Token is signed by a secret (HS…) or a public key's file, 0 when not, below 0 on errors",
    section: SECTION,
    check: ([alg, key], lookup) => {
      // Only a fixed algorithm tells that the key must be a file.
      if (!mayBeFile(alg) || !ALGORITHMS.has(alg as string)) return undefined;
      if (typeof variableNamed(key as string) !== "string") return undefined;
      const pem = lookup.readFile?.(key as string);
      if (pem === undefined) return `file '${key}' of 'jwt_verify' cannot be read`;
      return publicKey(pem) === undefined
        ? `file '${key}' of 'jwt_verify' holds no public key and no certificate`
        : undefined;
    },
    make: (args, lookup) => {
      const run = verifier(args, lookup);
      return (value, stream) => run(value as string, stream);
    },
  },
];
