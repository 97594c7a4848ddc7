/** A real nginx with its own directory; answers its name, files, or whatever `extra` says. */
import type { Scope } from "./scope.ts";
import { type Running, start } from "./process.ts";
import { waitListening } from "./ports.ts";
import { isRoot } from "./needs.ts";

export interface NginxOptions {
  /** `host:port` each, perhaps with settings of `listen` behind it */
  readonly listen: readonly string[];
  /** text of /index.html and of every path that has no file of its own */
  readonly name: string;
  /** more files below the document root */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** more lines in the server block */
  readonly extra?: string;
  readonly workers?: number;
  readonly namespace?: string;
  /** default: off */
  readonly accessLog?: boolean;
}

export interface Nginx {
  readonly process: Running;
  readonly root: string;
  accessLog(): string;
}

/** Starts nginx and waits until it listens. */
export async function startNginx(scope: Scope, options: NginxOptions): Promise<Nginx> {
  const dir = `nginx-${options.name}`;
  const root = scope.path(`${dir}/html`);
  scope.write(`${dir}/html/index.html`, `${options.name}\n`);
  for (const [path, content] of Object.entries(options.files ?? {})) {
    scope.write(`${dir}/html/${path}`, content);
  }
  const at = scope.path(dir);
  const conf = scope.write(
    `${dir}/nginx.conf`,
    `${isRoot ? "user root;\n" : ""}daemon off;
worker_processes ${options.workers ?? 1};
pid ${at}/pid;
error_log stderr warn;
worker_rlimit_nofile 16384;
events { worker_connections 12000; }
http {
  access_log ${options.accessLog === true ? `${at}/access.log` : "off"};
  default_type text/plain;
  keepalive_requests 1000000;
  keepalive_timeout 300s;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path ${at}/body; proxy_temp_path ${at}/proxy; fastcgi_temp_path ${at}/fcgi;
  uwsgi_temp_path ${at}/uwsgi; scgi_temp_path ${at}/scgi;
  server {
    ${options.listen.map((each) => `listen ${each};`).join("\n    ")}
    root ${root};
    client_max_body_size 0;
    location / { try_files $uri /index.html; }
    ${options.extra ?? ""}
  }
}
`,
  );
  const process = start(scope, dir, ["nginx", "-e", "stderr", "-p", at, "-c", conf], {
    stopSignal: "SIGTERM",
    namespace: options.namespace,
  });
  await waitListening(process, options.listen.map((each) => each.split(" ")[0]));
  return { process, root, accessLog: () => readIfThere(`${at}/access.log`) };
}

/** The file's text, empty while there is none. */
export function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
