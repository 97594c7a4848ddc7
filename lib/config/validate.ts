/** What can be said only about the whole configuration: references, modes, settings without effect. */
import { checkTracks } from "./check_track.ts";
import type { Diagnostics } from "./diagnostic.ts";
import type { Span, Statement, Word } from "./document.ts";
import type { GlobalDraft, ProxyDraft } from "./draft.ts";
import type { Config, ListenAddress, ProxyConfig } from "./model.ts";
import { nearest } from "./suggest.ts";
import { checkMails, checkNames } from "./validate_names.ts";
import { checkPeers } from "./validate_peers.ts";
import { checkStickTables } from "./stick_tables.ts";
import { refuseProto, warnAboutMode } from "./validate_mode.ts";
import { checkLogForwards, checkLogMode } from "./validate_syslog.ts";
import { checkApi } from "./validate_api.ts";
import { checkLogFiles } from "./validate_logs.ts";
import { checkRights } from "./validate_rights.ts";
import { checkSources } from "./validate_source.ts";
import { checkFilters } from "./validate_filters.ts";
import { checkUdp } from "./validate_udp.ts";
import { checkPersistence } from "./validate_persistence.ts";
import { checkAcme } from "./validate_acme.ts";
import { checkProcessCounts, checkProcesses, processesOf } from "./validate_processes.ts";

/** The drafts that a Config came from: they know where each keyword stood. */
export interface Drafts {
  readonly global: GlobalDraft;
  readonly proxies: readonly ProxyDraft[];
}

export interface ValidateOptions {
  readonly diagnostics: Diagnostics;
  readonly readFile: (path: string) => Uint8Array;
}

/** Reports every mistake and every setting without effect. */
export function validate(config: Config, drafts: Drafts, options: ValidateOptions): void {
  const { diagnostics } = options;
  checkGlobal(drafts.global, options);
  const names = namesOf(config);
  config.proxies.forEach((proxy, i) => {
    const draft = drafts.proxies[i];
    if (proxy.disabled) return;
    checkBackends(proxy, draft, names, diagnostics);
    checkPersistence(proxy, draft, diagnostics);
    // what is missing may be what was refused: that is not a second mistake
    if (!draft.flawed) {
      checkFrontend(proxy, draft, diagnostics);
      checkTimeouts(proxy, diagnostics);
    }
    checkErrorFiles(proxy, config, diagnostics);
    checkStats(proxy, diagnostics);
    checkNames(proxy, draft, config.resolvers, diagnostics);
    checkMails(proxy, draft, config.mailers, diagnostics);
    warnAboutMode(proxy, draft, diagnostics);
    refuseProto(proxy, diagnostics);
    checkUdp(proxy, diagnostics);
    checkFilters(proxy, diagnostics);
    checkLogMode(proxy, diagnostics);
  });
  checkLogForwards(config, diagnostics);
  checkSources(config, drafts.global, diagnostics);
  checkTracks(config.proxies, diagnostics);
  checkLogFiles(config, diagnostics);
  checkRights(config, diagnostics);
  checkProcesses(config, diagnostics);
  checkAcme(config, diagnostics);
  checkStickTables(config.proxies, diagnostics);
  checkPeers(config, diagnostics);
  checkSockets(config, diagnostics);
}

/** True when something would listen: without it there is nothing to start (HAProxy exits with 2). */
export function hasListener(config: Config): boolean {
  const { proxies, logForwards } = config;
  return proxies.some((proxy) => !proxy.disabled && proxy.binds.length > 0) ||
    logForwards.some(({ binds, datagramBinds }) => binds.length > 0 || datagramBinds !== undefined);
}

function checkGlobal(global: GlobalDraft, { diagnostics, readFile }: ValidateOptions): void {
  checkProcessCounts(global, diagnostics);
  checkApi(global, diagnostics);
  const { openTelemetry } = global;
  if (openTelemetry !== undefined && openTelemetry.endpoint === undefined) {
    diagnostics.alert(
      openTelemetry.span,
      "'opentelemetry' needs 'opentelemetry endpoint': there is nowhere to send traces",
    );
  }
  knownIn("/etc/passwd", global.places.get("user"), diagnostics, readFile);
  knownIn("/etc/group", global.places.get("group"), diagnostics, readFile);
}

