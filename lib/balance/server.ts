/** One server of a backend as one thread sees it: configuration, shared state, counters, its queue. */
import type { ServerAddress, ServerConfig } from "../config/model.ts";
import type { HttpProto } from "../config/model_h2.ts";
import { followsClient } from "../config/model_upstream.ts";
import type { HashKey } from "../config/model_balance.ts";
import { websocketsApart } from "../config/websocket_proto.ts";
import type { ServerView, StreamView } from "../expr/context.ts";
import { formatIp, parseIp } from "../net/address.ts";
import type { Address, ConnectOptions, Target } from "../net/conn.ts";
import type { SourceRange } from "../net/source_ports.ts";
import type { ServerState } from "../state/server.ts";
import type { ServerCounters } from "../state/traffic.ts";
import type { ServerTlsClient } from "../tls/client.ts";
import { configuredProbe, type ServerProbe } from "./probe.ts";
import { WaitQueue } from "./queue.ts";

/** What live traffic shows of a server (manual 5.2 `observe`). */
export type Observation =
  | "connected"
  | "connect-failed"
  | "answered"
  | "wrong-status"
  | "invalid"
  | "read-error"
  | "closed"
  | "timeout";

export class Server implements ServerView {
  readonly name: string;
  readonly id: number;
  readonly backup: boolean;
  /** position in the backend, from 0; it changes when a server before it is deleted */
  index: number;
  /** deleted while running: it serves nobody any more */
  deleted = false;
  /** `minconn`; 0: the limit is fixed */
  readonly #least: number;
  /** what its places of consistent hashing are reckoned from */
  readonly hashKey: HashKey;
  /** what WebSocket streams go by, on connections of their own; undefined: as other requests */
  readonly websockets: HttpProto | undefined;
  /** 0: unlimited */
  readonly maxqueue: number;
  /** where it is now; the host is a name while none of its addresses is known */
  address: Address;
  /** Where to connect. When the configuration names no port, port 0: use `targetFor`. */
  target: Target;
  /** its name now; undefined: it has an address only */
  fqdn: string | undefined;
  /** called after the address has changed: what leads to the old one is of no more use */
  onMoved: (() => void) | undefined = undefined;
  #addressVersion = 0;
  /** the server whose state this one follows (manual 5.2 `track`) */
  tracks: Server | undefined = undefined;
  /** gets what live traffic shows of the server (manual 5.2 `observe`) */
  observer: ((seen: Observation) => void) | undefined = undefined;
  /** how connections to it are made (lib/proxy/server_socket.ts) */
  outgoing: { readonly source?: SourceRange; readonly socket?: ConnectOptions["socket"] } = {};
  /** `usesrc hdr_ip`: the address that a stream's connection leaves from */
  sourceAddress: ((stream: StreamView) => string | undefined) | undefined = undefined;
  /** makes the header of the PROXY protocol that connections begin with; undefined: they have none */
  proxyHeader: ((stream: StreamView) => Uint8Array) | undefined = undefined;
  /** TLS to it; undefined: connections are plain */
  tls: ServerTlsClient | undefined = undefined;
  /** `set server … ssl off`: connections are plain though there is `tls` */
  plain = false;
  /** the name that is sent in it for a stream (`sni`); undefined: none */
  tlsName: ((stream: StreamView) => string | undefined) | undefined = undefined;
  /** streams of this thread that wait for this very server */
  readonly queue: WaitQueue = new WaitQueue();

  constructor(
    readonly config: ServerConfig,
    readonly state: ServerState,
    readonly counters: ServerCounters,
    index: number,
    /** where its checks and its agent are now */
    readonly probe: ServerProbe = configuredProbe(config),
  ) {
    this.name = config.name;
    this.id = config.id;
    this.backup = config.backup;
    this.index = index;
    const max = config.maxconn ?? 0;
    const min = config.minconn ?? 0;
    this.#least = min < max ? min : 0;
    this.maxqueue = config.maxqueue ?? 0;
    this.websockets = websocketsApart(config);
    this.hashKey = config.hashKey ?? "id";
    this.target = fixedTarget(config.address);
    this.address = addressOf(config.address);
    const { host } = this.address;
    this.fqdn = config.address.type === "tcp" && parseIp(host) === undefined ? host : undefined;
    this.sync();
  }

