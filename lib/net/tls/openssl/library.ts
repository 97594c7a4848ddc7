/**
 * OpenSSL 3 (libssl.so.3, libcrypto.so.3) by FFI, where the platform and the permissions give it.
 *
 * Laws:
 * - Every call is synchronous and made from the thread that made the object. OpenSSL's callbacks run inside such a
 *   call, never by themselves.
 * - The error queue of the thread is empty between calls: who sees a call fail takes its errors (`takeError`).
 * - Who makes an object frees it, or gives it to one that does.
 */
import { openLibrary } from "../../libc.ts";

type P = Deno.PointerValue;

const SSL = {
  TLS_server_method: { parameters: [], result: "pointer" },
  TLS_client_method: { parameters: [], result: "pointer" },
  SSL_CTX_new: { parameters: ["pointer"], result: "pointer" },
  SSL_CTX_free: { parameters: ["pointer"], result: "void" },
  SSL_CTX_ctrl: { parameters: ["pointer", "i32", "i64", "pointer"], result: "i64" },
  SSL_CTX_set_options: { parameters: ["pointer", "u64"], result: "u64" },
  SSL_CTX_callback_ctrl: { parameters: ["pointer", "i32", "function"], result: "i64" },
  SSL_CTX_use_certificate: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_CTX_use_PrivateKey: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_CTX_check_private_key: { parameters: ["pointer"], result: "i32" },
  SSL_CTX_use_serverinfo_ex: {
    parameters: ["pointer", "u32", "buffer", "usize"],
    result: "i32",
  },
  SSL_CTX_set1_cert_store: { parameters: ["pointer", "pointer"], result: "void" },
  SSL_CTX_add_client_CA: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_CTX_set_verify: { parameters: ["pointer", "i32", "function"], result: "void" },
  SSL_CTX_set_cipher_list: { parameters: ["pointer", "buffer"], result: "i32" },
  SSL_CTX_set_ciphersuites: { parameters: ["pointer", "buffer"], result: "i32" },
  SSL_CTX_set_alpn_select_cb: { parameters: ["pointer", "function", "pointer"], result: "void" },
  SSL_CTX_set_alpn_protos: { parameters: ["pointer", "buffer", "u32"], result: "i32" },
  SSL_CTX_set_session_id_context: { parameters: ["pointer", "buffer", "u32"], result: "i32" },
  // A long, of which the low half is enough.
  SSL_CTX_set_timeout: { parameters: ["pointer", "i32"], result: "i32" },
  SSL_new: { parameters: ["pointer"], result: "pointer" },
  SSL_free: { parameters: ["pointer"], result: "void" },
  SSL_set_bio: { parameters: ["pointer", "pointer", "pointer"], result: "void" },
  SSL_set_accept_state: { parameters: ["pointer"], result: "void" },
  SSL_set_connect_state: { parameters: ["pointer"], result: "void" },
  SSL_do_handshake: { parameters: ["pointer"], result: "i32" },
  SSL_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_write: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  SSL_shutdown: { parameters: ["pointer"], result: "i32" },
  SSL_get_error: { parameters: ["pointer", "i32"], result: "i32" },
  SSL_ctrl: { parameters: ["pointer", "i32", "i64", "buffer"], result: "i64" },
  SSL_set1_host: { parameters: ["pointer", "buffer"], result: "i32" },
  SSL_set_hostflags: { parameters: ["pointer", "u32"], result: "void" },
  SSL_set_session: { parameters: ["pointer", "pointer"], result: "i32" },
  SSL_get1_session: { parameters: ["pointer"], result: "pointer" },
  SSL_SESSION_free: { parameters: ["pointer"], result: "void" },
  SSL_SESSION_is_resumable: { parameters: ["pointer"], result: "i32" },
  SSL_SESSION_get_id: { parameters: ["pointer", "buffer"], result: "pointer" },
  SSL_SESSION_get_master_key: { parameters: ["pointer", "buffer", "usize"], result: "usize" },
  SSL_get_session: { parameters: ["pointer"], result: "pointer" },
  SSL_session_reused: { parameters: ["pointer"], result: "i32" },
  SSL_get_version: { parameters: ["pointer"], result: "pointer" },
  SSL_get_current_cipher: { parameters: ["pointer"], result: "pointer" },
  SSL_CIPHER_get_name: { parameters: ["pointer"], result: "pointer" },
  SSL_CIPHER_get_bits: { parameters: ["pointer", "buffer"], result: "i32" },
  SSL_get0_alpn_selected: { parameters: ["pointer", "buffer", "buffer"], result: "void" },
  SSL_get_verify_result: { parameters: ["pointer"], result: "i64" },
  SSL_get0_peer_certificate: { parameters: ["pointer"], result: "pointer" },
  SSL_get_certificate: { parameters: ["pointer"], result: "pointer" },
  SSL_get_peer_cert_chain: { parameters: ["pointer"], result: "pointer" },
  SSL_get_client_random: { parameters: ["pointer", "buffer", "usize"], result: "usize" },
  SSL_get_server_random: { parameters: ["pointer", "buffer", "usize"], result: "usize" },
  SSL_get_finished: { parameters: ["pointer", "buffer", "usize"], result: "usize" },
  SSL_get_peer_finished: { parameters: ["pointer", "buffer", "usize"], result: "usize" },
} as const;

