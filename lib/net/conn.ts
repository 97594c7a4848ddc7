/**
 * The only connection type that the layers above know. A transport implements Conn and Listener; one table
 * of conformance cases (tests/net/) runs against every transport.
 *
 * Laws:
 * - At most one `read` and one `write` are outstanding at a time. A caller may write while a read is pending.
 * - `read` and `write` never throw and never reject: they answer a count or one of the negative IoStatus
 *   values, at once (a number) when they can, else as a promise. Callers await only promises.
 * - The buffer given to a pending read belongs to the transport until it is answered.
 * - After `close`, a pending read or write is answered with IoStatus.Aborted, and nothing else happens.
 */

import type { ConnectionError } from "./connection_errors.ts";
import type { KeepAliveOptions, SocketOptions } from "./listener_options.ts";
import type { ProxyHeader } from "./proxy_protocol/header.ts";
import type { ClientHello } from "./tls/client_hello.ts";

/** Answers of `read` and `write` that are not a number of bytes. */
export const IoStatus = {
  /** read: the peer has finished sending (FIN). */
  Eof: 0,
  /** The peer reset the connection, or it is gone (ECONNRESET, EPIPE, ECONNABORTED). */
  Reset: -1,
  /** This side closed it while the operation was pending. */
  Aborted: -2,
  /** The kernel gave up (ETIMEDOUT: keep-alive or tcp-ut). */
  TimedOut: -3,
  /** Anything else. */
  Failed: -4,
} as const;

/** An end of a connection. Unix sockets have `host` = path (or `@name`) and port 0. */
export interface Address {
  readonly family: 4 | 6 | "unix";
  readonly host: string;
  readonly port: number;
}

/** What TLS agreed on; absent on a plain connection. */
export interface TlsInfo {
  /** `TLSv1.3` */
  readonly version: string;
  /** OpenSSL's name: `ECDHE-RSA-AES128-GCM-SHA256` */
  readonly cipher: string;
  readonly alpn?: string;
  /** the name that the client sent, or that was sent to the server */
  readonly sni?: string;
  readonly resumed: boolean;
  /** the certificate that the client showed */
  readonly clientCertificate?: {
    readonly commonName?: string;
    /** 0: it is good (numbers of X509_V_ERR_…) */
    readonly verify: number;
    /** on an earlier connection of the session */
    readonly earlier: boolean;
  };
  /** the certificate that was shown to the client: `RSA-SHA256`, `RSA2048` */
  readonly certificate?: { readonly signature?: string; readonly key?: string };
  /** bits of the cipher's key that count, and that it has */
  readonly keyBits?: number;
  readonly algorithmBits?: number;
  /** what the client said first; undefined on connections to servers */
  readonly hello?: ClientHello;
  /** DER of this side's certificate, of the peer's, and of the peer's chain with its certificate first */
  readonly ownDer?: Uint8Array<ArrayBuffer>;
  readonly peerDer?: Uint8Array<ArrayBuffer>;
  readonly peerChain?: readonly Uint8Array<ArrayBuffer>[];
  /** the peer's certificate came in this handshake, not from a resumed session */
  readonly peerIsFresh?: boolean;
  /** OpenSSL's number of what was wrong with the peer's certificate; 0: nothing */
  readonly verifyResult?: number;
  /** the first such number of an authority, with its depth, and of the certificate itself */
  readonly caError?: number;
  readonly caErrorDepth?: number;
  readonly crtError?: number;
  /** bytes that only some fetches ask for; undefined when the engine does not tell, or the connection is closed */
  detail?(what: TlsDetail): Uint8Array<ArrayBuffer> | undefined;
}

export type TlsDetail =
  | "client-random"
  | "server-random"
  | "session-id"
  | "session-key"
  | "unique-id";

/** Gives memory for what a read brings, at the moment that it brings something. */
export interface Lender {
  /** What `read` would be given (length >= 1). Called once for a read at most. */
  room(): Uint8Array;
}

/** Is told what a read has answered, where a promise for each would be too much. */
export interface Reader extends Lender {
  /** Called once, never from inside a call to the connection. */
  answered(count: number): void;
}

/** `readFor` answers this when `reader` will be told. */
export const LATER = -1001;

/** Makes of what a connection brings, at the moment that it comes, what a read answers (TLS does). */
export interface Intake {
  /** Memory for what comes, until `arrived` returns: many may share it. */
  room(): Uint8Array;
  /**
   * What a `read` into that memory would have answered (bytes, Eof, a negative status); answers what is to be
   * answered in its place, or MORE when there is nothing to say yet. It must not read, close or abort the connection.
   */
  arrived(count: number): number;
}

/** `arrived` answers this to be told of what comes next. */
export const MORE = -1000;

