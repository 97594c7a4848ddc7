/** `option …` (manual 4.2): what can be switched on and off in a proxy. */
import { DEFAULT_OPTIONS } from "../draft.ts";
import { integer, oneOf } from "./args.ts";
import { forwardOptionRows } from "./option_forward.ts";
import { ALL, BACK, connection, flag, FRONT, ignored } from "./option_kinds.ts";
import { logOptionRows } from "./option_log.ts";
import { type KeywordRow, one, optional, proxyKeyword } from "./types.ts";

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
    name: "option http-restrict-req-hdr-names",
    sections: ALL,
    args: { policy: one(oneOf("preserve", "delete", "reject")) },
    summary:
      "Deletes request fields whose names have other characters than letters, digits and '-', or refuses such requests (403)",
    manual: "4.2",
    apply(proxy, { policy }) {
      proxy.options.restrictNames = policy === "preserve" ? undefined : policy;
    },
  }),
  flag(
    "idle-close-on-response",
    FRONT,
    "idleCloseOnResponse",
    "A soft stop leaves idle connections open until their next request was answered",
  ),
  flag(
    "http-use-proxy-header",
    FRONT,
    "httpUseProxyHeader",
    "In front of a proxy: requests for it have Proxy-Connection in place of Connection",
  ),
  flag(
    "independent-streams",
    ALL,
    "independentStreams",
    "Data in one direction does not refresh the timeout of the other",
  ),
  flag(
    "nolinger",
    ALL,
    "nolinger",
    "Closes connections with a reset, leaving nothing behind; what is not sent yet is lost",
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
  flag(
    "socket-stats",
    FRONT,
    "socketStats",
    "Counts for each listening address apart: a row of its own in the statistics",
  ),
  flag("splice-auto", ALL, "spliceAuto", "Moves large transfers inside the kernel, both ways"),
  flag("splice-request", ALL, "spliceRequest", "Moves large requests inside the kernel"),
  flag("splice-response", ALL, "spliceResponse", "Moves large answers inside the kernel"),
  flag("srvtcpka", BACK, "srvtcpka", "TCP keep-alive probes on servers' connections"),
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
  ...logOptionRows,
  ...forwardOptionRows,
];
