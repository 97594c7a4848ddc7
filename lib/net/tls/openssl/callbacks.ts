/**
 * OpenSSL's callbacks. They run inside a call that a connection makes, so `current` says whose they are; one of
 * each kind serves the whole thread.
 */
import type { OpenSsl } from "./library.ts";
import { Ssl } from "./library.ts";

/** What callbacks ask of, and tell, the connection whose call runs. */
export interface CallbackOwner {
  readonly alpn: readonly string[] | undefined;
  readonly ocsp: Uint8Array<ArrayBuffer> | undefined;
  readonly ticketKeys: readonly Uint8Array<ArrayBuffer>[] | undefined;
  /** True: the error does not end the handshake. */
  noteVerifyError(code: number, depth: number): boolean;
}

let current: CallbackOwner | undefined;

/** The connection that makes the next call; undefined after it. */
export function setCurrent(owner: CallbackOwner | undefined): void {
  current = owner;
}

const TLSEXT_ERR_OK = 0;
const TLSEXT_ERR_ALERT_FATAL = 2;
const TLSEXT_ERR_NOACK = 3;

function bytesAt(pointer: Deno.PointerValue, length: number): Uint8Array {
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer!, length));
}

export interface Callbacks {
  readonly alpn: Deno.PointerValue;
  readonly verify: Deno.PointerValue;
  readonly ocsp: Deno.PointerValue;
  readonly ticketKey: Deno.PointerValue;
}

const made = new WeakMap<OpenSsl, Callbacks>();

/** The callbacks for this library. They live as long as the thread. */
export function callbacksOf(lib: OpenSsl): Callbacks {
  let all = made.get(lib);
  if (all === undefined) made.set(lib, all = makeCallbacks(lib));
  return all;
}

function makeCallbacks(lib: OpenSsl): Callbacks {
  const alpn = new Deno.UnsafeCallback(
    {
      parameters: ["pointer", "pointer", "pointer", "pointer", "u32", "pointer"],
      result: "i32",
    },
    (_ssl, out, outLength, offered, offeredLength) => {
      const wanted = current?.alpn;
      if (wanted === undefined || offered === null) return TLSEXT_ERR_NOACK;
      const at = findProtocol(bytesAt(offered, offeredLength), wanted);
      if (at < 0) return TLSEXT_ERR_ALERT_FATAL;
      const list = bytesAt(offered, offeredLength);
      const pointer = BigInt(Deno.UnsafePointer.value(offered)) + BigInt(at + 1);
      new BigUint64Array(Deno.UnsafePointerView.getArrayBuffer(out!, 8))[0] = pointer;
      bytesAt(outLength, 1)[0] = list[at];
      return TLSEXT_ERR_OK;
    },
  );
  const verify = new Deno.UnsafeCallback(
    { parameters: ["i32", "pointer"], result: "i32" },
    (ok, store) => {
      if (ok === 1 || current === undefined) return ok;
      const code = lib.X509_STORE_CTX_get_error(store);
      const depth = lib.X509_STORE_CTX_get_error_depth(store);
      if (!current.noteVerifyError(code, depth)) return 0;
      lib.ERR_clear_error();
      return 1;
    },
  );
  const ocsp = new Deno.UnsafeCallback(
    { parameters: ["pointer", "pointer"], result: "i32" },
    (ssl) => {
      const answer = current?.ocsp;
      if (answer === undefined) return TLSEXT_ERR_NOACK;
      // OpenSSL frees what it is given.
      const copy = lib.CRYPTO_malloc(BigInt(answer.length), null, 0);
      if (copy === null) return TLSEXT_ERR_NOACK;
      bytesAt(copy, answer.length).set(answer);
      const length = BigInt(answer.length);
      lib.SSL_ctrl(ssl, Ssl.CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, length, bytesAt(copy, 1));
      return TLSEXT_ERR_OK;
    },
  );
  const ticketKey = new Deno.UnsafeCallback(
    { parameters: ["pointer", "pointer", "pointer", "pointer", "pointer", "i32"], result: "i32" },
    (_ssl, name, iv, cipher, hmac, encrypt) => {
      const keys = current?.ticketKeys;
      if (keys === undefined) return -1;
      return useTicketKey(lib, keys, bytesAt(name, 16), bytesAt(iv, 16), cipher, hmac, encrypt);
    },
  );
  return {
    alpn: alpn.pointer,
    verify: verify.pointer,
    ocsp: ocsp.pointer,
    ticketKey: ticketKey.pointer,
  };
}

/** Offset in `offered` of the first of `wanted` that is there, our order; -1: none. */
function findProtocol(offered: Uint8Array, wanted: readonly string[]): number {
  let best = -1;
  let rank = wanted.length;
  for (let at = 0; at < offered.length; at += offered[at] + 1) {
    const name = String.fromCharCode(...offered.subarray(at + 1, at + 1 + offered[at]));
    const place = wanted.indexOf(name);
    if (place >= 0 && place < rank) {
      rank = place;
      best = at;
    }
  }
  return best;
}

/** Manual `tls-ticket-keys`: 16 bytes of name, then the keys of AES and HMAC, of 16 or 32 bytes. */
function useTicketKey(
  lib: OpenSsl,
  keys: readonly Uint8Array<ArrayBuffer>[],
  name: Uint8Array,
  iv: Uint8Array,
  cipher: Deno.PointerValue,
  hmac: Deno.PointerValue,
  encrypt: number,
): number {
  const newest = keys.length > 1 ? keys.length - 2 : 0;
  let index = newest;
  if (encrypt === 1) {
    crypto.getRandomValues(iv as Uint8Array<ArrayBuffer>);
    name.set(keys[newest].subarray(0, 16));
  } else {
    index = keys.findIndex((key) => key.subarray(0, 16).every((byte, i) => byte === name[i]));
    if (index < 0) return 0;
  }
  const key = keys[index];
  const half = key.length === 48 ? 16 : 32;
  const aesKey = key.slice(16, 16 + half);
  const hmacKey = key.slice(16 + half, 16 + 2 * half);
  const kind = half === 16 ? lib.EVP_aes_128_cbc() : lib.EVP_aes_256_cbc();
  const init = encrypt === 1 ? lib.EVP_EncryptInit_ex : lib.EVP_DecryptInit_ex;
  const iv16 = new Uint8Array(iv);
  if (lib.HMAC_Init_ex(hmac, hmacKey, half, lib.EVP_sha256(), null) !== 1) return -1;
  if (init(cipher, kind, null, aesKey, iv16) !== 1) return -1;
  return encrypt === 0 && index !== newest ? 2 : 1;
}
