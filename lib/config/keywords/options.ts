/** `option …` (manual 4.2): what can be switched on and off in a proxy. */
import { isIP } from "node:net";
import { DEFAULT_OPTIONS, type ProxyDraft } from "../draft.ts";
import type { ForwardedConfig, ProxyOptions, WordsAt } from "../model.ts";
import { type ArgType, headerName, integer, oneOf, Refusal, word } from "./args.ts";
import {
  ignoredKeyword,
  type KeywordRow,
  named,
  optional,
  type Prefix,
  proxyKeyword,
  type SectionKind,
} from "./types.ts";

const FRONT: readonly SectionKind[] = ["defaults", "frontend", "listen"];
const BACK: readonly SectionKind[] = ["defaults", "listen", "backend"];
const ALL: readonly SectionKind[] = ["defaults", "frontend", "listen", "backend"];

type Flag = { [K in keyof ProxyOptions]-?: ProxyOptions[K] extends boolean ? K : never }[
  keyof ProxyOptions
];

function flag(
  name: string,
  sections: readonly SectionKind[],
  fields: Flag | readonly Flag[],
  summary: string,
  prefixes: readonly Prefix[] = ["no", "default"],
): KeywordRow {
  const list = typeof fields === "string" ? [fields] : fields;
  return proxyKeyword({
    name: `option ${name}`,
    sections,
    args: {},
    prefixes,
    summary,
    manual: "4.2",
    apply(proxy) {
      for (const field of list) proxy.options[field] = true;
    },
    reset: prefixes.length === 0 ? undefined : (proxy, prefix) => {
      for (const field of list) {
        proxy.options[field] = prefix === "no" ? false : DEFAULT_OPTIONS[field];
      }
    },
  });
}

/** The three ways connections are kept in HTTP mode exclude each other: the last one written holds. */
function connection(name: string, value: ProxyOptions["connection"], summary: string): KeywordRow {
  return proxyKeyword({
    name: `option ${name}`,
    sections: ALL,
    args: {},
    prefixes: ["no", "default"],
    summary,
    manual: "4.2",
    apply(proxy) {
      proxy.options.connection = value;
    },
    reset(proxy) {
      if (proxy.options.connection === value) {
        proxy.options.connection = DEFAULT_OPTIONS.connection;
      }
    },
  });
}

/** Accepted, with nothing to do: a hint about copying inside HAProxy's kernel path. */
function hint(name: string, sections: readonly SectionKind[], summary: string): KeywordRow {
  return proxyKeyword({
    name: `option ${name}`,
    sections,
    args: {},
    prefixes: ["no", "default"],
    summary,
    manual: "4.2",
    apply() {},
    reset() {},
  });
}

/** Known, and without a meaning here: `reason` says why. */
function ignored(
  name: string,
  sections: readonly SectionKind[],
  summary: string,
  reason: string,
): KeywordRow {
  return ignoredKeyword({
    name: `option ${name}`,
    sections,
    args: {},
    prefixes: ["no", "default"],
    repeatable: true,
    summary,
    manual: "4.2",
    reason,
  });
}

/** The length of the prefix that an IPv4 netmask stands for: 8 for 255.0.0.0; undefined: it has holes. */
function maskLength(mask: string): number | undefined {
  if (isIP(mask) !== 4) return undefined;
  const bits = mask.split(".").map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.replace(/0+$/, "").length : undefined;
}

/** An address or network, `127.0.0.0/8`, `::1`; a netmask is turned into the length of its prefix. */
const network: ArgType<string> = {
  label: "<network>",
  describe: "an IP address, optionally followed by '/' and the length of the prefix",
  schema: { type: "string", pattern: "^[0-9A-Fa-f.:]+(/[0-9.]+)?$" },
  parse({ text }) {
    const [address, suffix, more] = text.split("/");
    const version = isIP(address);
    const refusal = new Refusal(`'${text}' is not an address or a network`, network.describe);
    if (version === 0 || more !== undefined) return refusal;
    if (suffix === undefined) return text;
    const length = /^[0-9]{1,3}$/.test(suffix)
      ? Number(suffix)
      : version === 4
      ? maskLength(suffix)
      : undefined;
    return length !== undefined && length <= (version === 4 ? 32 : 128)
      ? `${address}/${length}`
      : refusal;
  },
};