function knownIn(
  file: string,
  statement: Statement | undefined,
  diagnostics: Diagnostics,
  readFile: (path: string) => Uint8Array,
): void {
  if (statement === undefined) return;
  const word = statement.words[1];
  let names: string[];
  try {
    names = new TextDecoder().decode(readFile(file)).split("\n").map((line) => line.split(":")[0]);
  } catch {
    return; // no such file here: the start will tell
  }
  if (names.includes(word.text)) return;
  diagnostics.warning(
    word.span,
    `there is no ${statement.words[0].text} '${word.text}' in ${file}`,
    {
      nearest: nearest(word.text, names),
    },
  );
}

/** Proxies by name: those that can be used as a backend, and the others. */
interface Names {
  readonly backends: ReadonlyMap<string, ProxyConfig>;
  readonly frontends: ReadonlySet<string>;
}

function namesOf(config: Config): Names {
  const backends = new Map<string, ProxyConfig>();
  const frontends = new Set<string>();
  for (const proxy of config.proxies) {
    if (proxy.kind === "frontend") frontends.add(proxy.name);
    else if (!backends.has(proxy.name)) backends.set(proxy.name, proxy);
  }
  return { backends, frontends };
}

/** `default_backend` and `use_backend` lead to a backend of a mode that fits (manual 4.2). */
function checkBackends(
  proxy: ProxyConfig,
  draft: ProxyDraft,
  { backends, frontends }: Names,
  diagnostics: Diagnostics,
): void {
  if (proxy.kind === "backend") return;
  const check = (keyword: string, word: Word): void => {
    const target = backends.get(word.text);
    if (target === undefined) {
      diagnostics.alert(
        word.span,
        frontends.has(word.text)
          ? `'${keyword}': '${word.text}' is a frontend, not a backend`
          : `'${keyword}': there is no backend '${word.text}'`,
        {
          allowed: "the name of a 'backend' or 'listen' section",
          nearest: nearest(word.text, [...backends.keys()].filter((name) => name !== proxy.name)),
        },
      );
      return;
    }
    if (target === proxy) {
      diagnostics.alert(word.span, `'${keyword}': '${word.text}' leads to itself`);
    } else if (target.mode !== proxy.mode && !target.disabled && !draft.flawed) {
      reportModes(keyword, word, proxy, target, diagnostics);
    }
  };
  if (proxy.defaultBackend !== undefined) {
    const own = draft.places.get("default_backend")?.words[1];
    check("default_backend", own ?? proxy.defaultBackend);
  }
  for (const { words } of proxy.useBackends) {
    if (!words[0].text.includes("%[")) check("use_backend", words[0]);
  }
}

function reportModes(
  keyword: string,
  word: Word,
  proxy: ProxyConfig,
  target: ProxyConfig,
  diagnostics: Diagnostics,
): void {
  const related = { span: target.span, message: `'${target.name}' has mode '${target.mode}'` };
  // A connection of TCP may become one of HTTP.
  if (proxy.mode === "tcp" && target.mode === "http") return;
  diagnostics.alert(
    word.span,
    `'${keyword}': '${proxy.name}' has mode '${proxy.mode}' and cannot use '${target.name}', which has mode '${target.mode}'`,
    { allowed: `a backend with 'mode ${proxy.mode}'`, related },
  );
}

function checkFrontend(proxy: ProxyConfig, draft: ProxyDraft, diagnostics: Diagnostics): void {
  if (proxy.kind !== "backend" && proxy.binds.length === 0) {
    diagnostics.warning(
      proxy.span,
      `'${proxy.kind} ${proxy.name}' has no 'bind' line and takes no connections`,
      {
        allowed: "a 'bind' line; a section with servers only is a 'backend'",
      },
    );
  }
  if (proxy.kind === "backend" || proxy.logs.length > 0) return;
  const wanted = ["option httplog", "option tcplog", "log-format"]
    .map((name) => draft.places.get(name) ?? draft.inherited.get(name))
    .find((statement) => statement !== undefined);
  const formatted = proxy.options.httplog || proxy.options.tcplog || proxy.logFormat !== undefined;
  if (!formatted || wanted === undefined) return;
  diagnostics.warning(
    wanted.span,
    `'${proxy.kind} ${proxy.name}' has a log format and no 'log' line: nothing is logged`,
    { allowed: "'log global' with a 'log' line in the global section, or a 'log' line here" },
  );
}

