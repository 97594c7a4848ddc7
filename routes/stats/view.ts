/** What one answer of the statistics page is made from: the request, the rights, the process as it is now. */
import type { StatsConfig } from "../../lib/config/model_stats.ts";
import type { ProcessState } from "../../lib/runtime/process_state.ts";
import { VERSION } from "../../lib/runtime/socket/info.ts";
import { allStats, statSubjects } from "../../lib/runtime/stats/collect.ts";
import { proxyOf, type Subject } from "../../lib/runtime/stats/column.ts";
import { GC } from "../../lib/state/traffic.ts";
import { keyOf, type Row, rowOf, textOf } from "./model.ts";
import type { StatsRequest } from "./request.ts";
import { bytes, count, duration } from "./units.ts";

/** s between two live updates when `stats refresh` does not say */
const LIVE_EVERY = 5;

export interface ProxyRows {
  readonly name: string;
  readonly id: number;
  /** mode, description … */
  readonly meta: string;
  readonly hasServers: boolean;
  /** Its rows, each looked at when it is asked for. */
  rows(): Iterable<Row>;
}

export interface StatsFact {
  readonly label: string;
  readonly value: string;
}

export class StatsView {
  readonly config: StatsConfig;
  readonly request: StatsRequest;
  readonly process: ProcessState;
  readonly admin: boolean;
  readonly token: string;
  readonly version: string = VERSION;
  /** the proxy that the page belongs to: `stats scope .` */
  readonly #self: string;

  constructor(
    self: string,
    config: StatsConfig,
    request: StatsRequest,
    process: ProcessState,
    admin: boolean,
    token: string,
  ) {
    this.#self = self;
    this.config = config;
    this.request = request;
    this.process = process;
    this.admin = admin;
    this.token = token;
  }

  get #host() {
    return this.process.host!;
  }

  get title(): string {
    const node = this.#node;
    return `Statistics Report for sluice${node === undefined ? "" : ` on ${node}`}`;
  }

  get heading(): string {
    const { showDesc } = this.config;
    const node = this.#node;
    const description = showDesc === true
      ? this.#host.generation.config.global.description
      : showDesc;
    return `Statistics Report for pid ${this.process.pid}` +
      (node === undefined ? "" : ` on ${node}`) +
      (description === undefined ? "" : `: ${description}`);
  }

  get #node(): string | undefined {
    const { showNode } = this.config;
    return showNode === true ? this.process.hostname : showNode;
  }

  /** s between two live updates; 0: none */
  get every(): number {
    return this.request.noRefresh ? 0 : this.config.refresh ?? LIVE_EVERY;
  }

  get facts(): readonly StatsFact[] {
    const host = this.#host;
    const { state, acceptor } = host;
    const now = state.wall();
    const { counters } = state;
    let [up, down, other] = [0, 0, 0];
    for (const subject of this.subjects()) {
      if (subject.kind !== "server") continue;
      const status = textOf(subject, "status");
      if (status.startsWith("UP") || status === "no check") up++;
      else if (status.startsWith("DOWN")) down++;
      else other++;
    }
    return [
      { label: "Uptime", value: duration(Math.max(0, Math.floor((now - host.startedAt) / 1000))) },
      { label: "Connections", value: `${count(state.actconn)} of ${count(acceptor.maxconn)}` },
      { label: "Connections a second", value: count(counters.rate(GC.conn_rate_tick, now)) },
      { label: "Requests", value: count(counters.total(GC.cum_req)) },
      { label: "Bytes out", value: bytes(counters.total(GC.bytes_out)) },
      { label: "Servers", value: `${count(up)} up, ${count(down)} down, ${count(other)} other` },
    ];
  }

  /** Everything that the configuration and the request let this page show. */
  *subjects(): Iterable<Subject> {
    const { generation, acceptor, state } = this.#host;
    const { onlyUp, scope } = this.request;
    const wanted = scope.toLowerCase();
    const all = statSubjects(generation, acceptor, state.wall(), {
      ...allStats,
      onlyUp,
      legends: this.config.showLegends,
    });
    for (const subject of all) {
      const { name } = proxyOf(subject);
      if (!this.#inScope(name) || !name.toLowerCase().includes(wanted)) continue;
      yield subject;
    }
  }

  #inScope(name: string): boolean {
    const { scope } = this.config;
    return scope.length === 0 || scope.includes(name) ||
      (scope.includes(".") && name === this.#self);
  }

  get rowCount(): number {
    let n = 0;
    for (const _ of this.subjects()) n++;
    return n;
  }

  /** The proxies with their rows. */
  *proxies(): Iterable<ProxyRows> {
    let name: string | undefined;
    let group: Subject[] = [];
    for (const subject of this.subjects()) {
      const own = proxyOf(subject).name;
      if (own !== name && group.length > 0) {
        yield this.#rows(name!, group);
        group = [];
      }
      name = own;
      group.push(subject);
    }
    if (group.length > 0) yield this.#rows(name!, group);
  }

  #rows(name: string, group: readonly Subject[]): ProxyRows {
    const { config, mode, id } = proxyOf(group[0]);
    const process = this.process;
    const description = config.description === undefined ? "" : `, ${config.description}`;
    const legend = this.config.showLegends ? `, id ${id}` : "";
    return {
      name,
      id,
      meta: `${config.kind}, mode ${mode}${legend}${description}`,
      hasServers: group.some(({ kind }) => kind === "server"),
      *rows() {
        for (const subject of group) yield rowOf(subject, process);
      },
    };
  }

  /** The subject of a row's key, if it may be shown. */
  find(key: string): Subject | undefined {
    for (const subject of this.subjects()) if (keyOf(subject) === key) return subject;
    return undefined;
  }

  /** `stats show-legends`: what is shown beside a name. */
  legendOf(subject: Subject): string {
    if (subject.kind === "frontend") return "";
    if (subject.kind === "listener") {
      return [textOf(subject, "addr"), `id ${subject.socket.id}`].join(", ");
    }
    const cookie = textOf(subject, "cookie");
    const words = subject.kind === "backend"
      ? [textOf(subject, "algo")]
      : [textOf(subject, "addr"), `id ${subject.server.id}`];
    if (cookie !== "") words.push(`cookie ${cookie}`);
    return words.filter((word) => word !== "").join(", ");
  }
}