function httplog(proxy: ProxyDraft, log: "httplog" | "httpslog" | "tcplog"): void {
  proxy.options.httplog = log !== "tcplog";
  proxy.options.httpslog = log === "httpslog";
  proxy.options.httplogClf = false;
  proxy.options.tcplog = log === "tcplog";
  delete proxy.logFormat;
}

const expression = word("<expression>", "a sample expression");

/** `option forwarded` writes parts in the order it names them; each part alone or with its expression. */
function forwarded(values: Record<string, unknown>): ForwardedConfig {
  const part = (name: string): true | WordsAt | undefined => {
    const expr = values[`${name}-expr`] as { text: string; span: WordsAt["span"] } | undefined;
    if (expr !== undefined) return { words: [expr], span: expr.span };
    return values[name] === true ? true : undefined;
  };
  if (Object.keys(values).length === 0) return { proto: true, for: true };
  return {
    proto: values.proto === true,
    host: part("host"),
    by: part("by"),
    byPort: part("by_port"),
    for: part("for"),
    forPort: part("for_port"),
  };
}

export const optionRows: readonly KeywordRow[] = [
  flag(
    "abortonclose",
    BACK,
    "abortonclose",
    "Drops a waiting request when its client has gone away",
  ),
  flag(
    "accept-invalid-http-request",
    FRONT,
    "acceptInvalidHttpRequest",
    "Lets requests pass that break the grammar of HTTP in harmless ways",
  ),
  flag(
    "accept-invalid-http-response",
    BACK,
    "acceptInvalidHttpResponse",
    "Lets responses pass that break the grammar of HTTP in harmless ways",
  ),
  flag(
    "allbackups",
    BACK,
    "allbackups",
    "Balances over all backup servers instead of using the first one",
  ),
  flag("clitcpka", FRONT, "clitcpka", "TCP keep-alive probes on clients' connections"),
  ignored(
    "contstats",
    FRONT,
    "Counts bytes while they pass instead of when a session ends",
    "bytes are counted when a request or connection ends",
  ),
  flag("dontlog-normal", FRONT, "dontlogNormal", "Logs only what went wrong"),
  flag("dontlognull", FRONT, "dontlognull", "Does not log connections on which nothing was sent"),
  flag(
    "h1-case-adjust-bogus-client",
    FRONT,
    "caseAdjustClient",
    "Writes names of headers as 'h1-case-adjust' says for clients",
  ),
  flag(
    "h1-case-adjust-bogus-server",
    BACK,
    "caseAdjustServer",
    "Writes names of headers as 'h1-case-adjust' says for servers",
  ),
  flag(
    "http-buffer-request",
    ALL,
    "httpBufferRequest",
    "Waits for the request's body, as far as a buffer holds it, before any rule",
  ),
  flag(
    "disable-h2-upgrade",
    FRONT,
    "disableH2Upgrade",
    "Takes no HTTP/2 on a connection without TLS, unless its bind line says 'proto h2'",
  ),
  flag(
    "http-ignore-probes",
    FRONT,
    "httpIgnoreProbes",
    "Neither answers nor logs connections that close before a request",
  ),
  connection(
    "http-keep-alive",
    "keep-alive",
    "Keeps connections on both sides open between requests (the default)",
  ),
  flag(
    "http-no-delay",
    ALL,
    "httpNoDelay",
    "Forwards every piece of a message at once, which sluice does always",
  ),
  flag(
    "http-pretend-keepalive",
    BACK,
    "httpPretendKeepalive",
    "Closes the server's connection after a response without telling the server before",
  ),
  connection(
    "http-server-close",
    "server-close",
    "Closes the server's connection after each response",
  ),
  connection("httpclose", "close", "Closes both connections after each response"),
  proxyKeyword({
    name: "option httpslog",
    sections: FRONT,
    args: {},
    summary: "Logs every request in the HTTP log format, with what TLS agreed on behind it",
    manual: "4.2",
    apply: (proxy) => httplog(proxy, "httpslog"),
  }),
  proxyKeyword({
    name: "option httplog",
    sections: FRONT,
    args: { clf: optional(oneOf("clf")) },
    summary: "Logs every request in the HTTP log format",
    manual: "4.2",
    apply(proxy, { clf }) {
      httplog(proxy, "httplog");
      proxy.options.httplogClf = clf !== undefined;
    },
  }),
  flag(
    "independent-streams",
    ALL,
    "independentStreams",
    "Data in one direction does not refresh the timeout of the other",
  ),
  flag(
    "log-health-checks",
    BACK,
    "logHealthChecks",
    "Logs every change in the result of a health check",
  ),
  flag("log-separate-errors", FRONT, "logSeparateErrors", "Logs failed requests with level 'err'"),
  flag(
    "logasap",
    FRONT,
    "logasap",
    "Logs when the response's head has come, not when the transfer ends",
  ),
  ignored(
    "nolinger",
    ALL,
    "Closes connections with a reset, leaving nothing behind",
    "connections are closed gracefully, and the system clears up after them",
  ),
  flag(
    "persist",
    BACK,
    "persist",
    "Sends requests to the server of their cookie even when it is down",
  ),
  flag(
    "prefer-last-server",
    BACK,
    "preferLastServer",
    "Prefers the server of the client's previous request",
  ),
  ignored(
    "socket-stats",
    FRONT,
    "Counts for each listening socket apart",
    "there are counters of frontends, not of their sockets",
  ),
  hint("splice-auto", ALL, "A hint for copying in the kernel; accepted, and needs nothing here"),
  hint("splice-request", ALL, "A hint for copying in the kernel; accepted, and needs nothing here"),
  hint(
    "splice-response",
    ALL,
    "A hint for copying in the kernel; accepted, and needs nothing here",
  ),
  flag("srvtcpka", BACK, "srvtcpka", "TCP keep-alive probes on servers' connections"),
  proxyKeyword({
    name: "option tcplog",
    sections: ["defaults", "frontend", "listen", "backend"],
    args: {},
    summary: "Logs every connection in the TCP log format, with timers and counters",
    manual: "4.2",
    apply(proxy, _values, { diagnostics, section, statement }) {
      if (section === "backend") {
        diagnostics.warning(
          statement.span,
          "'option tcplog' is ignored in a backend: the frontend logs",
        );
      } else httplog(proxy, "tcplog");
    },
  }),
  flag(
    "tcpka",
    ALL,
    ["clitcpka", "srvtcpka"],
    "TCP keep-alive probes on both sides' connections",
    [],
  ),
  proxyKeyword({
    name: "option redispatch",
    sections: BACK,
    args: { interval: optional(integer(-1000000, 1000000, "<interval>")) },
    prefixes: ["no", "default"],
    summary:
      "Lets a retry go to another server; the interval says on which retries (default -1: the last)",
    manual: "4.2",
    apply(proxy, { interval }) {
      proxy.options.redispatch = interval === 0 ? false : interval ?? -1;
    },
    reset(proxy) {
      proxy.options.redispatch = DEFAULT_OPTIONS.redispatch;
    },
  }),
  proxyKeyword({
    name: "option udp-quic",
    sections: FRONT,
    args: {},
    prefixes: ["no", "default"],
    summary:
      "In 'mode udp', clients of QUIC whose address changes keep their server by its connection ids",
    manual: "sluice's own",
    apply(proxy) {
      proxy.options.udpQuic = true;
    },
    reset(proxy) {
      proxy.options.udpQuic = false;
    },
  }),
  proxyKeyword({
    name: "option forwardfor",
    sections: ALL,
    args: { settings: named({ except: network, header: headerName, "if-none": null }) },
    summary: "Adds a header with the client's address to requests",
    manual: "4.2",
    apply(proxy, { settings }) {
      proxy.options.forwardfor = {
        except: settings.except,
        header: settings.header ?? "X-Forwarded-For",
        ifNone: settings["if-none"] === true,
      };
    },
  }),
  proxyKeyword({
    name: "option originalto",
    sections: ALL,
    args: { settings: named({ except: network, header: headerName }) },
    summary: "Adds a header with the address the client connected to to requests",
    manual: "4.2",
    apply(proxy, { settings }) {
      proxy.options.originalto = {
        except: settings.except,
        header: settings.header ?? "X-Original-To",
        ifNone: false,
      };
    },
  }),
  proxyKeyword({
    name: "option forwarded",
    sections: BACK,
    args: {
      parts: named({
        proto: null,
        host: null,
        "host-expr": expression,
        by: null,
        "by-expr": expression,
        by_port: null,
        "by_port-expr": expression,
        for: null,
        "for-expr": expression,
        for_port: null,
        "for_port-expr": expression,
      }),
    },
    prefixes: ["no"],
    summary: "Adds the header of RFC 7239 to requests; alone it is 'proto for'",
    manual: "4.2 (HAProxy 2.8)",
    apply(proxy, { parts }) {
      proxy.options.forwarded = forwarded(parts);
    },
    reset(proxy) {
      delete proxy.options.forwarded;
    },
  }),
];
