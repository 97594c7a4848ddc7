/** What is measured: one row for each kind of traffic, the same configuration text for both proxies. */

export interface BenchRow {
  readonly name: string;
  readonly title: string;
  /** lines of `defaults` */
  readonly defaults: string;
  /** lines of the frontend */
  readonly frontend?: string;
  /** path asked for */
  readonly path: string;
  readonly connections: number;
  /** more arguments of wrk */
  readonly wrk?: readonly string[];
}

export const ROWS: readonly BenchRow[] = [
  {
    name: "small",
    title: "small body, keep-alive, 64 connections",
    defaults: "mode http",
    path: "/small",
    connections: 64,
  },
  {
    name: "rules",
    title: "1 kB with a few rules, keep-alive, 64 connections",
    defaults: "mode http\noption forwardfor",
    frontend: `acl static path_end -i .jpg .png .css .js
      acl api path_beg /api/
      acl bot hdr_sub(user-agent) -i curl wget
      http-request deny deny_status 403 if bot
      http-request deny if { path_beg /private }
      http-request set-header X-Kind static if static
      http-request set-header X-Kind page if !static !api`,
    path: "/kb",
    connections: 64,
  },
  {
    name: "100kB",
    title: "100 kB body, keep-alive, 16 connections",
    defaults: "mode http",
    path: "/100kb",
    connections: 16,
  },
  {
    name: "close",
    title: "a connection for each request, 64 at once",
    defaults: "mode http",
    path: "/small",
    connections: 64,
    wrk: ["-H", "Connection: close"],
  },
  {
    name: "tcp-small",
    title: "mode tcp, small exchanges, 64 connections",
    defaults: "mode tcp",
    path: "/small",
    connections: 64,
  },
  {
    name: "tcp-bulk",
    title: "mode tcp, 10 MB each, 8 connections",
    defaults: "mode tcp",
    path: "/10mb",
    connections: 8,
  },
];

/** The configuration of a row. */
export function configText(row: BenchRow, bind: string, origin: string): string {
  return `global
    maxconn 10500
defaults
    ${row.defaults.split("\n").join("\n    ")}
    maxconn 10500
    timeout connect 5s
    timeout client 5m
    timeout server 5m
frontend fe
    bind ${bind}
    ${row.frontend ?? ""}
    default_backend be
backend be
    server s1 ${origin}
`;
}

/** The origin's locations. */
export const ORIGIN_LOCATIONS = `
    location = /small { return 200 "hello world\\n"; }
`;

/** The origin's files. */
export function originFiles(): Record<string, Uint8Array> {
  const file = (size: number) => new Uint8Array(size).fill(0x61);
  return { kb: file(1000), "100kb": file(100_000), "10mb": file(10_000_000) };
}
