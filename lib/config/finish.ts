/** Drafts to the immutable model: what is known only once everything was read. */
import { finishCheckPlan } from "./check_plan.ts";
import type { Diagnostics } from "./diagnostic.ts";
import type { GlobalDraft, NamedServer, ProxyDraft } from "./draft.ts";
import { algorithmRow } from "./keywords/balance.ts";
import type {
  BalanceConfig,
  BindConfig,
  GlobalConfig,
  ListenAddress,
  ProxyConfig,
  ServerConfig,
} from "./model.ts";
import { type ErrorSections, resolveErrors } from "./error_entries.ts";
import type { HttpErrorsConfig } from "./model_errors.ts";
import { completeStickTables } from "./stick_tables.ts";
import type { LogTarget } from "./model_log.ts";

/** The global section's part of the model. */
export function finishGlobal(
  draft: GlobalDraft,
  diagnostics: Diagnostics,
  threads = 1,
): GlobalConfig {
  const { places, unixBind: _unix, implicitLogFormats, ...rest } = draft;
  const half = Math.floor(draft.tune.bufsize / 2);
  const tune = { ...draft.tune };
  if (tune.maxrewrite >= half) {
    const at = places.get("tune.maxrewrite");
    if (at !== undefined) {
      diagnostics.warning(
        at.span,
        `'tune.maxrewrite' is lowered to ${half}, the half of 'tune.bufsize'`,
      );
    }
    tune.maxrewrite = half;
  }
  for (const [one, other] of [["user", "uid"], ["group", "gid"]] as const) {
    const a = places.get(one);
    const b = places.get(other);
    if (a !== undefined && b !== undefined) {
      diagnostics.warning(b.span, `both '${one}' and '${other}' are set; '${one}' is used`, {
        related: { span: a.span, message: `'${one}' is here` },
      });
      rest[other] = undefined;
    }
  }
  // As in HAProxy: several processes have one thread each.
  if ((rest.nbproc ?? 1) === 1 && threads > 1) rest.nbthread ??= threads;
  return { ...rest, tune, logs: finishLogs(draft.logs, draft, implicitLogFormats) };
}

/** `log-send-hostname` makes rfc3164 the format of targets that name none (manual 4.2 `log`). */
export function finishLogs(
  logs: readonly LogTarget[],
  global: GlobalDraft,
  implicit: ReadonlySet<LogTarget>,
): readonly LogTarget[] {
  if (global.logSendHostname === undefined) return [...logs];
  return logs.map((log) => implicit.has(log) ? { ...log, format: "rfc3164" } : log);
}

/** the level of mails when the configuration does not say it */
const ALERT = 1;

/** All proxies in the order of the file, with their ids. */
export function finishProxies(
  drafts: readonly ProxyDraft[],
  global: GlobalDraft,
  httpErrors: readonly HttpErrorsConfig[],
  diagnostics: Diagnostics,
): readonly ProxyConfig[] {
  const taken = new Map<number, ProxyDraft>();
  for (const draft of drafts) {
    if (draft.id === undefined) continue;
    const other = taken.get(draft.id);
    if (other !== undefined) {
      const at = draft.places.get("id")?.words.at(-1)?.span ?? draft.span;
      diagnostics.alert(at, `the id ${draft.id} is taken by '${other.kind} ${other.name}'`, {
        related: { span: other.places.get("id")?.span ?? other.span, message: "it is set here" },
      });
    } else taken.set(draft.id, draft);
  }
  const nextId = numbering((id) => taken.has(id));
  // HAProxy's runtime socket is a proxy of its own, which takes the first number.
  if (global.statsSockets.length > 0) nextId(undefined);
  const sections: ErrorSections = {
    byName: new Map(httpErrors.map((section) => [section.name, section])),
    reported: new Set(),
  };
  return completeStickTables(
    drafts.map((draft) => finishProxy(draft, nextId(draft.id), global, sections, diagnostics)),
  );
}

/** The `log-forward` sections, which are not counted among the proxies. */
export function finishLogForwards(
  drafts: readonly ProxyDraft[],
  global: GlobalDraft,
  diagnostics: Diagnostics,
): readonly ProxyConfig[] {
  const sections: ErrorSections = { byName: new Map(), reported: new Set() };
  return drafts.map((draft) => {
    const proxy = finishProxy(draft, 0, global, sections, diagnostics);
    const logs = draft.logs.flatMap((log) => log === "global" ? global.logs : [log]);
    return {
      ...proxy,
      logs: logs.map((log): LogTarget =>
        global.implicitLogFormats.has(log) ? { ...log, keepFormat: true } : log
      ),
    };
  });
}

/**
 * Counts from 1 and leaves out what is taken. As in HAProxy, one that says its `own` number uses up a place in the
 * count too.
 */
function numbering(isTaken: (id: number) => boolean): (own: number | undefined) => number {
  let next = 1;
  return (own) => {
    while (own === undefined && isTaken(next)) next++;
    const place = next++;
    return own ?? place;
  };
}

