/** What `server` lines say (manual 5.2). */
import type { Span } from "./document.ts";
import type { HashKey } from "./model_balance.ts";
import type { ServerCheckConfig } from "./model_check.ts";
import type { HttpProto } from "./model_h2.ts";
import type { SendProxyConfig } from "./model_proxy_header.ts";
import type { ServerNameConfig } from "./model_resolvers.ts";
import type { ServerTls } from "./model_tls.ts";
import type { SourceConfig, UpstreamProxy } from "./model_upstream.ts";

/** Where a server is. `port` undefined: the port the client came in on; `portOffset`: `+n`/`-n`. */
export type ServerAddress =
  | {
    readonly type: "tcp";
    readonly host: string;
    readonly port?: number;
    readonly portOffset?: number;
    /** `udp@`: in `mode log` and `mode udp` */
    readonly datagrams?: boolean;
  }
  | { readonly type: "unix"; readonly path: string }
  | { readonly type: "abstract"; readonly name: string };

export interface ServerConfig extends ServerCheckConfig, ServerNameConfig {
  readonly name: string;
  readonly id: number;
  /** true: the configuration says the id */
  readonly idForced?: boolean;
  readonly address: ServerAddress;
  readonly span: Span;
  /** 0 to 256 */
  readonly weight: number;
  readonly backup: boolean;
  readonly disabled: boolean;
  readonly cookie?: string;
  /** `stick` rules write nothing of it */
  readonly nonStick?: boolean;
  readonly maxconn?: number;
  readonly minconn?: number;
  readonly maxqueue?: number;
  /** `maxconn` holds for open connections, idle ones among them */
  readonly strictMaxconn?: boolean;
  /** GET and HEAD requests are redirected to this and their path */
  readonly redir?: string;
  /** what its places of consistent hashing are reckoned from; undefined: `id` */
  readonly hashKey?: HashKey;
  readonly check: boolean;
  /** ms, 2000 */
  readonly inter: number;
  readonly fastinter?: number;
  readonly downinter?: number;
  /** 3 */
  readonly fall: number;
  /** 2 */
  readonly rise: number;
  readonly checkPort?: number;
  readonly checkAddr?: string;
  /** what HTTP checks speak; undefined: what `proto` says */
  readonly checkProto?: HttpProto | "none";
  readonly poolMaxConn?: number;
  /** ms, 5000 */
  readonly poolPurgeDelay: number;
  readonly poolLowConn?: number;
  /** what is spoken to it; undefined: HTTP/1, unless TLS says HTTP/2 */
  readonly proto?: HttpProto;
  /** what WebSocket streams go by; undefined: auto */
  readonly ws?: HttpProto | "auto";
  readonly maxReuse?: number;
  /** ms that sent data may stay unacknowledged */
  readonly tcpUt?: number;
  /** where connections leave from */
  readonly source?: SourceConfig;
  /** name of a network namespace that connections are made in; `*`: the client's */
  readonly namespace?: string;
  /** TCP Fast Open */
  readonly tfo?: boolean;
  /** a proxy that connections to the server go through, and checks when they are to */
  readonly through?: UpstreamProxy;
  readonly checkThrough?: boolean;
  /** the header of the PROXY protocol before everything else */
  readonly sendProxy?: SendProxyConfig;
  readonly onMarkedDown?: "shutdown-sessions";
  /** framing of log lines (RFC 6587) over TCP; undefined: a line feed behind each */
  readonly logProto?: "legacy" | "octet-count";
  readonly tls?: ServerTls;
  /** ms over which a server that comes up gets its share; undefined: at once */
  readonly slowstart?: number;
}
