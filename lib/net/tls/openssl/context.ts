/** SSL_CTX objects: everything about TLS that does not change from connection to connection. */
import { createHash } from "node:crypto";
import type {
  ClientContext,
  ClientContextOptions,
  KeyPair,
  ServerContext,
  ServerContextOptions,
  TlsVersion,
  VerifyOptions,
} from "../engine.ts";
import { parsePem } from "../pem.ts";
import { callbacksOf } from "./callbacks.ts";
import { cString, type OpenSsl, Ssl, takeError } from "./library.ts";
import { makeStore, readCertificates, readKey } from "./objects.ts";

type P = Deno.PointerValue;

const VERSION_NUMBERS: Readonly<Record<TlsVersion, bigint>> = {
  SSLv3: 0x0300n,
  "TLSv1.0": 0x0301n,
  "TLSv1.1": 0x0302n,
  "TLSv1.2": 0x0303n,
  "TLSv1.3": 0x0304n,
};

const SERVERINFO_V2 = 2;
/** name, HMAC key and AES key of tickets */
const TICKET_SECRET = 80;
const SCT_EXTENSION = 18;
/** Client hello, TLS 1.2 server hello, TLS 1.3 certificate (openssl/ssl.h SSL_EXT_*). */
const SCT_CONTEXT = 0x00000080 | 0x00000100 | 0x00001000;

/** The options that both sides' contexts share, made into an SSL_CTX; a message when one cannot be had. */
function makeContext(
  lib: OpenSsl,
  method: P,
  options: ServerContextOptions | ClientContextOptions,
): P | string {
  const ctx = lib.SSL_CTX_new(method);
  const refuse = (what: string): string => {
    const { reason } = takeError(lib);
    lib.SSL_CTX_free(ctx);
    return reason === "" ? what : `${what} (${reason})`;
  };
  lib.SSL_CTX_ctrl(
    ctx,
    Ssl.CTRL_MODE,
    Ssl.MODE_ENABLE_PARTIAL_WRITE | Ssl.MODE_ACCEPT_MOVING_WRITE_BUFFER | Ssl.MODE_RELEASE_BUFFERS,
    null,
  );
  lib.SSL_CTX_set_options(
    ctx,
    Ssl.OP_NO_COMPRESSION | Ssl.OP_NO_RENEGOTIATION | Ssl.OP_IGNORE_UNEXPECTED_EOF |
      (options.tickets ? 0n : Ssl.OP_NO_TICKET),
  );
  const { minVersion = "TLSv1.2", maxVersion } = options;
  const min = VERSION_NUMBERS[minVersion];
  const max = maxVersion === undefined ? 0n : VERSION_NUMBERS[maxVersion];
  lib.SSL_CTX_ctrl(ctx, Ssl.CTRL_SET_MIN_PROTO_VERSION, min, null);
  lib.SSL_CTX_ctrl(ctx, Ssl.CTRL_SET_MAX_PROTO_VERSION, max, null);
  const { ciphers, ciphersuites, curves } = options;
  if (ciphers !== undefined && lib.SSL_CTX_set_cipher_list(ctx, cString(ciphers)) !== 1) {
    return refuse(`OpenSSL knows no cipher of 'ciphers ${ciphers}'`);
  }
  if (
    ciphersuites !== undefined && lib.SSL_CTX_set_ciphersuites(ctx, cString(ciphersuites)) !== 1
  ) {
    return refuse(`OpenSSL does not know 'ciphersuites ${ciphersuites}'`);
  }
  if (curves !== undefined) {
    const text = cString(curves);
    const pointer = Deno.UnsafePointer.of(text);
    if (lib.SSL_CTX_ctrl(ctx, Ssl.CTRL_SET_GROUPS_LIST, 0n, pointer) !== 1n) {
      return refuse(`OpenSSL does not know 'curves ${curves}'`);
    }
  }
  const pair = options.pair;
  const wrong = pair === undefined ? undefined : usePair(lib, ctx, pair);
  return wrong === undefined ? ctx : refuse(wrong);
}

/** Puts a certificate, its chain and its key into `ctx`; a message when they do not fit. */
function usePair(lib: OpenSsl, ctx: P, pair: KeyPair): string | undefined {
  const [leaf, ...chain] = readCertificates(lib, pair.certificates.join(""));
  if (leaf === undefined) return "the certificate cannot be read";
  const key = readKey(lib, pair.key);
  let wrong: string | undefined;
  if (lib.SSL_CTX_use_certificate(ctx, leaf) !== 1) wrong = "OpenSSL does not take the certificate";
  else if (key === null) wrong = "the private key cannot be read";
  else if (lib.SSL_CTX_use_PrivateKey(ctx, key) !== 1) {
    wrong = "OpenSSL does not take the private key";
  }
  if (wrong === undefined) {
    for (const certificate of chain) {
      const pointer = certificate;
      lib.SSL_CTX_ctrl(ctx, Ssl.CTRL_CHAIN_CERT, 1n, pointer);
    }
  }
  for (const certificate of [leaf, ...chain]) lib.X509_free(certificate);
  if (key !== null) lib.EVP_PKEY_free(key);
  return wrong;
}

/** Sets whom the peer must be certified by. */
function useVerify(lib: OpenSsl, ctx: P, options: VerifyOptions, mode: number): void {
  const { ca, caVerify, crl } = options;
  const believed = [ca, caVerify].filter((text) => text !== undefined);
  const store = makeStore(lib, believed.length === 0 ? undefined : believed, crl);
  lib.SSL_CTX_set1_cert_store(ctx, store);
  lib.X509_STORE_free(store);
  lib.SSL_CTX_set_verify(ctx, mode, callbacksOf(lib).verify);
}

