/** The part of the model that says how servers are connected to (manual 4.2 `source`, 5.2 `socks4`). */

/** `source`: where connections leave from. */
export interface SourceConfig {
  /** 0.0.0.0 or ::: the system chooses */
  readonly host: string;
  readonly port?: number;
  /** the last port of a range that begins with `port` */
  readonly lastPort?: number;
  /** `usesrc`: an address that need not be this machine's takes its place (Linux, CAP_NET_ADMIN) */
  readonly usesrc?: UseSource;
  /** name of a network interface */
  readonly interface?: string;
}

export type UseSource =
  | { readonly type: "address"; readonly host: string; readonly port?: number }
  /** the client's address, with its port or without */
  | { readonly type: "client" | "clientip" }
  /** the address in a field of the request: the nth of them, from 1, or from -1 backwards */
  | { readonly type: "header"; readonly name: string; readonly occurrence: number };

/** A proxy before a server: SOCKS4, or HTTP by CONNECT (sluice's own). */
export interface UpstreamProxy {
  readonly kind: "socks4" | "http";
  readonly host: string;
  readonly port: number;
  /** `user:password` for an HTTP proxy */
  readonly auth?: string;
}

/** Whether each client's connections to the server leave from an address of its own. */
export function followsClient(source: SourceConfig | undefined): boolean {
  return source?.usesrc !== undefined && source.usesrc.type !== "address";
}
