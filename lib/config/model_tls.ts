/** TLS settings (manual 5.1, 5.2), as written: files are read when a Generation is provisioned. */
import type { Span, Word } from "./document.ts";

export const TLS_VERSION_NAMES = ["SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
export type TlsVersionName = typeof TLS_VERSION_NAMES[number];

/** A file or directory that the configuration names; `crt-base` and `ca-base` are in its path. */
export interface FileRef {
  readonly path: string;
  readonly span: Span;
}

/** A text and where it stands, for what only the engine can judge (`ciphers`). */
export interface TextAt {
  readonly text: string;
  readonly span: Span;
}

export interface NumberAt {
  readonly value: number;
  readonly span: Span;
}

export type VerifyErrors = ReadonlySet<number> | "all";

/** What `bind`, `server` and crt-list lines have in common; undefined: as the defaults say. */
export interface TlsSettings {
  readonly alpn?: readonly string[];
  readonly minVersion?: TlsVersionName;
  readonly maxVersion?: TlsVersionName;
  /** `no-tlsv12` … */
  readonly without?: readonly TlsVersionName[];
  readonly ciphers?: TextAt;
  readonly ciphersuites?: TextAt;
  readonly curves?: TextAt;
  readonly caFile?: FileRef;
  readonly crlFile?: FileRef;
  readonly verify?: "none" | "optional" | "required";
  readonly tickets?: boolean;
}

export interface BindTls extends TlsSettings {
  /** false: the line has TLS settings and does not say `ssl` */
  readonly ssl: boolean;
  /** `crt` and `crt-list` in the order of the line; the first certificate is the default one */
  readonly sources?: readonly CertificateSource[];
  readonly strictSni?: boolean;
  readonly caVerifyFile?: FileRef;
  readonly caIgnore?: VerifyErrors;
  readonly crtIgnore?: VerifyErrors;
  readonly ticketKeys?: FileRef;
  readonly hideCaNames?: boolean;
  readonly preferClientCiphers?: boolean;
  /** `generate-certificates`: with the CA that signs them */
  readonly generate?: boolean;
  readonly caSignFile?: FileRef;
  readonly caSignPass?: string;
  /** `tls auto`: the certificate of these names is got by ACME */
  readonly auto?: { readonly span: Span };
  readonly domains?: readonly string[];
  readonly email?: string;
  /** on a crt-list line: the section that gets the certificate */
  readonly acme?: Word;
}

export type CertificateSource = FileRef & { readonly kind: "crt" | "crt-list" | "default-crt" };

export interface ServerTls extends TlsSettings {
  readonly ssl: boolean;
  readonly crt?: FileRef;
  /** words of an expression */
  readonly sni?: Word;
  readonly verifyHost?: string;
  readonly noReuse?: boolean;
  readonly checkSsl?: boolean;
  readonly checkSni?: string;
  readonly checkAlpn?: readonly string[];
}

export type ExtraFiles = "bundle" | "sctl" | "ocsp" | "issuer" | "key";

/** TLS in the global section (manual 3.1). */
export interface GlobalTls {
  readonly crtBase?: string;
  readonly caBase?: string;
  readonly keyBase?: string;
  readonly bind: TlsSettings;
  readonly bindPreferClientCiphers?: boolean;
  readonly server: TlsSettings;
  /** `ssl-server-verify`; undefined: required */
  readonly serverVerify?: "none" | "required";
  /** files beside a certificate that are looked for */
  readonly extraFiles: ReadonlySet<ExtraFiles>;
  /** `.crt` is taken off a name before `.key` is put on (`ssl-load-extra-del-ext`) */
  readonly extraDelExt?: boolean;
  /** certificates that are made on the fly and kept, of each line */
  readonly generatedCache: number;
  /** a directory of certificates that complete chains */
  readonly issuersChainPath?: FileRef;
  readonly skipSelfIssuedCa?: boolean;
  /** seconds for which a client's session may be resumed */
  readonly sessionLife?: NumberAt;
  /** sessions that a listener keeps for clients without tickets; 0: none */
  readonly cachedSessions?: NumberAt;
  /** most bytes of a record, always, and after a pause; 0: no limit */
  readonly hardMaxRecord?: NumberAt;
  readonly maxRecord?: NumberAt;
}
