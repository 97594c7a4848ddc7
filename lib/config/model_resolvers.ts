/** Config of `resolvers` sections (manual 5.3.2). Times are milliseconds. */
import type { Span } from "./document.ts";

export interface NameserverConfig {
  readonly name: string;
  readonly transport: "udp" | "tcp";
  readonly host: string;
  readonly port: number;
  readonly span: Span;
}

/** How long a name keeps its addresses after the last good answer, by what came since. */
export interface HoldTimes {
  readonly nx: number;
  readonly refused: number;
  readonly timeout: number;
  readonly other: number;
  /** of `do-resolve`: how long an answer is good for */
  readonly valid: number;
  /** how long an address that answers do not have any more is still used */
  readonly obsolete: number;
}

export interface ResolversConfig {
  readonly name: string;
  readonly span: Span;
  readonly nameservers: readonly NameserverConfig[];
  /** the nameservers of /etc/resolv.conf come before the one with this index, too; undefined: they do not */
  readonly parseResolvConf?: number;
  /** bytes of an answer that are announced */
  readonly payloadSize: number;
  /** how often a question is asked */
  readonly retries: number;
  readonly timeoutResolve: number;
  readonly timeoutRetry: number;
  readonly hold: HoldTimes;
}

/** How the address of a server with a name is found at the start (manual 5.2 `init-addr`). */
export type InitAddr = "last" | "libc" | "none" | { readonly ip: string };

/** The settings of a `server` line that concern its name (manual 5.2). */
export interface ServerNameConfig {
  /** name of the `resolvers` section; undefined: the name is looked up when connecting */
  readonly resolvers?: string;
  readonly initAddr?: readonly InitAddr[];
  /** undefined: ipv6 */
  readonly resolvePrefer?: "ipv4" | "ipv6";
  /** networks whose addresses are preferred, as written */
  readonly resolveNet?: readonly string[];
  readonly allowDupIp?: boolean;
  readonly ignoreSrvWeight?: boolean;
}