/** Without these a peer that vanishes is never noticed. */
function checkTimeouts(proxy: ProxyConfig, diagnostics: Diagnostics): void {
  const { client, connect, server, tunnel } = proxy.timeouts;
  const missing: string[] = [];
  if (proxy.kind !== "backend" && client === undefined) missing.push("client");
  if (proxy.kind !== "frontend" && proxy.servers.length > 0) {
    const { mode } = proxy;
    if (mode === "log") return;
    if (connect === undefined && mode !== "udp") missing.push("connect");
    if (server === undefined && (mode === "http" || tunnel === undefined)) {
      missing.push("server");
    }
  }
  if (missing.length === 0) return;
  const names = missing.map((m) => `'timeout ${m}'`).join(", ");
  diagnostics.warning(
    proxy.span,
    `'${proxy.kind} ${proxy.name}' has no ${names}: connections whose peer has vanished stay for ever`,
    { allowed: `${names} here or in its 'defaults' section` },
  );
}

/** An answer must fit in a buffer beside the room for rewriting (manual 4.2 `errorfile`). */
function checkErrorFiles(proxy: ProxyConfig, config: Config, diagnostics: Diagnostics): void {
  const room = config.global.tune.bufsize - config.global.tune.maxrewrite;
  for (const { bytes, path, span } of proxy.errorfiles) {
    if (bytes.length <= room) continue;
    if (diagnostics.list.some((d) => d.span === span)) continue; // inherited: said once
    diagnostics.alert(span, `'errorfile': '${path}' has ${bytes.length} bytes`, {
      allowed: `at most ${room} bytes ('tune.bufsize' without 'tune.maxrewrite')`,
    });
  }
}

/** Two listeners on one address in one process would each get a part of the connections, at random. */
function checkSockets(config: Config, diagnostics: Diagnostics): void {
  const seen = new Map<string, { span: Span; name: string }>();
  for (const proxy of [...config.proxies, ...config.logForwards]) {
    if (proxy.disabled) continue;
    for (const bind of [...proxy.binds, ...proxy.datagramBinds ?? []]) {
      const processes = processesOf(bind, proxy, config.global);
      const onLine = new Set<string>();
      for (const address of bind.addresses) {
        const udp = proxy.mode === "udp" || proxy.datagramBinds?.includes(bind) ? "udp" : "";
        const place = `${keyOf(address)} ${bind.interface ?? ""} ${bind.namespace ?? ""} ${udp}`;
        if (onLine.has(place)) continue;
        onLine.add(place);
        const keys = processes.map((process) => `${place} ${process}`);
        const taken = keys.find((key) => seen.has(key));
        if (taken === undefined) {
          const here = { span: bind.span, name: `${proxy.kind} ${proxy.name}` };
          for (const key of keys) seen.set(key, here);
          continue;
        }
        const other = seen.get(taken)!;
        diagnostics.alert(bind.span, `'bind': ${keyOf(address)} is already listened on`, {
          related: { span: other.span, message: `'${other.name}' does` },
        });
        break;
      }
    }
  }
}

function keyOf(address: ListenAddress): string {
  switch (address.type) {
    case "tcp":
      return address.host.includes(":")
        ? `[${address.host}]:${address.port}`
        : `${address.host}:${address.port}`;
    case "unix":
      return address.path;
    case "abstract":
      return `abns@${address.name}`;
    case "fd":
      return `fd@${address.fd}`;
  }
}

/** Two answers to who may see the page would contradict each other (manual 4.2 `stats http-request`). */
function checkStats({ stats }: ProxyConfig, diagnostics: Diagnostics): void {
  const rule = stats?.httpRequest[0];
  if (rule === undefined || stats === undefined) return;
  if (stats.users.length === 0 && stats.realm === undefined) return;
  diagnostics.alert(
    rule.span,
    "'stats http-request' and 'stats auth' or 'stats realm' exclude each other",
    { allowed: "a 'userlist' and 'stats http-request auth unless { http_auth(<userlist>) }'" },
  );
}
