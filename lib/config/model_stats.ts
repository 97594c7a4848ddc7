/** What a proxy's `stats` statements say (manual 4.2): the statistics page that it serves. */
import type { WordsAt } from "./model.ts";

export interface StatsConfig {
  /** what the URI of a request for the page begins with */
  readonly uri: string;
  /** undefined: the default */
  readonly realm?: string;
  /** who may see it; empty: everybody, or whom `httpRequest` lets in */
  readonly users: readonly StatsUser[];
  /** seconds between two loads of the page */
  readonly refresh?: number;
  readonly hideVersion: boolean;
  readonly showLegends: boolean;
  readonly showModules: boolean;
  /** true: the process's own description */
  readonly showDesc?: string | true;
  /** true: the process's own node name */
  readonly showNode?: string | true;
  /** names of the proxies that are shown, `.` for this one; empty: all */
  readonly scope: readonly string[];
  /** conditions: who may change servers; the first that is met counts */
  readonly admin: readonly WordsAt[];
  /** `allow`, `deny`, `auth` */
  readonly httpRequest: readonly WordsAt[];
}

export interface StatsUser {
  readonly name: string;
  readonly password: string;
}

/** What holds when only `stats enable` is written; HAProxy's defaults. */
export const DEFAULT_STATS: StatsConfig = {
  uri: "/haproxy?stats",
  users: [],
  hideVersion: false,
  showLegends: false,
  showModules: false,
  scope: [],
  admin: [],
  httpRequest: [],
};

/** The realm when `stats realm` does not say one. */
export const DEFAULT_STATS_REALM = "HAProxy Statistics";
