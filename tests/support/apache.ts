/** A real Apache httpd with its own directory and access log. */
import type { Scope } from "./scope.ts";
import { type Running, start } from "./process.ts";
import { waitListening } from "./ports.ts";
import { findProgram, isRoot } from "./needs.ts";
import { readIfThere } from "./nginx.ts";

export interface ApacheOptions {
  /** `host:port` */
  readonly listen: string;
  readonly name: string;
  /** Apache's LogFormat, default: common with the address only */
  readonly logFormat?: string;
  readonly namespace?: string;
  /** more modules, by name and file, and lines that use them; `$root` in them is its directory of documents */
  readonly modules?: Readonly<Record<string, string>>;
  readonly lines?: string;
}

export interface Apache {
  readonly process: Running;
  readonly root: string;
  accessLog(): string;
}

/** The program's name: apache2 on Debian, httpd elsewhere. */
export const apacheProgram = findProgram("apache2") === undefined ? "httpd" : "apache2";

const MODULES: Readonly<Record<string, string>> = {
  mpm_event_module: "mod_mpm_event.so",
  authz_core_module: "mod_authz_core.so",
  dir_module: "mod_dir.so",
};

/** Starts Apache httpd and waits until it listens. */
export async function startApache(scope: Scope, options: ApacheOptions): Promise<Apache> {
  const dir = `apache-${options.name}`;
  const at = scope.path(dir);
  const root = `${at}/html`;
  scope.write(`${dir}/html/index.html`, `${options.name}\n`);
  const modules = Object.entries({ ...MODULES, ...options.modules }).map(([name, file]) =>
    `LoadModule ${name} /usr/lib/apache2/modules/${file}`
  ).join("\n");
  const conf = scope.write(
    `${dir}/apache.conf`,
    `ServerRoot ${at}
ServerName ${options.name}
PidFile ${at}/pid
DefaultRuntimeDir ${at}
Mutex file:${at} default
${modules}
${isRoot ? "User www-data\nGroup www-data" : ""}
Listen ${options.listen}
ErrorLog ${at}/error.log
LogFormat "${(options.logFormat ?? "%h %r").replaceAll('"', '\\"')}" asked
CustomLog ${at}/access.log asked
DocumentRoot ${root}
DirectoryIndex index.html
StartServers 1
ThreadsPerChild 16
MinSpareThreads 1
MaxSpareThreads 32
MaxRequestWorkers 32
${(options.lines ?? "").replaceAll("$root", root)}
`,
  );
  const process = start(scope, dir, [apacheProgram, "-D", "FOREGROUND", "-f", conf], {
    namespace: options.namespace,
  });
  await waitListening(process, [options.listen]);
  return { process, root, accessLog: () => readIfThere(`${at}/access.log`) };
}
