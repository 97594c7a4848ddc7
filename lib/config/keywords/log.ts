/** `log` lines, in `global` and in proxies (manual 3.1 and 4.2). */
import { parseLogAddress } from "../addresses.ts";
import type { ProxyDraft } from "../draft.ts";
import type { LogFormatSpec, LogLineFormat, LogTarget, LogTransport } from "../model_log.ts";
import { type ArgType, integer, oneOf, Refusal, text } from "./args.ts";
import {
  type ApplyContext,
  globalKeyword,
  type KeywordRow,
  named,
  one,
  optional,
  proxyKeyword,
  words,
} from "./types.ts";

/** Facilities by number (RFC 5424 table 1, with the manual's names). */
export const FACILITIES = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "auth2",
  "ftp",
  "ntp",
  "audit",
  "alert",
  "cron2",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
] as const;

/** Levels by number. */
export const LEVELS = [
  "emerg",
  "alert",
  "crit",
  "err",
  "warning",
  "notice",
  "info",
  "debug",
] as const;

export const FORMATS: readonly LogLineFormat[] = [
  "local",
  "rfc3164",
  "rfc5424",
  "priority",
  "short",
  "timed",
  "iso",
  "raw",
];

const logAddress: ArgType<LogTransport> = {
  label: "<address>",
  describe:
    "where log lines go: 'host:port', 'tcp@host:port', a socket's path, 'file@PATH', 'stdout', 'stderr', 'fd@N', 'ring@NAME' or 'backend@NAME'",
  schema: { type: "string" },
  parse: ({ text }) => parseLogAddress(text),
};

const sample: ArgType<LogTarget["sample"]> = {
  label: "<ranges>:<size>",
  describe: "which lines of how many are sent, such as '1:2' or '1-3,5:8'",
  schema: { type: "string", pattern: "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*:[0-9]+$" },
  parse({ text }) {
    const match = /^([0-9,-]+):([0-9]{1,9})$/.exec(text);
    if (match === null) return new Refusal(`'${text}' is not a sample`, sample.describe);
    const size = Number(match[2]);
    const ranges: [number, number][] = [];
    for (const part of match[1].split(",")) {
      const range = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(part);
      if (range === null) {
        return new Refusal(`'${part}' is not a range in '${text}'`, sample.describe);
      }
      const low = Number(range[1]);
      const high = range[2] === undefined ? low : Number(range[2]);
      if (low < 1 || high < low) {
        return new Refusal(
          `invalid range '${part}' in '${text}'`,
          "ranges count from 1, the lower number first",
        );
      }
      if (high > size) {
        return new Refusal(
          `the range '${part}' is beyond the sample's size ${size} in '${text}'`,
          "a size that is at least the highest number of the ranges",
        );
      }
      if (ranges.some(([l, h]) => low <= h && high >= l)) {
        return new Refusal(`the ranges overlap in '${text}'`, sample.describe);
      }
      ranges.push([low, high]);
    }
    return { ranges, size };
  },
};

const facility = oneOf(...FACILITIES);
const level = oneOf(...LEVELS);

export const targetArgs = {
  address: one(logAddress),
  settings: named({
    len: integer(80, 65535, "<length>"),
    format: oneOf(...FORMATS),
    sample,
    rate: integer(1, 1_000_000, "<lines>"),
  }),
  facility: one({ ...facility, label: "<facility>" }),
  level: optional({ ...level, label: "<level>" }),
  minLevel: optional({ ...level, label: "<minlevel>" }),
};

/** The target that a `log` line says. */
export function logTarget(
  v: {
    address: LogTransport;
    settings: {
      len?: number;
      format?: LogLineFormat;
      sample?: LogTarget["sample"];
      rate?: number;
    };
    facility: typeof FACILITIES[number];
    level: typeof LEVELS[number] | undefined;
    minLevel: typeof LEVELS[number] | undefined;
  },
  context: ApplyContext,
): LogTarget {
  const built: LogTarget = {
    transport: v.address,
    facility: FACILITIES.indexOf(v.facility),
    level: v.level === undefined ? 7 : LEVELS.indexOf(v.level),
    minLevel: v.minLevel === undefined ? 0 : LEVELS.indexOf(v.minLevel),
    format: v.settings.format ?? "local",
    length: v.settings.len ?? 1024,
    ...(v.settings.len === undefined ? { lengthByDefault: true } : {}),
    ...(v.settings.rate === undefined ? {} : { rate: v.settings.rate }),
    sample: v.settings.sample,
    span: context.statement.span,
  };
  if (v.settings.format === undefined) context.global.implicitLogFormats.add(built);
  return built;
}

