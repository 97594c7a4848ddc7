/** What is measured: one row for each kind of traffic, the same configuration text for both proxies. */

export interface BenchRow {
  readonly name: string;
  readonly title: string;
  /** lines of `defaults` */
  readonly defaults: string;
  /** whole sections beside the others */
  readonly sections?: string;
  /** lines of the frontend; `FILE` in them stands for a file with `entries` lines of a map */
  readonly frontend?: string;
  readonly entries?: number;
  /** clients speak TLS */
  readonly tls?: true;
  /** path asked for */
  readonly path: string;
  readonly connections: number;
  /** more arguments of wrk */
  readonly wrk?: readonly string[];
  /** lines of the backend, and settings of the server's line */
  readonly backend?: string;
  readonly server?: string;
  /** nginx and Caddy can do the same */
  readonly others?: true;
  /** no latency at a fixed rate: each request has a connection of its own, or lasts too long for one */
  readonly unpaced?: true;
  /** HTTP/2, with so many requests at one time on each connection */
  readonly streams?: number;
}

/** A lookup for each request, in a map of so many hosts. */
const map = (name: string, entries: number): BenchRow => ({
  name,
  title: `1 kB with a lookup in a map of ${entries} entries, 64 connections`,
  defaults: "mode http",
  frontend: "http-request set-header X-Site %[path,map_beg(FILE,none)]",
  entries,
  path: "/kb",
  connections: 64,
});

const two = (n: number) => String(n).padStart(3, "0");

export const ROWS: readonly BenchRow[] = [
  {
    name: "small",
    title: "small body, keep-alive, 64 connections",
    others: true,
    defaults: "mode http",
    path: "/small",
    connections: 64,
  },
  {
    name: "rules",
    title: "1 kB with rules, cookie, header edits, keep-alive, 64 connections",
    defaults: "mode http\noption forwardfor",
    frontend: `acl static path_end -i .jpg .png .css .js
      acl api path_beg /api/
      acl bot hdr_sub(user-agent) -i curl wget
      http-request deny deny_status 403 if bot
      http-request deny if { path_beg /private }
      http-request set-header X-Kind static if static
      http-request set-header X-Kind page if !static !api
      http-response del-header Server
      http-response add-header X-Frame-Options SAMEORIGIN`,
    backend: "cookie SRV insert indirect nocache",
    server: "cookie s1",
    path: "/kb",
    connections: 64,
  },
  {
    name: "acl200",
    title: "1 kB with 200 acl path_beg and 200 use_backend, 64 connections",
    defaults: "mode http",
    frontend: [
      ...Array.from({ length: 200 }, (_, i) => `acl a${two(i)} path_beg /section${two(i)}/`),
      ...Array.from({ length: 200 }, (_, i) => `use_backend be if a${two(i)}`),
    ].join("\n    "),
    path: "/kb",
    connections: 64,
  },
  {
    name: "h2",
    title: "HTTP/2, small body, 16 connections with 10 streams",
    defaults: "mode http",
    path: "/small",
    connections: 16,
    streams: 10,
  },
  {
    name: "h2-1",
    title: "HTTP/2, small body, 64 connections with one stream",
    defaults: "mode http",
    path: "/small",
    connections: 64,
    streams: 1,
  },
  map("map10", 10),
  map("map100k", 100_000),
  {
    name: "track",
    title: "1 kB with track-sc0 and http_req_rate, 64 connections",
    defaults: "mode http",
    frontend: `stick-table type ip size 1m expire 10m store http_req_rate(10s)
    http-request track-sc0 src
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100000000 }`,
    path: "/kb",
    connections: 64,
  },
  {
    name: "kb",
    title: "1 kB, 64 connections (to compare the rows with tables and caches with)",
    others: true,
    defaults: "mode http",
    path: "/kb",
    connections: 64,
  },
  {
    name: "cached",
    title: "1 kB from the cache, 64 connections",
    defaults: "mode http",
    sections: "cache c\n    total-max-size 4\n    max-age 600\n",
    frontend: "http-request cache-use c\n    http-response cache-store c",
    path: "/kb",
    connections: 64,
  },
  {
    name: "gzip",
    title: "20 kB of HTML compressed by gzip, 64 connections",
    defaults: "mode http\ncompression algo gzip",
    path: "/page.html",
    connections: 64,
    wrk: ["-H", "Accept-Encoding: gzip"],
  },
  {
    name: "100kB",
    title: "100 kB body, keep-alive, 16 connections",
    others: true,
    defaults: "mode http",
    path: "/100kb",
    connections: 16,
  },
  {
    name: "close",
    title: "a connection for each request, 64 at once",
    others: true,
    unpaced: true,
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
    unpaced: true,
    defaults: "mode tcp",
    path: "/10mb",
    connections: 8,
  },
  {
    name: "tcp-splice",
    title: "mode tcp, option splice-auto, 10 MB each, 8 connections",
    unpaced: true,
    defaults: "mode tcp\noption splice-auto",
    path: "/10mb",
    connections: 8,
  },
  {
    name: "conn1",
    title: "small body, keep-alive, 1 connection",
    others: true,
    defaults: "mode http",
    path: "/small",
    connections: 1,
  },
  {
    name: "conn100",
    title: "small body, keep-alive, 100 connections",
    others: true,
    defaults: "mode http",
    path: "/small",
    connections: 100,
  },
  {
    name: "conn1000",
    title: "small body, keep-alive, 1000 connections",
    others: true,
    server: "maxconn 200",
    defaults: "mode http",
    path: "/small",
    connections: 1000,
  },
  {
    name: "conn10000",
    title: "small body, keep-alive, 9,500 connections",
    others: true,
    // What the machine gives of descriptors is for clients.
    server: "maxconn 200",
    defaults: "mode http",
    path: "/small",
    connections: 9500,
  },
  {
    name: "tls-small",
    title: "TLS, small body, keep-alive, 64 connections",
    others: true,
    defaults: "mode http",
    tls: true,
    path: "/small",
    connections: 64,
  },
  {
    name: "tls-handshake",
    title: "TLS, a handshake (RSA 2048) for each request, 16 at once",
    others: true,
    unpaced: true,
    defaults: "mode http",
    tls: true,
    path: "/small",
    connections: 16,
    wrk: ["-H", "Connection: close"],
  },
  {
    name: "tls-bulk",
    title: "TLS, 10 MB each, 8 connections",
    others: true,
    unpaced: true,
    defaults: "mode http",
    tls: true,
    path: "/10mb",
    connections: 8,
  },
];

