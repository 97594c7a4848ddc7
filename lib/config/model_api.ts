/** What the `api` statements of `global` say: the REST API (sluice's own; HAProxy has none in the process). */
import type { Span } from "./document.ts";

export type ApiScope = "read" | "operate" | "admin";

export interface ApiConfig {
  /** where it listens; undefined: there is no API */
  readonly bind?: { readonly host: string; readonly port: number };
  /** a file with a secret (HS256) */
  readonly secretFile?: string;
  /** a file with a JSON Web Key Set, or an https or http URL of one */
  readonly jwks?: string;
  /** what tokens must have as `iss` and `aud` */
  readonly issuer?: string;
  readonly audience?: string;
  /** certificate and key (PEM): it is served over TLS */
  readonly crt?: string;
  /** authorities of client certificates (PEM) */
  readonly clientCa?: string;
  /** what clients with a certificate may do, by its common name or whole subject */
  readonly clients?: readonly { readonly name: string; readonly scope: ApiScope }[];
  readonly span: Span;
}