function finishProxy(
  draft: ProxyDraft,
  id: number,
  global: GlobalDraft,
  sections: ErrorSections,
  diagnostics: Diagnostics,
): ProxyConfig {
  const {
    places: _places,
    inherited: _inherited,
    modeWord: _modeWord,
    defaultServer: _defaultServer,
    source,
    errors,
    logs,
    servers,
    serversByName: _serversByName,
    serversById,
    flawed: _flawed,
    binds,
    ...rest
  } = draft;
  const resolved = resolveErrors(errors, sections, diagnostics);
  const front = draft.kind !== "backend";
  const back = draft.kind !== "frontend";
  const t = draft.timeouts;
  const ownLogs = logs.flatMap((log) => log === "global" ? global.logs : [log]);
  return {
    ...rest,
    kind: draft.kind as ProxyConfig["kind"],
    id,
    idForced: draft.id !== undefined,
    timeouts: {
      httpRequest: t.httpRequest,
      httpKeepAlive: t.httpKeepAlive,
      tarpit: t.tarpit,
      ...(front ? { client: t.client, clientFin: t.clientFin } : undefined),
      ...(back
        ? {
          server: t.server,
          connect: t.connect,
          queue: t.queue,
          tunnel: t.tunnel,
          serverFin: t.serverFin,
          check: t.check,
        }
        : undefined),
    },
    maxconn: front ? draft.maxconn : undefined,
    backlog: front ? draft.backlog : undefined,
    maxSessionSrvConns: front ? draft.maxSessionSrvConns : undefined,
    bindProcess: draft.bindProcess,
    sessionRate: front ? draft.sessionRate : undefined,
    fullconn: back ? draft.fullconn : undefined,
    source: back ? source : undefined,
    balance: balanceIn(draft),
    cookie: back && draft.mode === "http" ? draft.cookie : undefined,
    defaultBackend: front ? draft.defaultBackend : undefined,
    monitorUri: front ? draft.monitorUri : undefined,
    logFormat: front ? draft.logFormat : undefined,
    errorLogFormat: front ? draft.errorLogFormat : undefined,
    logFormatSd: front ? draft.logFormatSd : undefined,
    uniqueIdFormat: front ? draft.uniqueIdFormat : undefined,
    uniqueIdHeader: front ? draft.uniqueIdHeader : undefined,
    sendNameHeader: back ? draft.sendNameHeader : undefined,
    options: {
      ...draft.options,
      // a frontend logs; a TCP one has no requests to log
      httplog: front && draft.mode === "http" && draft.options.httplog,
      tcplog: front && (draft.options.tcplog || (draft.mode === "tcp" && draft.options.httplog)),
    },
    binds: binds.map((bind) => finishBind(bind, global)),
    checks: finishCheckPlan(draft, global, diagnostics),
    servers: finishServers(servers, serversById, source),
    emailAlert: back && draft.emailAlert !== undefined
      ? { level: ALERT, ...draft.emailAlert }
      : undefined,
    errorfiles: resolved.files,
    httpErrors: resolved.answers,
    logs: roomForJson(finishLogs(ownLogs, global, global.implicitLogFormats), draft),
  };
}

/** Bytes of a line of JSON when `len` does not say it: one that is cut is none. */
const JSON_LENGTH = 8192;

function roomForJson(logs: readonly LogTarget[], { options }: ProxyDraft): readonly LogTarget[] {
  if (!options.httplog || !options.httplogJson) return logs;
  return logs.map((log) => log.lengthByDefault ? { ...log, length: JSON_LENGTH } : log);
}

/** Without requests nothing of them can be hashed: round robin (manual 4.2 `balance`). */
function balanceIn({ balance, mode }: ProxyDraft): BalanceConfig {
  return mode !== "http" && algorithmRow(balance.algorithm)?.needsHttp === true
    ? { algorithm: "roundrobin", args: [], span: balance.span }
    : balance;
}

/** What `unix-bind` says holds for Unix sockets whose line does not say it. */
export function finishBind(bind: BindConfig, { unixBind }: GlobalDraft): BindConfig {
  if (!bind.addresses.some((a) => a.type === "unix")) return { ...bind };
  const { prefix, ...owner } = unixBind;
  const addresses = prefix === undefined
    ? bind.addresses
    : bind.addresses.map((a): ListenAddress =>
      a.type === "unix" ? { ...a, path: prefix + a.path } : a
    );
  const set = Object.fromEntries(Object.entries(bind).filter(([, value]) => value !== undefined));
  return { ...owner, ...set as unknown as BindConfig, addresses };
}

function finishServers(
  servers: readonly NamedServer[],
  byId: ReadonlyMap<number, NamedServer>,
  source: ServerConfig["source"],
): ServerConfig[] {
  const nextId = numbering((id) => byId.has(id));
  return servers.map(({ nameWord: _nameWord, addressWord: _addressWord, ...server }) => ({
    ...server,
    id: nextId(server.id),
    idForced: server.id !== undefined,
    source: server.source ?? source,
    // Each request of a client may name another address to come from.
    ...((server.source ?? source)?.usesrc?.type === "header" ? { maxReuse: 0 } : {}),
  }));
}