export interface Conn {
  readonly local: Address;
  readonly remote: Address;
  readonly tls?: TlsInfo;
  /** the connection below, while this one adds nothing to its bytes and has kept none back */
  readonly under?: Conn | undefined;
  /** the header of the PROXY protocol that it began with; `local` and `remote` are what it says */
  readonly proxyHeader?: ProxyHeader;
  /** 2: it is a stream of HTTP/2 on which one HTTP/1 message is read and one written (lib/mux) */
  readonly httpMajor?: 2;
  /** with HTTP/2: mistakes and oddities of the peer on the whole connection */
  readonly glitches?: number;
  /**
   * the system's descriptor of the socket under it, for options that are set on a living connection; undefined:
   * there is none, or nobody knows it. Not to be kept: it means something else once the connection is closed
   */
  readonly descriptor?: number | undefined;
  /** of such a stream: the peer did nothing with it, so that its request may be sent again */
  readonly refused?: boolean;
  /** Reads into the whole of `into` (length >= 1): bytes read, Eof, or a negative IoStatus. */
  read(into: Uint8Array): number | Promise<number>;
  /** As `read`, for whoever wants to wait without memory: `lender` is asked when something has come. Not all can. */
  readLent?(lender: Lender): number | Promise<number>;
  /**
   * As `readLent`, without a promise: the answer, or LATER. After `close` the memory that was lent is not touched any
   * more. Not all can.
   */
  readFor?(reader: Reader): number;
  /**
   * As `read`, by way of `intake`; when it is closed meanwhile, Aborted without it. With a `reader`, who is not asked for
   * memory, as `readFor`. Not all can.
   */
  readBy?(intake: Intake): number | Promise<number>;
  readBy?(intake: Intake, reader: Reader): number;
  /** Writes a first part of `from` (length >= 1): bytes taken (>= 1), or a negative IoStatus. */
  write(from: Uint8Array): number | Promise<number>;
  /** Sends FIN; reading goes on. Never throws. */
  closeWrite(): void;
  /** Closes both directions; answers pending operations with Aborted. Idempotent. */
  close(): void;
  /** Closes at once with RST where the transport can, else as `close`. */
  abort(): void;
}

/** Why a listener could not be opened. `addrinuse`, `permission`, `addrnotavailable`, `other`. */
export interface ListenFailure {
  readonly failed: "addrinuse" | "permission" | "addrnotavailable" | "other";
  readonly message: string;
}

export interface Listener {
  readonly address: Address;
  /**
   * Calls `onConn` for each accepted connection until closed. `onError` gets a short word
   * (`emfile`, `failed`) when accepting fails; the listener waits a moment and goes on by itself.
   */
  start(onConn: (conn: Conn) => void, onError?: (reason: string) => void): void;
  /** Stops accepting for a while (maxconn reached): connections wait in the kernel's backlog. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface ListenOptions extends SocketOptions {
  readonly backlog?: number;
  /** permissions of a Unix socket's file */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly v6only?: boolean;
  /** SO_KEEPALIVE on accepted connections (`option clitcpka`) */
  readonly keepAlive?: boolean;
  /** name of a network namespace; undefined: the process's own */
  readonly namespace?: string;
}

/** Why a connection to a server could not be made. */
export interface ConnectFailure {
  readonly failed:
    | "refused"
    | "timeout"
    | "unreachable"
    | "resolve"
    | "resource"
    | "aborted"
    | "other";
  readonly message: string;
  /** HAProxy's number and what TLS says, where there is one (`bc_err`) */
  readonly error?: ConnectionError;
}

/** What needs libc by FFI; without it the connection is not made. */
export interface ConnectSocketOptions extends KeepAliveOptions {
  /** name of a network namespace; undefined: the process's own */
  readonly namespace?: string;
  /** name of a network interface */
  readonly interface?: string;
  /** TCP Fast Open, where the system can */
  readonly fastOpen?: boolean;
  /** closing it resets it, and throws away what is not sent */
  readonly noLinger?: boolean;
}

export interface ConnectOptions {
  /** ms; undefined: as long as the kernel tries */
  readonly timeout?: number;
  /** local address to connect from; `transparent`: it need not be this machine's (IP_TRANSPARENT) */
  readonly source?: {
    readonly host: string;
    readonly port?: number;
    readonly transparent?: boolean;
  };
  readonly keepAlive?: boolean;
  readonly socket?: ConnectSocketOptions;
  /** what packets carry: from the first on where the transport makes its sockets itself, else once it is connected */
  readonly marks?: { readonly tos?: number; readonly mark?: number };
}

/** An attempt that can be given up; `promise` never rejects. */
export interface Connecting {
  readonly promise: Promise<Conn | ConnectFailure>;
  /** Gives up: the promise is answered with `aborted`. */
  cancel(): void;
}

/** Where to connect to. */
export type Target =
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "unix"; readonly path: string };

/** Where to listen. */
export type Place =
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | { readonly type: "unix"; readonly path: string }
  | { readonly type: "fd"; readonly fd: number };

export interface Transport {
  readonly name: string;
  listen(place: Place, options: ListenOptions): Listener | ListenFailure;
  connect(target: Target, options: ConnectOptions): Connecting;
}
