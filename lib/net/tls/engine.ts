/**
 * What TLS is made of, whichever engine does it, over any Conn: OpenSSL by FFI (openssl/) or, where that cannot be had,
 * `node:tls` (node/), which does less.
 *
 * Laws:
 * - A context is made once for each certificate of a listener, or for each server, and used by all connections.
 * - A connection begins with `establish`, once, before the first read or write. It never rejects.
 * - A context can be let go at any time: connections that use it keep what they need.
 * - No key, no session secret is in a message.
 */
import type { Conn } from "../conn.ts";
import type { TlsError } from "../connection_errors.ts";
import type { Clock } from "../clock.ts";
import type { ClientHello } from "./client_hello.ts";

export const TLS_VERSIONS = ["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
export type TlsVersion = typeof TLS_VERSIONS[number];

/** Which peer certificates are wanted, and what is taken for one that is bad. */
export interface VerifyOptions {
  readonly verify: "none" | "optional" | "required";
  /** PEM of the authorities; undefined: the system's */
  readonly ca?: string;
  /** PEM of authorities that are believed but not named to the client (`ca-verify-file`) */
  readonly caVerify?: string;
  /** PEM */
  readonly crl?: string;
  /** numbers of OpenSSL's verification errors that do not end the handshake */
  readonly ignoreCaErrors?: ReadonlySet<number> | "all";
  readonly ignoreCrtErrors?: ReadonlySet<number> | "all";
}

interface ContextOptions extends VerifyOptions {
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
  readonly ciphers?: string;
  readonly ciphersuites?: string;
  readonly curves?: string;
  readonly alpn?: readonly string[];
  readonly tickets: boolean;
  /** most bytes of a record (RFC 8446 5.1): always, and after a pause; 0 or undefined: 16384 */
  readonly hardMaxRecord?: number;
  readonly maxRecord?: number;
}

/** A certificate with its key, as PEM. */
export interface KeyPair {
  /** the certificate first, then its chain */
  readonly certificates: readonly string[];
  readonly key: string;
  /** DER of an OCSP answer that is stapled */
  readonly ocsp?: Uint8Array<ArrayBuffer>;
  /** wall ms after which it is shown no more; undefined: it does not say */
  readonly ocspEnd?: number;
  /** a SignedCertificateTimestampList (RFC 6962 3.3) */
  readonly sctl?: Uint8Array<ArrayBuffer>;
}

export interface ServerContextOptions extends ContextOptions {
  readonly pair: KeyPair;
  /** tells listeners apart: a session of one is never resumed at another */
  readonly scope: string;
  /** the names of `ca` are not sent (`no-ca-names`) */
  readonly hideCaNames?: boolean;
  readonly preferClientCiphers?: boolean;
  /** 48 or 80 bytes each: the last but one makes tickets, all of them open them */
  readonly ticketKeys?: readonly Uint8Array<ArrayBuffer>[];
  /** 80 bytes that all threads have: without `ticketKeys`, tickets are made and opened by them */
  readonly ticketSecret?: Uint8Array<ArrayBuffer>;
  /** s for which a session may be resumed; undefined: 300 */
  readonly sessionLife?: number;
  /** sessions that are kept for clients without tickets; 0: none, undefined: 20000 */
  readonly cachedSessions?: number;
}

export interface ClientContextOptions extends ContextOptions {
  readonly pair?: KeyPair;
}

/** Made by an engine, given back to the same one. */
export interface ServerContext {
  /** DER of the certificate, for ssl_f_* */
  readonly certificate: Uint8Array<ArrayBuffer>;
  free(): void;
}
export interface ClientContext {
  free(): void;
}

/** Why a handshake failed. */
export interface TlsFailure {
  readonly failed: "handshake" | "timeout" | "closed";
  /** the engine's number; 0: it gave none */
  readonly code: number;
  /** a sentence without a full stop */
  readonly message: string;
  /** the peer sent nothing at all */
  readonly silent?: boolean;
  /** what the library says about it */
  readonly error?: TlsError;
}

/** A connection that speaks TLS once `establish` is done. */
export interface TlsConn extends Conn {
  /** Does the handshake: undefined when it is done. The connection is closed after a failure. */
  establish(): Promise<TlsFailure | undefined>;
}

/** Who counts connections; each that is told of as opened is told of as closed. */
export interface TlsMeter {
  opened(isServer: boolean, resumed: boolean): void;
  closed(): void;
}

export interface AcceptOptions {
  readonly meter?: TlsMeter;
  /** the context for a client; a number: the alert that refuses it (RFC 8446 6.2) */
  readonly choose: (hello: ClientHello) => ServerContext | number;
  readonly clock: Clock;
}

export interface ConnectTlsOptions {
  readonly meter?: TlsMeter;
  readonly context: ClientContext;
  /** sent to the server */
  readonly sni?: string;
  /** the certificate must be for this name; undefined: for any */
  readonly verifyHost?: string;
  /** a session to resume, and where a new one is put */
  readonly sessions?: SessionHolder;
  readonly clock: Clock;
}

/** The session of one server that the next connection may resume. */
export interface SessionHolder {
  take(sni: string | undefined): unknown;
  put(sni: string | undefined, session: unknown): void;
  free(): void;
}

export interface TlsEngine {
  readonly name: "openssl" | "node";
  /** version of the library, for `-vv` */
  readonly version: string;
  /** what this engine cannot do, by the option's name, with the reason */
  readonly missing: ReadonlyMap<string, string>;
  /** A message, when the options cannot be had. */
  serverContext(options: ServerContextOptions): ServerContext | string;
  clientContext(options: ClientContextOptions): ClientContext | string;
  /** `conn` must be unread; what a PROXY header reader took too much is before it (see `prefixed`). */
  accept(conn: Conn, options: AcceptOptions): TlsConn;
  connect(conn: Conn, options: ConnectTlsOptions): TlsConn;
  sessions(): SessionHolder;
  /** An OCSP answer (DER) as OpenSSL prints it; not all engines can. */
  ocspText?(der: Uint8Array<ArrayBuffer>): string | undefined;
}