export class OpenSslServerContext implements ServerContext {
  readonly ctx: P;
  readonly options: ServerContextOptions;
  readonly certificate: Uint8Array<ArrayBuffer>;
  readonly #lib: OpenSsl;
  #open = true;

  constructor(lib: OpenSsl, ctx: P, options: ServerContextOptions) {
    this.#lib = lib;
    this.ctx = ctx;
    this.options = options;
    this.certificate = parsePem(options.pair.certificates[0])[0].der;
  }

  /** Connections hold a reference of their own. */
  free(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lib.SSL_CTX_free(this.ctx);
  }
}

export class OpenSslClientContext implements ClientContext {
  readonly ctx: P;
  readonly options: ClientContextOptions;
  readonly #lib: OpenSsl;
  #open = true;

  constructor(lib: OpenSsl, ctx: P, options: ClientContextOptions) {
    this.#lib = lib;
    this.ctx = ctx;
    this.options = options;
  }

  free(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lib.SSL_CTX_free(this.ctx);
  }
}

export function makeServerContext(
  lib: OpenSsl,
  options: ServerContextOptions,
): OpenSslServerContext | string {
  const ctx = makeContext(lib, lib.TLS_server_method(), options);
  if (typeof ctx === "string") return ctx;
  const callbacks = callbacksOf(lib);
  if (!options.preferClientCiphers) {
    lib.SSL_CTX_set_options(ctx, Ssl.OP_CIPHER_SERVER_PREFERENCE | Ssl.OP_PRIORITIZE_CHACHA);
  }
  lib.SSL_CTX_ctrl(ctx, Ssl.CTRL_SET_DH_AUTO, 1n, null);
  if (options.alpn !== undefined) lib.SSL_CTX_set_alpn_select_cb(ctx, callbacks.alpn, null);
  if (options.pair.ocsp !== undefined) {
    lib.SSL_CTX_callback_ctrl(ctx, Ssl.CTRL_SET_TLSEXT_STATUS_REQ_CB, callbacks.ocsp);
  }
  if (options.ticketKeys !== undefined) {
    lib.SSL_CTX_callback_ctrl(ctx, Ssl.CTRL_SET_TLSEXT_TICKET_KEY_CB, callbacks.ticketKey);
  } else if (options.ticketSecret !== undefined) {
    const keys = Deno.UnsafePointer.of(options.ticketSecret);
    lib.SSL_CTX_ctrl(ctx, Ssl.CTRL_SET_TLSEXT_TICKET_KEYS, BigInt(TICKET_SECRET), keys);
  }
  useSctl(lib, ctx, options.pair.sctl);
  const { sessionLife = 300, cachedSessions } = options;
  lib.SSL_CTX_set_timeout(ctx, sessionLife);
  if (cachedSessions === 0) lib.SSL_CTX_ctrl(ctx, Ssl.CTRL_SET_SESS_CACHE_MODE, 0n, null);
  else if (cachedSessions !== undefined) {
    lib.SSL_CTX_ctrl(ctx, Ssl.CTRL_SET_SESS_CACHE_SIZE, BigInt(cachedSessions), null);
  }
  const scope = scopeBytes(options.scope);
  lib.SSL_CTX_set_session_id_context(ctx, scope, scope.length);
  if (options.verify !== "none") {
    const mode = Ssl.VERIFY_PEER |
      (options.verify === "required" ? Ssl.VERIFY_FAIL_IF_NO_PEER_CERT : 0);
    useVerify(lib, ctx, options, mode);
    if (!options.hideCaNames) {
      for (const certificate of readCertificates(lib, options.ca ?? "")) {
        lib.SSL_CTX_add_client_CA(ctx, certificate);
        lib.X509_free(certificate);
      }
    }
  }
  takeError(lib);
  return new OpenSslServerContext(lib, ctx, options);
}

/** At most 32 bytes are taken: a digest of the scope. */
function scopeBytes(scope: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash("sha256").update(scope).digest());
}

function useSctl(lib: OpenSsl, ctx: P, sctl: Uint8Array | undefined): void {
  if (sctl === undefined) return;
  const blob = new Uint8Array(8 + sctl.length);
  const view = new DataView(blob.buffer);
  view.setUint32(0, SCT_CONTEXT);
  view.setUint16(4, SCT_EXTENSION);
  view.setUint16(6, sctl.length);
  blob.set(sctl, 8);
  lib.SSL_CTX_use_serverinfo_ex(ctx, SERVERINFO_V2, blob, BigInt(blob.length));
}

export function makeClientContext(
  lib: OpenSsl,
  options: ClientContextOptions,
): OpenSslClientContext | string {
  const ctx = makeContext(lib, lib.TLS_client_method(), options);
  if (typeof ctx === "string") return ctx;
  if (options.alpn !== undefined) {
    const wire = alpnWire(options.alpn);
    lib.SSL_CTX_set_alpn_protos(ctx, wire, wire.length);
  }
  if (options.verify !== "none") useVerify(lib, ctx, options, Ssl.VERIFY_PEER);
  takeError(lib);
  return new OpenSslClientContext(lib, ctx, options);
}

function alpnWire(names: readonly string[]): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const name of names) {
    bytes.push(name.length);
    for (let i = 0; i < name.length; i++) bytes.push(name.charCodeAt(i));
  }
  return Uint8Array.from(bytes);
}