const CRYPTO = {
  BIO_s_mem: { parameters: [], result: "pointer" },
  BIO_new: { parameters: ["pointer"], result: "pointer" },
  BIO_free: { parameters: ["pointer"], result: "i32" },
  BIO_new_mem_buf: { parameters: ["buffer", "i32"], result: "pointer" },
  BIO_read: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  BIO_write: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  BIO_ctrl: { parameters: ["pointer", "i32", "i64", "pointer"], result: "i64" },
  // A size_t of which the low half is enough.
  BIO_ctrl_pending: { parameters: ["pointer"], result: "i32" },
  PEM_read_bio_X509: { parameters: ["pointer", "pointer", "pointer", "buffer"], result: "pointer" },
  PEM_read_bio_X509_CRL: {
    parameters: ["pointer", "pointer", "pointer", "buffer"],
    result: "pointer",
  },
  PEM_read_bio_PrivateKey: {
    parameters: ["pointer", "pointer", "pointer", "buffer"],
    result: "pointer",
  },
  X509_free: { parameters: ["pointer"], result: "void" },
  X509_CRL_free: { parameters: ["pointer"], result: "void" },
  EVP_PKEY_free: { parameters: ["pointer"], result: "void" },
  X509_STORE_new: { parameters: [], result: "pointer" },
  X509_STORE_free: { parameters: ["pointer"], result: "void" },
  X509_STORE_add_cert: { parameters: ["pointer", "pointer"], result: "i32" },
  X509_STORE_add_crl: { parameters: ["pointer", "pointer"], result: "i32" },
  X509_STORE_set_flags: { parameters: ["pointer", "u64"], result: "i32" },
  X509_STORE_set_default_paths: { parameters: ["pointer"], result: "i32" },
  X509_STORE_CTX_get_error: { parameters: ["pointer"], result: "i32" },
  X509_STORE_CTX_get_error_depth: { parameters: ["pointer"], result: "i32" },
  X509_STORE_CTX_set_error: { parameters: ["pointer", "i32"], result: "void" },
  X509_verify_cert_error_string: { parameters: ["i64"], result: "pointer" },
  d2i_OCSP_RESPONSE: { parameters: ["pointer", "buffer", "i32"], result: "pointer" },
  OCSP_RESPONSE_print: { parameters: ["pointer", "pointer", "u32"], result: "i32" },
  OCSP_RESPONSE_free: { parameters: ["pointer"], result: "void" },
  i2d_X509: { parameters: ["pointer", "pointer"], result: "i32" },
  i2d_X509_bio: { parameters: ["pointer", "pointer"], result: "i32" },
  OPENSSL_sk_num: { parameters: ["pointer"], result: "i32" },
  OPENSSL_sk_value: { parameters: ["pointer", "i32"], result: "pointer" },
  CRYPTO_malloc: { parameters: ["usize", "pointer", "i32"], result: "pointer" },
  ERR_get_error: { parameters: [], result: "u64" },
  ERR_peek_error: { parameters: [], result: "u64" },
  ERR_clear_error: { parameters: [], result: "void" },
  ERR_error_string_n: { parameters: ["u64", "buffer", "usize"], result: "void" },
  ERR_reason_error_string: { parameters: ["u64"], result: "pointer" },
  EVP_aes_256_cbc: { parameters: [], result: "pointer" },
  EVP_aes_128_cbc: { parameters: [], result: "pointer" },
  EVP_EncryptInit_ex: {
    parameters: ["pointer", "pointer", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  EVP_DecryptInit_ex: {
    parameters: ["pointer", "pointer", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  HMAC_Init_ex: { parameters: ["pointer", "buffer", "i32", "pointer", "pointer"], result: "i32" },
  EVP_sha256: { parameters: [], result: "pointer" },
  OpenSSL_version: { parameters: ["i32"], result: "pointer" },
} as const;

/** OpenSSL's functions under their own names. */
export type OpenSsl =
  & Deno.DynamicLibrary<typeof SSL>["symbols"]
  & Deno.DynamicLibrary<typeof CRYPTO>["symbols"];

let library: OpenSsl | undefined | null = null;

/** The functions, or undefined where FFI is not permitted or OpenSSL 3 is not there. Opened once. */
export function openSsl(): OpenSsl | undefined {
  if (library !== null) return library;
  const ssl = openLibrary("libssl.so.3", SSL);
  const crypto = ssl && openLibrary("libcrypto.so.3", CRYPTO);
  library = ssl && crypto ? { ...ssl.symbols, ...crypto.symbols } : undefined;
  return library;
}

/** Numbers of macros (openssl/ssl.h, x509_vfy.h, bio.h). */
export const Ssl = {
  ERROR_SSL: 1,
  ERROR_WANT_READ: 2,
  ERROR_WANT_WRITE: 3,
  ERROR_SYSCALL: 5,
  ERROR_ZERO_RETURN: 6,
  CTRL_MODE: 33,
  CTRL_SET_SESS_CACHE_SIZE: 42,
  CTRL_SET_SESS_CACHE_MODE: 44,
  CTRL_SET_TLSEXT_HOSTNAME: 55,
  CTRL_SET_TLSEXT_TICKET_KEYS: 59,
  CTRL_SET_TLSEXT_STATUS_REQ_CB: 63,
  CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP: 71,
  CTRL_SET_TLSEXT_TICKET_KEY_CB: 72,
  CTRL_CHAIN_CERT: 89,
  CTRL_SET_GROUPS_LIST: 92,
  CTRL_SET_DH_AUTO: 118,
  CTRL_SET_MIN_PROTO_VERSION: 123,
  CTRL_SET_MAX_PROTO_VERSION: 124,
  MODE_ENABLE_PARTIAL_WRITE: 1n,
  MODE_ACCEPT_MOVING_WRITE_BUFFER: 2n,
  MODE_RELEASE_BUFFERS: 16n,
  OP_NO_TICKET: 1n << 14n,
  OP_NO_COMPRESSION: 1n << 17n,
  OP_CIPHER_SERVER_PREFERENCE: 1n << 22n,
  OP_NO_RENEGOTIATION: 1n << 30n,
  OP_PRIORITIZE_CHACHA: 1n << 21n,
  OP_IGNORE_UNEXPECTED_EOF: 1n << 7n,
  VERIFY_NONE: 0,
  VERIFY_PEER: 1,
  VERIFY_FAIL_IF_NO_PEER_CERT: 2,
  BIO_C_SET_BUF_MEM_EOF_RETURN: 130,
  CRL_CHECK: 0x4n,
  CRL_CHECK_ALL: 0x8n,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** A NUL-terminated string. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${text}\0`);
}

/** The string at `pointer`; empty for none. */
export function textAt(pointer: P): string {
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

export interface SslError {
  /** OpenSSL's number; 0: it gave none */
  readonly code: number;
  readonly reason: string;
  /** `error:0A000086:SSL routines::certificate verify failed`; empty: there was none */
  readonly text: string;
}

const errorText = new Uint8Array(256);

/** The first error of the thread's queue, which is emptied. */
export function takeError(lib: OpenSsl): SslError {
  const code = lib.ERR_get_error();
  const reason = code === 0n ? "" : textAt(lib.ERR_reason_error_string(code));
  lib.ERR_clear_error();
  if (code === 0n) return { code: 0, reason, text: "" };
  lib.ERR_error_string_n(code, errorText, BigInt(errorText.length));
  const text = decoder.decode(errorText.subarray(0, errorText.indexOf(0)));
  return { code: Number(code), reason, text };
}