/** The configuration of a row. */
export function configText(
  row: BenchRow,
  bind: string,
  origin: string,
  file = "",
  crt = "",
): string {
  return `global
    maxconn 10500
${row.sections ?? ""}defaults
    ${row.defaults.split("\n").join("\n    ")}
    maxconn 10500
    timeout connect 5s
    timeout client 5m
    timeout server 5m
frontend fe
    bind ${bind}${row.tls ? ` ssl crt ${crt}` : ""}
    ${row.frontend?.replace("FILE", file) ?? ""}
    default_backend be
backend be
    ${row.backend ?? ""}
    server s1 ${origin} ${row.server ?? ""}
`;
}

/** The lines of a map with so many paths; none of them is asked for. */
export function mapText(entries: number): string {
  const line = (_: unknown, i: number) => `/api/v${i % 10}/section${i % 1000}/item${i} site${i}\n`;
  return Array.from({ length: entries }, line).join("") + "/k common\n";
}

/** The origin's locations. */
export const ORIGIN_LOCATIONS = `
    location = /small { return 200 "hello world\\n"; }
`;

/** 20 kB of a page as shops and catalogues have them: much is said again, with other numbers. */
function page(): Uint8Array {
  let text = "<!DOCTYPE html><html><head><title>Catalogue</title></head><body><ul>\n";
  for (let i = 0; text.length < 20_000; i++) {
    const hash = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    text += `<li class="item ${hash % 3 === 0 ? "new" : "known"}"><a href="/items/${hash}">` +
      `Item ${i}, ${(hash >>> 7).toString(36)} ${(hash >>> 3).toString(36)}</a> <b>${hash % 997}.${
        hash % 100
      }</b></li>\n`;
  }
  return new TextEncoder().encode(text.slice(0, 20_000));
}

/** The origin's files. */
export function originFiles(): Record<string, Uint8Array> {
  const file = (size: number) => new Uint8Array(size).fill(0x61);
  return { kb: file(1000), "100kb": file(100_000), "10mb": file(10_000_000), "page.html": page() };
}
