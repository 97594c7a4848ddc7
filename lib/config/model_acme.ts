/** Certificates from an authority (manual 12.8 of HAProxy 3.2): `acme` sections, and who uses them. */
import type { Span, Word } from "./document.ts";
import type { FileRef } from "./model_tls.ts";

export type AcmeChallenge = "http-01" | "tls-alpn-01";

export interface AcmeConfig {
  readonly name: string;
  readonly span: Span;
  /** URL of the authority's directory (RFC 8555 7.1.1) */
  readonly directory: string;
  /** file of the account's key; undefined: `NAME.account.key` in `storage` */
  readonly accountKey?: string;
  /** mail addresses */
  readonly contacts: readonly string[];
  readonly challenge: AcmeChallenge;
  readonly keyType: "rsa" | "ecdsa";
  /** of an RSA key */
  readonly bits: number;
  /** of an ECDSA key */
  readonly curve: "P-256" | "P-384" | "P-521";
  /** the key of a certificate stays when it is renewed */
  readonly reuseKey: boolean;
  /** a map that gets the tokens of http-01 and the account's thumbprint */
  readonly map?: Word;
  /** what kind of certificate is ordered, where an authority has several */
  readonly profile?: string;
  /** directory of account keys and certificates whose path is relative */
  readonly storage: string;
  /** PEM of who certifies the authority's own server; undefined: the system's */
  readonly caFile?: FileRef;
}

/** Certificates that an authority is asked for. */
export interface AcmeOrder {
  /** the `acme` section */
  readonly section: Word;
  readonly domains: readonly string[];
}

/** `crt-store`: certificates by name (manual 3.11 of HAProxy 3.0). */
export interface CrtStoreConfig {
  /** empty: the one without a name */
  readonly name: string;
  readonly span: Span;
  readonly crtBase?: string;
  readonly keyBase?: string;
  readonly loads: readonly CrtLoad[];
}

/** One `load` line. */
export interface CrtLoad {
  readonly span: Span;
  readonly crt: FileRef;
  readonly alias?: string;
  readonly key?: string;
  readonly issuer?: string;
  readonly ocsp?: string;
  readonly sctl?: string;
  readonly acme?: Word;
  readonly domains?: readonly string[];
}

/** Let's Encrypt */
export const DEFAULT_DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory";
export const DEFAULT_STORAGE = "/var/lib/sluice/acme";
/** the section of `tls auto` */
export const AUTO = "auto";
