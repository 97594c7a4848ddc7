/** What a finished handshake agreed on, asked of OpenSSL once; the rarer bytes only when a fetch wants them. */
import type { TlsDetail, TlsInfo } from "../../conn.ts";
import type { ClientHello } from "../client_hello.ts";
import { certificateOf, clientCertificateOf } from "../shown.ts";
import { type OpenSsl, textAt } from "./library.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the connection knows besides OpenSSL. */
export interface InfoParts {
  readonly lib: OpenSsl;
  readonly ssl: Deno.PointerValue;
  readonly isServer: boolean;
  readonly sni: string | undefined;
  readonly hello?: ClientHello;
  readonly certificate?: Bytes;
  readonly wantsPeer: boolean;
  readonly errors: {
    readonly caError: number;
    readonly caErrorDepth: number;
    readonly crtError: number;
  };
}

export class OpenSslInfo implements TlsInfo {
  readonly version: string;
  readonly cipher: string;
  readonly alpn: string | undefined;
  readonly sni: string | undefined;
  readonly resumed: boolean;
  readonly keyBits: number;
  readonly algorithmBits: number;
  readonly hello: ClientHello | undefined;
  readonly ownDer: Bytes | undefined;
  readonly peerDer: Bytes | undefined;
  readonly peerChain: readonly Bytes[] | undefined;
  readonly verifyResult: number;
  readonly caError: number;
  readonly caErrorDepth: number;
  readonly crtError: number;
  readonly #lib: OpenSsl;
  readonly #isServer: boolean;
  #ssl: Deno.PointerValue;

  constructor({ lib, ssl, isServer, sni, hello, certificate, wantsPeer, errors }: InfoParts) {
    this.#lib = lib;
    this.#ssl = ssl;
    this.#isServer = isServer;
    this.version = nameAt(lib.SSL_get_version(ssl));
    const cipher = lib.SSL_get_current_cipher(ssl);
    this.cipher = nameAt(lib.SSL_CIPHER_get_name(cipher));
    this.keyBits = lib.SSL_CIPHER_get_bits(cipher, SCRATCH);
    this.algorithmBits = SCRATCH_WORDS[0];
    this.alpn = selectedProtocol(lib, ssl);
    this.sni = sni;
    this.resumed = lib.SSL_session_reused(ssl) === 1;
    this.hello = hello;
    this.ownDer = certificate;
    this.caError = errors.caError;
    this.caErrorDepth = errors.caErrorDepth;
    this.crtError = errors.crtError;
    if (wantsPeer) {
      this.peerDer = derOf(lib, lib.SSL_get0_peer_certificate(ssl));
      this.peerChain = this.peerDer && chainOf(lib, ssl, this.peerDer);
      this.verifyResult = Number(lib.SSL_get_verify_result(ssl));
    } else this.verifyResult = 0;
  }

  get peerIsFresh(): boolean {
    return this.peerDer !== undefined && !this.resumed;
  }
  get clientCertificate(): TlsInfo["clientCertificate"] {
    return clientCertificateOf(this);
  }
  get certificate(): TlsInfo["certificate"] {
    return certificateOf(this);
  }

  detail(what: TlsDetail): Bytes | undefined {
    const lib = this.#lib;
    const ssl = this.#ssl;
    if (ssl === null) return undefined;
    switch (what) {
      case "client-random":
        return filled(32, (into) => lib.SSL_get_client_random(ssl, into, 32n));
      case "server-random":
        return filled(32, (into) => lib.SSL_get_server_random(ssl, into, 32n));
      case "session-key": {
        const session = lib.SSL_get_session(ssl);
        return filled(64, (into) => lib.SSL_SESSION_get_master_key(session, into, 64n));
      }
      case "session-id":
        return sessionId(lib, ssl);
      case "unique-id":
        // tls-unique: the first Finished message of the handshake (RFC 5929 3).
        return filled(
          64,
          (into) =>
            this.resumed === this.#isServer
              ? lib.SSL_get_finished(ssl, into, 64n)
              : lib.SSL_get_peer_finished(ssl, into, 64n),
        );
    }
  }

  /** OpenSSL's object is about to be freed. */
  letGo(): void {
    this.#ssl = null;
  }
}

/** Where OpenSSL puts numbers and pointers; read at once after the call. */
const SCRATCH_WORDS = new Int32Array(32);
const SCRATCH = new Uint8Array(SCRATCH_WORDS.buffer);
const POINTER = new BigUint64Array(16);
const SCRATCH_POINTER = new Uint8Array(POINTER.buffer);

/** Names that OpenSSL gives point to constants: each is read once. */
const names = new Map<bigint, string>();

function nameAt(pointer: Deno.PointerValue): string {
  const address = Deno.UnsafePointer.value(pointer) as bigint;
  let name = names.get(address);
  if (name === undefined) names.set(address, name = textAt(pointer));
  return name;
}

function filled(size: number, fill: (into: Bytes) => bigint): Bytes {
  const into = new Uint8Array(size);
  return into.subarray(0, Number(fill(into)));
}

function bytesAt(pointer: Deno.PointerValue, length: number): Bytes {
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer!, length)).slice();
}

function selectedProtocol(lib: OpenSsl, ssl: Deno.PointerValue): string | undefined {
  lib.SSL_get0_alpn_selected(ssl, SCRATCH_POINTER, SCRATCH);
  const length = SCRATCH_WORDS[0];
  if (length === 0) return undefined;
  return String.fromCharCode(...bytesAt(Deno.UnsafePointer.create(POINTER[0]), length));
}

function sessionId(lib: OpenSsl, ssl: Deno.PointerValue): Bytes | undefined {
  const length = new Uint32Array(1);
  const id = lib.SSL_SESSION_get_id(lib.SSL_get_session(ssl), new Uint8Array(length.buffer));
  return id === null || length[0] === 0 ? undefined : bytesAt(id, length[0]);
}

/** DER of one of OpenSSL's certificates. */
function derOf(lib: OpenSsl, certificate: Deno.PointerValue): Bytes | undefined {
  if (certificate === null) return undefined;
  const bio = lib.BIO_new(lib.BIO_s_mem());
  lib.i2d_X509_bio(bio, certificate);
  const parts: Uint8Array[] = [];
  const part = new Uint8Array(4096);
  for (let n = lib.BIO_read(bio, part, 4096); n > 0; n = lib.BIO_read(bio, part, 4096)) {
    parts.push(part.slice(0, n));
  }
  lib.BIO_free(bio);
  const der = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of parts) {
    der.set(bytes, at);
    at += bytes.length;
  }
  return der;
}

/** The chain that the peer sent; a server's list of OpenSSL lacks the peer's own certificate. */
function chainOf(lib: OpenSsl, ssl: Deno.PointerValue, peer: Bytes): Bytes[] {
  const stack = lib.SSL_get_peer_cert_chain(ssl);
  if (stack === null) return [peer];
  const chain: Bytes[] = [];
  const count = lib.OPENSSL_sk_num(stack);
  for (let i = 0; i < count; i++) {
    const der = derOf(lib, lib.OPENSSL_sk_value(stack, i));
    if (der !== undefined) chain.push(der);
  }
  const first = chain[0];
  const hasPeer = first?.length === peer.length && first.every((byte, i) => byte === peer[i]);
  return hasPeer ? chain : [peer, ...chain];
}
