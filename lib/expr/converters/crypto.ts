/** AES (manual 7.3.1). Keys, nonces and tags are written in base64, or are variables that hold base64. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { bytesOfLatin1, latin1 } from "../../http1/bytes.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, ArgValue, Convert, ConverterRow } from "../rows.ts";
import { Typed } from "../sample.ts";
import type { Variable } from "../variables.ts";
import { keyReader } from "./digest.ts";

const SECTION = "7.3.1";
const TAG_BYTES = 16;

/** The runtime has no AES-192 in CBC mode. */
function bitsOf(mode: "gcm" | "cbc"): ArgSpec {
  const has = [128, 192, 256].filter((bits) => isThere(`aes-${bits}-${mode}`, bits / 8));
  return {
    name: "bits",
    type: "int",
    check: (bits) => has.includes(bits as number) ? undefined : has.join(", "),
  };
}

function isThere(cipher: string, keyBytes: number): boolean {
  try {
    createCipheriv(
      cipher,
      new Uint8Array(keyBytes),
      new Uint8Array(cipher.endsWith("gcm") ? 12 : 16),
    );
    return true;
  } catch {
    return false;
  }
}

const NONCE: ArgSpec = { name: "nonce", type: "key" };
const KEY: ArgSpec = { name: "key", type: "key" };
const AAD: ArgSpec = { name: "aad", type: "key", optional: true };

interface Input {
  readonly bytes: Uint8Array;
  readonly nonce: Uint8Array;
  readonly key: Uint8Array;
  readonly aad: Uint8Array | undefined;
}

/**
 * Reads what a cipher needs and runs it. A key or nonce of the wrong length, and what is not authentic, make the
 * cipher throw: no sample then.
 */
function withKeys(
  [bits, nonce, key]: readonly ArgValue[],
  aad: ArgValue,
  run: (input: Input, stream: StreamView) => Uint8Array | undefined,
): Convert {
  const nonceOf = keyReader(nonce as string | Variable);
  const keyOf = keyReader(key as string | Variable);
  const aadOf = aad === undefined ? undefined : keyReader(aad as string | Variable);
  return (value, stream) => {
    const keyText = keyOf(stream);
    const nonceText = nonceOf(stream);
    const aadText = aadOf?.(stream);
    if (keyText?.length !== (bits as number) / 8 || nonceText === undefined) return undefined;
    if (aadOf !== undefined && aadText === undefined) return undefined;
    try {
      const made = run({
        bytes: bytesOfLatin1(value as string),
        nonce: bytesOfLatin1(nonceText),
        key: bytesOfLatin1(keyText),
        aad: aadText === undefined ? undefined : bytesOfLatin1(aadText),
      }, stream);
      return made && latin1(made, 0, made.length);
    } catch {
      return undefined;
    }
  };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

export const CRYPTO_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "aes_gcm_dec",
    args: [bitsOf("gcm"), NONCE, KEY, { name: "aead_tag", type: "key" }, AAD],
    input: "bin",
    output: "bin",
    doc: "decrypted by AES-GCM; no sample when it is not authentic",
    section: SECTION,
    make: (args) => {
      const tagOf = keyReader(args[3] as string | Variable);
      return withKeys(args, args[4], ({ bytes, nonce, key, aad }, stream) => {
        const tag = tagOf(stream);
        if (tag?.length !== TAG_BYTES) return undefined;
        const cipher = createDecipheriv(`aes-${key.length * 8}-gcm` as "aes-128-gcm", key, nonce);
        cipher.setAuthTag(bytesOfLatin1(tag));
        if (aad !== undefined) cipher.setAAD(aad);
        return join(cipher.update(bytes), cipher.final());
      });
    },
  },
  {
    name: "aes_gcm_enc",
    args: [bitsOf("gcm"), NONCE, KEY, { name: "aead_tag", type: "variable" }, AAD],
    input: "bin",
    output: "bin",
    tooLong: "fail",
    doc: "encrypted by AES-GCM; the tag goes into a variable, in base64",
    section: SECTION,
    make: (args) =>
      withKeys(args, args[4], ({ bytes, nonce, key, aad }, stream) => {
        const cipher = createCipheriv(`aes-${key.length * 8}-gcm` as "aes-128-gcm", key, nonce);
        if (aad !== undefined) cipher.setAAD(aad);
        const out = join(cipher.update(bytes), cipher.final());
        const tag = cipher.getAuthTag();
        const text = btoa(latin1(tag, 0, tag.length));
        return (args[3] as Variable).set(stream, new Typed("str", text)) ? out : undefined;
      }),
  },
  {
    name: "aes_cbc_dec",
    args: [bitsOf("cbc"), NONCE, KEY],
    input: "bin",
    output: "bin",
    doc: "decrypted by AES-CBC; no sample when the padding is wrong",
    section: SECTION,
    make: (args) =>
      withKeys(args, undefined, ({ bytes, nonce, key }) => {
        const cipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, nonce);
        return join(cipher.update(bytes), cipher.final());
      }),
  },
  {
    name: "aes_cbc_enc",
    args: [bitsOf("cbc"), NONCE, KEY],
    input: "bin",
    output: "bin",
    tooLong: "fail",
    doc: "encrypted by AES-CBC",
    section: SECTION,
    make: (args) =>
      withKeys(args, undefined, ({ bytes, nonce, key }) => {
        const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, nonce);
        return join(cipher.update(bytes), cipher.final());
      }),
  },
];
