/**
 * What a balancing algorithm is, and the table of those there are (manual 4.2 `balance`). Their arguments are read
 * by the rows of the same names in lib/config/keywords/balance.ts.
 */
import type { BalanceSettings, HashTypeConfig } from "../config/model.ts";
import type { StreamView } from "../expr/context.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import { First } from "./first.ts";
import { Hashed, Random, SharedRoundRobin, StaticRoundRobin } from "./hashed.ts";
import {
  expressionKey,
  headerKey,
  type Key,
  parameterKey,
  rdpCookieKey,
  sourceKey,
  uriKey,
} from "./keys.ts";
import { LeastConn } from "./leastconn.ts";
import { lineKey } from "./line_key.ts";
import { RoundRobin } from "./roundrobin.ts";
import type { Server } from "./server.ts";
import { Sticky } from "./sticky.ts";
import type { Turn } from "./turn.ts";

/**
 * Chooses among the servers it was last told of. One for each backend and thread; it counts nothing and
 * takes no slot.
 */
export interface Balancer {
  /**
   * The server for a stream: one with room, or, when the stream's key names a server, that one (it may have to
   * be waited for). `excluded` is chosen only when it is the only one. Undefined: no server, or all are full.
   */
  pick(stream: StreamView | undefined, excluded?: Server): Server | undefined;
  /**
   * The servers to choose from now (usable ones; the pool decides on backups), with their present weights.
   * Called whenever the set or a weight has changed.
   */
  update(servers: readonly Server[]): void;
  /** A slot or queue place of `server` was taken or given back. */
  loadChanged(server: Server): void;
  /** Compiles the expression of its arguments; called once before the first pick. */
  compile?(context: CompileContext): void;
}

/** What an algorithm is made with. */
export interface BalancerContext {
  readonly settings: BalanceSettings;
  readonly hashType: HashTypeConfig;
  /** `hash-balance-factor`, percent; 0: none */
  readonly balanceFactor: number;
  /** `hash-preserve-affinity`: when a key leaves its server; undefined: never */
  readonly affinity: "maxconn" | "maxqueue" | undefined;
  /** All servers of the backend in their order, usable or not. */
  readonly servers: readonly Server[];
  /** How many streams the server may serve now (`maxconn`, or between `minconn` and it); 0: any number. */
  limitOf(server: Server): number;
  /** Streams that the servers of the backend serve now. */
  served(): number;
  /** 0 <= x < 1 */
  random(): number;
  /** whose turn it is in all threads; undefined: there is one thread */
  readonly turn: Turn | undefined;
  /** numbers the changes of servers' loads in all threads; undefined: there is one thread */
  readonly nextChange: (() => number) | undefined;
}

/** One row of the table. */
export interface Algorithm {
  readonly name: string;
  /**
   * True: weights may be changed at run time. False: they count as they were when the servers were laid out, and a
   * server has all of its weight or nothing. `hash`: true with `hash-type consistent`.
   */
  readonly dynamic: boolean | "hash";
  /** True: a stream's key names its server, which it waits for even when others are free. */
  readonly keyed: boolean;
  create(context: BalancerContext): Balancer;
}

function hashed(
  name: string,
  key: (settings: BalanceSettings, type: HashTypeConfig) => Key,
): Algorithm {
  return {
    name,
    dynamic: "hash",
    keyed: true,
    create: (context) => new Hashed(key(context.settings, context.hashType), context),
  };
}

export const algorithms: readonly Algorithm[] = [
  {
    name: "roundrobin",
    dynamic: true,
    keyed: false,
    create: (context) =>
      context.turn === undefined ? new RoundRobin(context) : new SharedRoundRobin(context),
  },
  {
    name: "static-rr",
    dynamic: false,
    keyed: false,
    create: (context) => new StaticRoundRobin(context),
  },
  {
    name: "leastconn",
    dynamic: true,
    keyed: false,
    create: (context) => new LeastConn(context),
  },
  {
    name: "first",
    dynamic: true,
    keyed: false,
    create: (context) => new First(context),
  },
  {
    name: "random",
    dynamic: true,
    keyed: false,
    create: (context) => new Random(context),
  },
  hashed("source", (_, type) => sourceKey(type)),
  hashed("uri", uriKey),
  hashed("url_param", parameterKey),
  hashed("hdr", headerKey),
  hashed("hash", expressionKey),
  hashed("rdp-cookie", rdpCookieKey),
  hashed("log-hash", lineKey),
  {
    name: "sticky",
    dynamic: true,
    keyed: false,
    create: () => new Sticky(),
  },
];

const byName = new Map(algorithms.map((a) => [a.name, a]));

/** Finds an algorithm by its name. */
export function algorithmNamed(name: string): Algorithm | undefined {
  return byName.get(name);
}

/** True when weights may be changed at run time to any value (management manual 9.3 `set weight`). */
export function isDynamic(algorithm: Algorithm, hashType: HashTypeConfig): boolean {
  return algorithm.dynamic === "hash" ? hashType.method === "consistent" : algorithm.dynamic;
}
