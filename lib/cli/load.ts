/** From file names to a Config: read, build, validate; everything that is wrong is in the diagnostics. */
import { buildConfig } from "../config/build.ts";
import { Diagnostics } from "../config/diagnostic.ts";
import { type ConfigFiles, loadDocument } from "../config/load.ts";
import type { Document } from "../config/document.ts";
import type { Config, ProxyConfig } from "../config/model.ts";
import { LOCAL_PEER_OPTION } from "../config/environment.ts";
import { ENVIRONMENT_FILE, environmentSource, readEnv } from "../config/read_env.ts";
import { hasListener } from "../config/validate.ts";
import { DAEMON_VARIABLE } from "../runtime/daemon.ts";
import { defaultThreads } from "./default_threads.ts";
import { FEATURES, VERSION } from "./version.ts";

/** Variables with our prefix that are not configuration. */
export const OTHER_VARIABLES = [
  DAEMON_VARIABLE,
  "SLUICE_CACHE",
  "SLUICE_UNDER_TEST",
  "SLUICE_TEST_KEEP",
];

export interface LoadSettings {
  readonly env: Readonly<Record<string, string>>;
  /** `-L`, default: the machine's name */
  readonly localPeer?: string;
  readonly masterWorker?: boolean;
  /** `-N`: for frontends that set none */
  readonly proxyMaxconn?: number;
  /** how files are read, default: the real file system */
  readonly reader?: ConfigFiles & { readSync?(path: string): Uint8Array };
}

export interface LoadedConfig {
  /** undefined when there are alerts */
  readonly config: Config | undefined;
  readonly diagnostics: Diagnostics;
  /** text by file name, for diagnostics */
  readonly sources: ReadonlyMap<string, string>;
  /** files read, in order; none when the environment is the configuration */
  readonly files: readonly string[];
  /** whether anything would listen */
  readonly listens: boolean;
}

/**
 * Loads the configuration from `paths`, or from the `SLUICE_*` variables when there are none. Undefined: no path is
 * given and no variable is set. Never throws.
 */
export async function loadConfig(
  paths: readonly string[],
  settings: LoadSettings,
): Promise<LoadedConfig | undefined> {
  const diagnostics = new Diagnostics();
  let document: Document;
  let sources: ReadonlyMap<string, string>;
  let files: readonly string[] = [];
  if (paths.length > 0) {
    ({ document, sources, files } = await loadDocument(paths, diagnostics, {
      env: environmentFor(settings),
      features: FEATURES,
      files: settings.reader,
    }));
  } else {
    const read = readEnv(settings.env, diagnostics, OTHER_VARIABLES);
    if (read === undefined) return undefined;
    document = read;
    sources = new Map([[ENVIRONMENT_FILE, environmentSource(settings.env)]]);
  }
  const readFile = settings.reader?.readSync?.bind(settings.reader) ?? Deno.readFileSync;
  const built = buildConfig(document, {
    diagnostics,
    readFile,
    localPeer: settings.localPeer,
    hostname: Deno.hostname(),
    // Without a file the variable is a line of the configuration, and checked as one.
    threads: defaultThreads(paths.length > 0 ? settings.env : {}, diagnostics),
  });
  const config = built === undefined ? undefined : withProxyMaxconn(built, settings.proxyMaxconn);
  return {
    config,
    diagnostics,
    sources,
    files,
    listens: config !== undefined && hasListener(config),
  };
}

/** The variables a configuration may use (manual 2.3): the process's own, and those that sluice defines. */
export function environmentFor(settings: LoadSettings): Record<string, string> {
  return {
    ...settings.env,
    HAPROXY_LOCALPEER: settings.localPeer ?? Deno.hostname(),
    ...settings.localPeer === undefined ? undefined : { [LOCAL_PEER_OPTION]: settings.localPeer },
    HAPROXY_STARTUP_VERSION: VERSION,
    ...settings.masterWorker === true ? { HAPROXY_MWORKER: "1" } : undefined,
  };
}

function withProxyMaxconn(config: Config, maxconn: number | undefined): Config {
  if (maxconn === undefined) return config;
  const limit = (proxy: ProxyConfig): ProxyConfig =>
    proxy.kind === "backend" || proxy.maxconn !== undefined ? proxy : { ...proxy, maxconn };
  return { ...config, proxies: config.proxies.map(limit) };
}
