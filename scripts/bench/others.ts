/** nginx and Caddy as the same reverse proxy, for rows that need nothing of HAProxy's language. */
import { findProgram } from "../../tests/support/needs.ts";
import { freePort, waitListening } from "../../tests/support/ports.ts";
import { start } from "../../tests/support/process.ts";
import type { Scope } from "../../tests/support/scope.ts";
import type { PackageRow } from "../test/packages.ts";
import { pinned, PROXY_CORE } from "./machine.ts";
import type { Contender } from "./proxies.ts";

/** What the benchmark needs beyond the tests. */
export const BENCH_PACKAGES: readonly PackageRow[] = [{ name: "caddy", programs: ["caddy"] }];

export type OtherName = "nginx" | "caddy";

/** Those that this machine has. */
export function othersHere(): OtherName[] {
  return (["nginx", "caddy"] as const).filter((name) => findProgram(name) !== undefined);
}

interface Parts {
  readonly port: number;
  readonly origin: string;
  /** certificate and key; empty: no TLS */
  readonly crt: string;
  /** where it may write */
  readonly directory: string;
}

const nginxText = ({ port, origin, crt, directory }: Parts) =>
  `daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${directory}/nginx.pid;
error_log stderr;
events { worker_connections 19000; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  upstream be { server ${origin}; keepalive 200; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} ${crt === "" ? "" : "ssl"} backlog=10500;
    ${crt === "" ? "" : `ssl_certificate ${crt}; ssl_certificate_key ${crt};`}
    keepalive_timeout 300s;
    location / {
      proxy_pass http://be;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`;

const caddyText = ({ port, origin, crt, directory }: Parts) =>
  `{
  admin off
  auto_https off
  storage file_system ${directory}
  log default {
    level ERROR
  }
}
${crt === "" ? "http" : "https"}://:${port} {
  bind 127.0.0.1
  ${crt === "" ? "" : `tls ${crt} ${crt}`}
  reverse_proxy ${origin}
}
`;

/** Starts it on the proxies' core. */
export async function startOther(
  scope: Scope,
  name: OtherName,
  origin: string,
  crt: string,
): Promise<Contender> {
  const port = freePort();
  const folder = `${name}-${port}`;
  const directory = scope.path(folder);
  Deno.mkdirSync(directory);
  const parts = { port, origin, crt, directory };
  const text = name === "nginx" ? nginxText(parts) : caddyText(parts);
  const config = scope.write(`${folder}/${name === "nginx" ? "nginx.conf" : "Caddyfile"}`, text);
  const program = findProgram(name)!;
  const command = name === "nginx"
    ? [program, "-e", "stderr", "-p", directory, "-c", config]
    : [program, "run", "--adapter", "caddyfile", "--config", config];
  const process = start(scope, folder, pinned(PROXY_CORE, command), {
    env: { HOME: directory, GOMAXPROCS: "1" },
  });
  await waitListening(process, [`127.0.0.1:${port}`]);
  return { name, process, port };
}
