/** PEM texts as OpenSSL's objects. Each answer is the caller's to free. */
import { parsePem } from "../pem.ts";
import type { OpenSsl } from "./library.ts";
import { Ssl, takeError } from "./library.ts";

type P = Deno.PointerValue;
type Reader = "PEM_read_bio_X509" | "PEM_read_bio_X509_CRL" | "PEM_read_bio_PrivateKey";

const encoder = new TextEncoder();

/** An empty passphrase instead of a question on the terminal. */
const NO_PASSPHRASE = new Uint8Array(1);

function readAll(lib: OpenSsl, read: Reader, pem: string, most: number): P[] {
  const bytes = encoder.encode(pem);
  const bio = lib.BIO_new_mem_buf(bytes, bytes.length);
  const found: P[] = [];
  while (found.length < most) {
    const object = lib[read](bio, null, null, NO_PASSPHRASE);
    if (object === null) break;
    found.push(object);
  }
  // At the end it complains that there is no further block.
  lib.ERR_clear_error();
  lib.BIO_free(bio);
  return found;
}

export function readCertificates(lib: OpenSsl, pem: string): P[] {
  return readAll(lib, "PEM_read_bio_X509", pem, Infinity);
}

export function readKey(lib: OpenSsl, pem: string): P {
  return readAll(lib, "PEM_read_bio_PrivateKey", pem, 1)[0] ?? null;
}

/** A store of what is believed (undefined: what the system believes) and of what is revoked. */
export function makeStore(
  lib: OpenSsl,
  ca: readonly string[] | undefined,
  crl: string | undefined,
): P {
  const store = lib.X509_STORE_new();
  if (ca === undefined) lib.X509_STORE_set_default_paths(store);
  for (const pem of ca ?? []) {
    for (const certificate of readCertificates(lib, pem)) {
      lib.X509_STORE_add_cert(store, certificate);
      lib.X509_free(certificate);
    }
  }
  if (crl !== undefined) {
    for (const { text } of parsePem(crl).filter(({ label }) => label === "X509 CRL")) {
      for (const list of readAll(lib, "PEM_read_bio_X509_CRL", text, 1)) {
        lib.X509_STORE_add_crl(store, list);
        lib.X509_CRL_free(list);
      }
    }
    lib.X509_STORE_set_flags(store, Ssl.CRL_CHECK | Ssl.CRL_CHECK_ALL);
  }
  takeError(lib);
  return store;
}

/** An OCSP answer in words; undefined when it is none. */
export function ocspText(lib: OpenSsl, der: Uint8Array<ArrayBuffer>): string | undefined {
  const at = new BigUint64Array([BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(der)))]);
  const answer = lib.d2i_OCSP_RESPONSE(null, new Uint8Array(at.buffer), der.length);
  if (answer === null) {
    takeError(lib);
    return undefined;
  }
  const bio = lib.BIO_new(lib.BIO_s_mem());
  lib.OCSP_RESPONSE_print(bio, answer, 0);
  lib.OCSP_RESPONSE_free(answer);
  const bytes = new Uint8Array(lib.BIO_ctrl_pending(bio));
  lib.BIO_read(bio, bytes, bytes.length);
  lib.BIO_free(bio);
  return new TextDecoder().decode(bytes);
}
