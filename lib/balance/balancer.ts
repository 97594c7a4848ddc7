/** What a balancing algorithm is, and the table of those there are (manual 4.2 `balance`). */
import type { Word } from "../config/document.ts";
import type { StreamView } from "../expr/context.ts";
import type { Server } from "./server.ts";
import { LeastConn } from "./leastconn.ts";
import { RoundRobin } from "./roundrobin.ts";

/**
 * Chooses among the servers it was last told of. One for each backend and thread; it counts nothing and
 * takes no slot.
 */
export interface Balancer {
  /**
   * The server for a stream: one with room. `excluded` is chosen only when it is the only one.
   * Undefined: no server, or all are full.
   */
  pick(stream: StreamView | undefined, excluded?: Server): Server | undefined;
  /**
   * The servers to choose from now (usable ones; the pool decides on backups), with their present weights.
   * Called whenever the set or a weight has changed.
   */
  update(servers: readonly Server[]): void;
  /** A slot or queue place of `server` was taken or given back. */
  loadChanged(server: Server): void;
}

/** What an algorithm is made with. */
export interface BalancerContext {
  readonly args: readonly Word[];
  /** All servers of the backend in their order, usable or not. */
  readonly servers: readonly Server[];
  /** How many streams the server may serve now (`maxconn`, or between `minconn` and it); 0: any number. */
  limitOf(server: Server): number;
}

/** One row of the table. */
export interface Algorithm {
  readonly name: string;
  /** arguments as the manual writes them */
  readonly args: string;
  readonly maxArgs: number;
  /** true: weights may change at run time */
  readonly dynamic: boolean;
  readonly section: string;
  readonly doc: string;
  create(context: BalancerContext): Balancer;
}

export const algorithms: readonly Algorithm[] = [
  {
    name: "roundrobin",
    args: "",
    maxArgs: 0,
    dynamic: true,
    section: "4.2 balance",
    doc: "Each server in turn, as often as its weight says, spread as evenly as can be.",
    create: (context) => new RoundRobin(context),
  },
  {
    name: "leastconn",
    args: "",
    maxArgs: 0,
    dynamic: true,
    section: "4.2 balance",
    doc: "The server with the fewest connections for its weight; equal ones in turn.",
    create: (context) => new LeastConn(context),
  },
];

/** Finds an algorithm by its name. */
export function algorithmNamed(name: string): Algorithm | undefined {
  return algorithms.find((a) => a.name === name);
}