  /** Looks where the server is now, when that was changed; another thread may have done so. False: nothing was. */
  sync(): boolean {
    const { state } = this;
    const version = state.addressVersion;
    if (version === this.#addressVersion) return false;
    this.#addressVersion = version;
    const { address: bytes, port } = state;
    const own = addressOf(this.config.address);
    const host = bytes instanceof Uint8Array ? formatIp(bytes) : own.host;
    if (own.family === "unix" && bytes === undefined) {
      this.address = own;
      this.target = fixedTarget(this.config.address);
    } else {
      const to = port ?? own.port;
      this.address = { family: host.includes(":") ? 6 : 4, host, port: to };
      this.target = { type: "tcp", host, port: to };
    }
    this.onMoved?.();
    return true;
  }

  /** False: it has a name, and no address of it is known. */
  get hasAddress(): boolean {
    return this.state.address !== "none";
  }

  /** Where to connect for a client that came to `port` (for `server s 10.0.0.1` and `10.0.0.1:+1000`). */
  targetFor(port: number): Target {
    const a = this.config.address;
    if (a.type !== "tcp" || this.target.type !== "tcp" || this.target.port !== 0) {
      return this.target;
    }
    return { type: "tcp", host: this.target.host, port: (port + (a.portOffset ?? 0)) & 0xffff };
  }

  /** At 0.0.0.0 or [::]: streams go to the address that their client wanted (manual `server`). */
  get toDestination(): boolean {
    const { host } = this.target as { readonly host?: string };
    return host === "0.0.0.0" || host === "::";
  }

  /** A connection to it tells whose it is: it serves one client's connection only. */
  get isPrivate(): boolean {
    return this.proxyHeader !== undefined || followsClient(this.config.source) ||
      this.config.namespace === "*";
  }
  /** 0: unlimited (manual 5.2 `maxconn`); `minconn` alone is a maxconn */
  get maxconn(): number {
    return this.state.maxconn;
  }
  /** equal to maxconn when the limit is fixed */
  get minconn(): number {
    const max = this.state.maxconn;
    return this.#least > 0 && this.#least < max ? this.#least : max;
  }
  /** Slots in use, in all threads. */
  get currentConnections(): number {
    return this.state.current;
  }
  /** Up, neither in maintenance nor draining, weight above 0. */
  get usable(): boolean {
    return this.state.usable;
  }
  /** Neither down nor in maintenance. */
  get running(): boolean {
    return this.state.running;
  }
  /** Streams in its queue, in all threads. */
  get queued(): number {
    return this.state.queued;
  }
  /** The weight now, 0 to 256. */
  get weight(): number {
    return this.state.weight;
  }
  /** The weight of the configuration. */
  get initialWeight(): number {
    return this.state.initialWeight;
  }
  /** Sessions in the last second; `wall` in ms. */
  sessionRate(wall: number): number {
    return this.counters.sessionRate(wall);
  }
  /** The weight that counts now in sixteenths, 0 to 4096: less than 16 times the weight during slowstart. */
  get effectiveWeight(): number {
    return this.state.effectiveWeight;
  }
}

function fixedTarget(a: ServerAddress): Target {
  if (a.type === "tcp") return { type: "tcp", host: a.host, port: a.port ?? 0 };
  return { type: "unix", path: a.type === "unix" ? a.path : "@" + a.name };
}

function addressOf(a: ServerAddress): Address {
  if (a.type === "tcp") {
    return { family: a.host.includes(":") ? 6 : 4, host: a.host, port: a.port ?? 0 };
  }
  return { family: "unix", host: a.type === "unix" ? a.path : "@" + a.name, port: 0 };
}
