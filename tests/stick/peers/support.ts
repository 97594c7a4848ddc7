/** Sessions of the peers protocol without a network: what one produces, the other receives. */
import type { StickTableConfig } from "../../../lib/config/model_stick.ts";
import { layoutOf } from "../../../lib/stick/layout.ts";
import { PeerSession, type PeerSessionOptions } from "../../../lib/stick/peers/session.ts";
import type { SharedTable } from "../../../lib/stick/peers/shared_table.ts";
import { StickTable } from "../../../lib/stick/table.ts";
import { tableConfig } from "../support.ts";

export const WALL = 1_700_000_000_000;

export function peerTable(more: Partial<StickTableConfig>): StickTable {
  const config = tableConfig({ peers: "p", ...more });
  return new StickTable("t", config, new SharedArrayBuffer(layoutOf(config).bytes), [1, 2]);
}

/** The tables that HAProxy's lesson is about. */
export function sharedTables(): SharedTable[] {
  const rate = (name: string, period: number, count?: number) => ({ name, period, count });
  const tables: [string, Partial<StickTableConfig>][] = [
    ["st", {
      type: "ip",
      expire: 600_000,
      store: [
        { name: "server_id" },
        { name: "gpc0" },
        rate("http_req_rate", 10_000),
        { name: "http_req_cnt" },
        { name: "conn_cur" },
        { name: "bytes_in_cnt" },
        { name: "server_key" },
      ],
    }],
    ["ss", { type: "string", length: 20, store: [{ name: "gpt0" }] }],
    ["bb", { type: "binary", length: 6, store: [{ name: "gpt0" }] }],
    ["s6", { type: "ipv6", store: [rate("conn_rate", 3000)] }],
    ["/t1", {
      type: "integer",
      expire: 300_000,
      store: [{ name: "gpc", count: 3 }, rate("gpc_rate", 10_000, 2), { name: "gpt", count: 2 }],
    }],
  ];
  return tables.map(([name, config], i) => ({ id: i + 1, name, table: peerTable(config) }));
}

export interface TestSession {
  readonly session: PeerSession;
  /** lessons that have ended: whether they were whole */
  readonly lessons: boolean[];
  readonly mismatches: string[];
}

export function newSession(
  tables: readonly SharedTable[],
  more: Partial<PeerSessionOptions> = {},
): TestSession {
  const lessons: boolean[] = [];
  const mismatches: string[] = [];
  const session = new PeerSession({
    tables,
    progress: new Map(),
    minor: 1,
    mostUpdates: 200,
    now: () => 0,
    wall: () => WALL,
    isWhole: () => true,
    onLesson: (whole) => lessons.push(whole),
    onMismatch: (table) => mismatches.push(table),
    ...more,
  });
  return { session, lessons, mismatches };
}

/** Lets both talk until neither has anything to say. Answers how many messages' bytes went each way. */
export function converse(a: PeerSession, b: PeerSession, cut = 7): [number, number] {
  const told: [number, number] = [0, 0];
  for (;;) {
    let silent = true;
    for (const [from, to, way] of [[a, b, 0], [b, a, 1]] as const) {
      for (let bytes = from.produce(); bytes !== undefined; bytes = from.produce()) {
        silent = false;
        told[way] += bytes.length;
        for (let at = 0; at < bytes.length; at += cut) to.receive(bytes.subarray(at, at + cut));
      }
    }
    if (silent) return told;
  }
}
