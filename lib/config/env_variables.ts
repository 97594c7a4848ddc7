/** The `SLUICE_*` variables: a balancer without any file. Each row says what statements its value becomes. */

/** Which section of the resulting configuration a statement goes to. */
export type EnvTarget = "global" | "defaults" | "listen" | "stats";

export interface EnvVariable {
  readonly name: string;
  readonly syntax: string;
  /** What holds when it is not set; absent: nothing, or HAProxy's default. */
  readonly default?: string;
  readonly doc: string;
  readonly target: EnvTarget;
  /**
   * Cuts the value into items, each becoming one statement of `words` followed by the item's own words:
   * `whole` (one item), `commas`, `lines` (separated by `;` or line feeds), `flag` (`true`/`false` or
   * `1`/`0`, `yes`/`no`, `on`/`off`; its words are added to each server), `servers` (`name=address options,...`).
   */
  readonly items: "whole" | "commas" | "lines" | "flag" | "servers";
  readonly words: readonly string[];
}

export const ENV_VARIABLES: readonly EnvVariable[] = [
  {
    name: "SLUICE_BIND",
    syntax: "ADDRESS [OPTION...][,...]",
    default: ":8080",
    doc: "where to listen, with the options of a `bind` line",
    target: "listen",
    items: "commas",
    words: ["bind"],
  },
  {
    name: "SLUICE_SERVERS",
    syntax: "[NAME=]ADDRESS [OPTION...][,...]",
    doc: "the servers, with the options of a `server` line; without names they are s1, s2, ...",
    target: "listen",
    items: "servers",
    words: ["server"],
  },
  {
    name: "SLUICE_MODE",
    syntax: "http|tcp",
    default: "http",
    doc: "what is balanced: requests or connections",
    target: "defaults",
    items: "whole",
    words: ["mode"],
  },
  {
    name: "SLUICE_BALANCE",
    syntax: "ALGORITHM [ARGUMENT...]",
    default: "roundrobin",
    doc: "the algorithm that chooses a server",
    target: "listen",
    items: "whole",
    words: ["balance"],
  },
  {
    name: "SLUICE_CHECK",
    syntax: "true|false",
    default: "true",
    doc: "check the servers' health (on here, for nobody expects a one-liner to feed dead servers)",
    target: "listen",
    items: "flag",
    words: ["check"],
  },
  {
    name: "SLUICE_HTTPCHK",
    syntax: "[METHOD] URI",
    doc: "check with an HTTP request instead of a connection",
    target: "listen",
    items: "whole",
    words: ["option", "httpchk"],
  },
  {
    name: "SLUICE_COOKIE",
    syntax: "NAME [OPTION...]",
    doc: "stick clients to servers by a cookie (`insert indirect nocache` without options)",
    target: "listen",
    items: "whole",
    words: ["cookie"],
  },
  {
    name: "SLUICE_TLS_CERT",
    syntax: "FILE",
    doc: "certificate and key (PEM): every address of SLUICE_BIND that does not say `ssl` is TLS",
    target: "listen",
    items: "whole",
    words: ["ssl", "crt"],
  },
  {
    name: "SLUICE_STATS",
    syntax: "ADDRESS",
    doc: "where the statistics page is, at /",
    target: "stats",
    items: "whole",
    words: ["bind"],
  },
  {
    name: "SLUICE_MAXCONN",
    syntax: "NUMBER",
    doc: "most connections of the process",
    target: "global",
    items: "whole",
    words: ["maxconn"],
  },
  {
    name: "SLUICE_THREADS",
    syntax: "NUMBER",
    doc: "number of threads (one for each CPU); with a file, where that has no `nbthread`",
    target: "global",
    items: "whole",
    words: ["nbthread"],
  },
  {
    name: "SLUICE_TIMEOUT_CLIENT",
    syntax: "TIME",
    default: "1m",
    doc: "longest silence of a client",
    target: "defaults",
    items: "whole",
    words: ["timeout", "client"],
  },
  {
    name: "SLUICE_TIMEOUT_SERVER",
    syntax: "TIME",
    default: "1m",
    doc: "longest silence of a server",
    target: "defaults",
    items: "whole",
    words: ["timeout", "server"],
  },
  {
    name: "SLUICE_TIMEOUT_CONNECT",
    syntax: "TIME",
    default: "5s",
    doc: "longest time a connection to a server may take",
    target: "defaults",
    items: "whole",
    words: ["timeout", "connect"],
  },
  {
    name: "SLUICE_RETRIES",
    syntax: "NUMBER",
    doc: "how often a failed connection to a server is tried again",
    target: "defaults",
    items: "whole",
    words: ["retries"],
  },
  {
    name: "SLUICE_LOG",
    syntax: "ADDRESS [OPTION...] FACILITY [LEVEL][,...]",
    doc: "where log lines go, as in a `log` line; turns on the log of requests or connections",
    target: "global",
    items: "commas",
    words: ["log"],
  },
  {
    name: "SLUICE_OPTIONS",
    syntax: "OPTION [ARGUMENT...][,...]",
    doc: "other `option` lines, such as `forwardfor,http-server-close`",
    target: "defaults",
    items: "commas",
    words: ["option"],
  },
  {
    name: "SLUICE_LINES",
    syntax: "LINE[;...]",
    doc: "any other lines of the `listen` section, separated by `;` or line feeds",
    target: "listen",
    items: "lines",
    words: [],
  },
];
