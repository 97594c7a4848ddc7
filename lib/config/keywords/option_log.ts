/** Options of log lines (manual 4.2). */
import type { ProxyDraft } from "../draft.ts";
import { oneOf } from "./args.ts";
import { BACK, flag, FRONT } from "./option_kinds.ts";
import { type KeywordRow, optional, proxyKeyword } from "./types.ts";

function httplog(proxy: ProxyDraft, log: "httplog" | "httpslog" | "tcplog"): void {
  proxy.options.httplog = log !== "tcplog";
  proxy.options.httpslog = log === "httpslog";
  proxy.options.httplogClf = proxy.options.httplogJson = false;
  proxy.options.tcplog = log === "tcplog";
  delete proxy.logFormat;
}

export const logOptionRows: readonly KeywordRow[] = [
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
    args: { form: optional(oneOf("clf", "json")) },
    summary:
      "Logs every request in the HTTP log format, in the common one of web servers ('clf'), " +
      "or as a line of JSON ('json', sluice's own)",
    manual: "4.2",
    apply(proxy, { form }) {
      httplog(proxy, "httplog");
      proxy.options.httplogClf = form === "clf";
      proxy.options.httplogJson = form === "json";
    },
  }),
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
  flag("dontlog-normal", FRONT, "dontlogNormal", "Logs only what went wrong"),
  flag("dontlognull", FRONT, "dontlognull", "Does not log connections on which nothing was sent"),
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
];
