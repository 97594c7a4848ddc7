/** What a pool is made with, and what a stream asks of it. */
import type { BalanceSettings, HashTypeConfig } from "../config/model.ts";
import type { BackendState } from "../state/proxy.ts";
import type { ProxyCounters } from "../state/traffic.ts";
import type { Algorithm } from "./balancer.ts";
import type { PoolGroup } from "./group.ts";
import type { Server } from "./server.ts";

export interface PoolOptions {
  readonly algorithm: Algorithm;
  readonly settings: BalanceSettings;
  readonly hashType: HashTypeConfig;
  /** `hash-balance-factor`, percent; 0: none */
  readonly balanceFactor: number;
  /** `hash-preserve-affinity`; undefined: always */
  readonly affinity: "maxconn" | "maxqueue" | undefined;
  /** 0 <= x < 1 */
  random(): number;
  readonly state: BackendState;
  readonly counters: ProxyCounters;
  /** `option allbackups` */
  readonly allBackups: boolean;
  /** `option redispatch`: streams may leave the server they are stuck to */
  readonly redispatch: boolean;
  /** `option persist`: stay with the server even when it is down */
  readonly persist: boolean;
  /** streams in the backend at which servers reach their maxconn; 0: servers always have their maxconn */
  readonly fullconn: number;
  /** the pools of this backend in this thread */
  readonly group: PoolGroup;
  /** clock ms: who waits how long */
  now(): number;
}

/** What a stream asks for; a stream may be this itself, so that asking allocates nothing. */
export interface AssignOptions {
  /** the server that persistence names; the caller has decided that it may be used */
  readonly preferred?: Server;
  /** a server that has just failed this stream: chosen only when there is no other */
  readonly excluded?: Server;
}
