/** Who this is: `-v`, `-vv`, `version`. */
import manifest from "../../deno.json" with { type: "json" };
import { LANGUAGE_VERSION } from "../config/version.ts";
import { transportsHere } from "../net/best_transport.ts";
import { libc } from "../net/libc.ts";
import { bestTlsEngine } from "../net/tls/best_engine.ts";
import { openFiles } from "../runtime/open_files.ts";
import { defaultMaxconn } from "../runtime/file_limit.ts";

export const VERSION: string = manifest.version;

/** What `feature()` finds in `.if` conditions, by HAProxy's names of build options. */
export const FEATURES: ReadonlySet<string> = new Set(["GETADDRINFO", "SYSTEMD"]);

/** One line: `sluice 0.1.0 (configuration language of HAProxy 2.6.12)`. */
export function versionLine(): string {
  return `sluice ${VERSION} (configuration language of HAProxy ${LANGUAGE_VERSION})`;
}

/** What TLS is made of, and what that cannot do. */
function tlsHere(): string {
  const { version, missing } = bestTlsEngine();
  return missing.size === 0 ? version : `${version}; without ${[...missing.keys()].join(", ")}`;
}

/** Several lines: the runtime, and what this process is able to do here. */
export function versionDetails(): string {
  const ffi = libc() !== undefined;
  const files = openFiles();
  const rows: [string, string][] = [
    ["License", manifest.license],
    ["Runtime", `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`],
    ["Running on", `${Deno.build.target}, ${Deno.osRelease()}`],
    ["Executable", Deno.execPath()],
    ["Transports", transportsHere().join("; ")],
    ["TLS", tlsHere()],
    ["FFI", ffi ? "yes: chroot, ulimit-n, log datagrams in batches" : "no: chroot is not possible"],
    [
      "Open files",
      files === undefined
        ? "the limit is not known"
        : `${files.soft} (hard limit ${files.hard}), maxconn ${
          defaultMaxconn(files.soft)
        } by default`,
    ],
    ["Features", [...FEATURES].join(" ")],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)} : ${text}`).join("\n");
}