/** A keyword whose one argument is a log format. */
function formatKeyword(
  name: string,
  summary: string,
  set: (proxy: ProxyDraft, format: LogFormatSpec) => void,
): KeywordRow {
  return proxyKeyword({
    name,
    sections: ["defaults", "frontend", "listen"],
    args: { format: words("<format>") },
    summary,
    manual: "4.2",
    apply(proxy, { format }, { diagnostics }) {
      if (format.length > 1) {
        diagnostics.alert(format[1].span, `unexpected '${format[1].text}' after the log format`, {
          allowed: "one word: put the whole format in quotes",
        });
        return;
      }
      set(proxy, { text: format[0].text, span: format[0].span });
    },
  });
}

export const logRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "log",
    args: targetArgs,
    repeatable: true,
    summary:
      "Sends the process's own log lines, and those of proxies with 'log global', to this target",
    manual: "3.1",
    apply(global, values, context) {
      global.logs.push(logTarget(values, context));
    },
  }),
  proxyKeyword({
    name: "log global",
    sections: ["defaults", "frontend", "listen", "backend", "log-forward"],
    args: {},
    summary: "Logs to the targets of the global section",
    manual: "4.2",
    apply(proxy) {
      if (!proxy.logs.includes("global")) proxy.logs.push("global");
    },
  }),
  proxyKeyword({
    name: "log",
    sections: ["defaults", "frontend", "listen", "backend", "log-forward"],
    args: targetArgs,
    prefixes: ["no"],
    repeatable: true,
    summary: "Sends this proxy's log lines to this target; 'no log' forgets all targets above it",
    manual: "4.2",
    apply(proxy, values, context) {
      proxy.logs.push(logTarget(values, context));
    },
    reset(proxy) {
      proxy.logs = [];
    },
  }),
  formatKeyword(
    "log-format",
    "The format of this proxy's log lines (manual 8.2.6)",
    (proxy, format) => {
      proxy.logFormat = format;
      proxy.options.httplog = proxy.options.tcplog = false;
    },
  ),
  formatKeyword(
    "error-log-format",
    "The format of log lines about what went wrong: errors, timeouts, retries, status 5xx",
    (proxy, format) => {
      proxy.errorLogFormat = format;
    },
  ),
  formatKeyword(
    "log-format-sd",
    "The structured data of log lines in the format rfc5424",
    (proxy, format) => {
      proxy.logFormatSd = format;
    },
  ),
  formatKeyword(
    "unique-id-format",
    "Makes an identifier for each request ('%ID', 'unique-id', 'unique-id-header')",
    (proxy, format) => {
      proxy.uniqueIdFormat = format;
    },
  ),
  globalKeyword({
    name: "log-tag",
    args: { tag: one(text("<tag>")) },
    summary: "The program's name in log lines, 'sluice' when it is not set",
    manual: "3.1",
    apply(global, { tag }) {
      global.logTag = tag;
    },
  }),
  proxyKeyword({
    name: "log-tag",
    sections: ["defaults", "frontend", "listen", "backend"],
    args: { tag: one(text("<tag>")) },
    summary: "The program's name in this proxy's log lines",
    manual: "4.2",
    apply(proxy, { tag }) {
      proxy.logTag = tag;
    },
  }),
  globalKeyword({
    name: "log-send-hostname",
    args: { name: optional(text("<name>")) },
    summary: "Puts a host name into log lines: this one, or the system's",
    manual: "3.1",
    apply(global, { name }) {
      global.logSendHostname = name ?? true;
    },
  }),
];
