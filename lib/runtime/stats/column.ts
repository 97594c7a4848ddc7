/**
 * What a statistics column is (management manual 9.1): one row of a table, with a function for each type of
 * object that has a value there.
 */
import type { Server } from "../../balance/server.ts";
import type { CheckResult } from "../../health/result.ts";
import type { Backend } from "../../proxy/backend.ts";
import type { Frontend, SocketStats } from "../../proxy/frontend.ts";
import { PC, type ProxyCounters, type ServerCounters } from "../../state/traffic.ts";

/** undefined: the field is empty. */
export type StatValue = number | string | undefined;

/** What a row of statistics is about. */
export interface FrontendSubject {
  readonly kind: "frontend";
  readonly frontend: Frontend;
  /** what holds where the frontend has no maxconn of its own */
  readonly processMaxconn: number;
  /** wall ms */
  readonly now: number;
}

export interface BackendSubject {
  readonly kind: "backend";
  readonly backend: Backend;
  /** usable servers */
  readonly active: number;
  readonly backups: number;
  /** false: addresses, cookies and the algorithm are not shown (`stats show-legends`) */
  readonly legends: boolean;
  /** true: rows of servers were left out, so that the status says how many there are */
  readonly partial: boolean;
  /** wall ms */
  readonly now: number;
}

export interface ServerSubject {
  readonly kind: "server";
  readonly server: Server;
  readonly backend: Backend;
  readonly lastCheck: CheckResult | undefined;
  readonly lastAgent: CheckResult | undefined;
  /** false: addresses, cookies and the algorithm are not shown (`stats show-legends`) */
  readonly legends: boolean;
  /** wall ms */
  readonly now: number;
}

/** A listening address with counters of its own (`option socket-stats`). */
export interface ListenerSubject {
  readonly kind: "listener";
  readonly frontend: Frontend;
  readonly socket: SocketStats;
  /** false: its address is not shown (`stats show-legends`) */
  readonly legends: boolean;
}

export type Subject = FrontendSubject | ListenerSubject | BackendSubject | ServerSubject;

/** Subjects whose columns are counted in one way. */
type Counted = Exclude<Subject, ListenerSubject>;

/** One column; a type that is not there has an empty field. */
export interface StatColumn {
  readonly name: string;
  readonly doc: string;
  readonly frontend?: (subject: FrontendSubject) => StatValue;
  readonly listener?: (subject: ListenerSubject) => StatValue;
  readonly backend?: (subject: BackendSubject) => StatValue;
  readonly server?: (subject: ServerSubject) => StatValue;
}

/** The value of a column for any subject. */
export function valueOf(column: StatColumn, subject: Subject): StatValue {
  switch (subject.kind) {
    case "frontend":
      return column.frontend?.(subject);
    case "listener":
      return column.listener?.(subject);
    case "backend":
      return column.backend?.(subject);
    case "server":
      return column.server?.(subject);
  }
}

type Types = "FBS" | "FB" | "BS" | "F" | "B" | "S";
type Both = ProxyCounters | ServerCounters;

/** The counters of a subject; the fields that proxies and servers share have one position in both. */
export function countersOf(subject: Counted): Both {
  switch (subject.kind) {
    case "frontend":
      return subject.frontend.counters;
    case "backend":
      return subject.backend.counters;
    case "server":
      return subject.server.counters;
  }
}

/** The proxy, or that side of it, that the subject belongs to. */
export function proxyOf(subject: Subject): Frontend | Backend {
  return "frontend" in subject ? subject.frontend : subject.backend;
}

/** True when the subject belongs to a proxy in mode http. */
export function isHttp(subject: Subject): boolean {
  return proxyOf(subject).mode === "http";
}

/** A column whose value is had in one way from all its types (F: frontends, B: backends, S: servers). */
export function column(
  name: string,
  types: Types,
  doc: string,
  value: (subject: Counted) => StatValue,
): StatColumn {
  return {
    name,
    doc,
    ...(types.includes("F") ? { frontend: value } : {}),
    ...(types.includes("B") ? { backend: value } : {}),
    ...(types.includes("S") ? { server: value } : {}),
  };
}

/** A counter. */
export function counter(name: keyof typeof PC, types: Types, doc: string): StatColumn {
  const field = PC[name];
  return column(name, types, doc, (subject) => countersOf(subject).total(field));
}

/** A counter of proxies in mode http; empty in mode tcp. */
export function httpCounter(name: keyof typeof PC, types: Types, doc: string): StatColumn {
  const field = PC[name];
  return column(
    name,
    types,
    doc,
    (subject) => isHttp(subject) ? countersOf(subject).total(field) : undefined,
  );
}

/** An average over the last 1024 streams, ms. */
export function average(
  name: "qtime" | "ctime" | "rtime" | "ttime",
  doc: string,
): StatColumn {
  const field = PC[name];
  return column(name, "BS", doc, (subject) => countersOf(subject).averageTime(field));
}

/** A column that is empty because sluice has nothing to say there. */
export function empty(name: string, doc: string): StatColumn {
  return { name, doc };
}

/** A column of something that cannot happen here yet: always 0. */
export function zero(name: string, types: Types, doc: string): StatColumn {
  return column(name, types, doc, () => 0);
}

/** What the weights of several servers make together. */
export function totalWeight(servers: readonly { readonly effectiveWeight: number }[]): number {
  return Math.ceil(servers.reduce((sum, server) => sum + server.effectiveWeight, 0) / 16);
}
