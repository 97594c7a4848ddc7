/** The settings of `server` and `default-server` lines (manual 5.2). */
import { parseSourceAddress, type SourceAddress } from "../addresses.ts";
import type { ServerDraft } from "../draft.ts";
import type { UseSource } from "../model_upstream.ts";
import { type ArgType, COUNT, integer, oneOf, Refusal, text, time } from "./args.ts";
import { cookieValue } from "./cookie_options.ts";
import { ipAddress } from "./address_types.ts";
import { serverNamespace } from "./namespace.ts";
import { flag, known, type OptionTable, optionTable, setting } from "./option_table.ts";
import { serverCheckSettings } from "./server_checks.ts";
import { serverProxySettings } from "./server_proxy.ts";
import { serverNameSettings } from "./server_names.ts";
import { tlsServerSettings } from "./tls_server.ts";

/** The address of outgoing connections. */
export const sourceAddress: ArgType<SourceAddress> = {
  label: "<addr>[:<port>[-<port>]]",
  describe: "an IP address, optionally with a port or a range: '10.0.0.5' or '10.0.0.5:1024-65535'",
  schema: { type: "string" },
  parse: ({ text }) => parseSourceAddress(text),
};

const proxyAddress: ArgType<{ host: string; port: number }> = {
  label: "<addr>:<port>",
  describe: "an IP address and a port: '10.0.0.5:1080'",
  schema: { type: "string" },
  parse({ text }) {
    const { host, port, lastPort } = parseSource(text) ?? {};
    return host !== undefined && port !== undefined && lastPort === undefined
      ? { host, port }
      : new Refusal(`'${text}' is no address with a port`, proxyAddress.describe);
  },
};

/** `usesrc`: whose address connections leave from. */
export const useSource: ArgType<UseSource> = {
  label: "<addr>[:<port>]|client|clientip|hdr_ip(<name>[,<occ>])",
  describe: "an IP address, 'client', 'clientip' or 'hdr_ip(x-forwarded-for,-1)'",
  schema: { type: "string" },
  parse({ text }) {
    if (text === "client" || text === "clientip") return { type: text };
    const header = /^hdr_ip\(([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:,(-?[0-9]{1,3}))?\)$/.exec(text);
    if (header !== null) {
      const occurrence = Number(header[2] ?? -1);
      return occurrence === 0
        ? new Refusal("'hdr_ip' counts from 1, or from -1 backwards", useSource.describe)
        : { type: "header", name: header[1], occurrence };
    }
    const address = parseSource(text);
    return address === undefined
      ? new Refusal(`'${text}' is no address to connect from`, useSource.describe)
      : { type: "address", ...address };
  },
};

function parseSource(text: string): SourceAddress | undefined {
  const source = parseSourceAddress(text);
  return source instanceof Refusal ? undefined : source;
}

/** A count where -1 stands for "no limit". */
const countOrUnlimited = integer(-1, COUNT);

export const serverOptions: OptionTable = optionTable<ServerDraft>("server", "5.2", [
  setting({
    name: "addr",
    value: ipAddress,
    summary: "Address of health checks, when it is not the server's own",
    apply(server, value) {
      server.checkAddr = value;
    },
  }),
  flag("backup", "Used only when no other server can be", (server) => {
    server.backup = true;
  }),
  flag("no-backup", "Takes back a 'backup' of default-server", (server) => {
    server.backup = false;
  }),
  flag("check", "Checks by TCP connections whether the server is alive", (server) => {
    server.check = true;
  }),
  flag("no-check", "Takes back a 'check' of default-server", (server) => {
    server.check = false;
  }),
  setting({
    name: "cookie",
    value: cookieValue,
    summary: "The server's value in a persistence cookie",
    apply(server, value) {
      server.cookie = value;
    },
  }),
  flag("disabled", "Starts in maintenance", (server) => {
    server.disabled = true;
  }),
  flag("non-stick", "Gets no entries in stick tables", (server) => {
    server.nonStick = true;
  }),
  flag("enabled", "Takes back a 'disabled' of default-server", (server) => {
    server.disabled = false;
  }),
  setting({
    name: "downinter",
    value: time({ min: 1 }),
    summary: "Time between checks while the server is down",
    apply(server, value) {
      server.downinter = value;
    },
  }),
  setting({
    name: "fall",
    value: integer(1, COUNT),
    summary: "Failed checks in a row that make the server down",
    apply(server, value) {
      server.fall = value;
    },
  }),
  setting({
    name: "fastinter",
    value: time({ min: 1 }),
    summary: "Time between checks while the state is changing",
    apply(server, value) {
      server.fastinter = value;
    },
  }),
  setting({
    name: "hash-key",
    value: oneOf("id", "addr", "addr-port"),
    manual: "5.2 (HAProxy 3.0)",
    summary: "What the places of consistent hashing are reckoned from, 'id' when it is not set",
    apply(server, value) {
      server.hashKey = value;
    },
  }),
  setting({
    name: "id",
    value: integer(1, COUNT),
    notOn: ["default-server"],
    summary: "Number of the server in statistics; unique in its backend",
    apply(server, value) {
      server.id = value;
    },
  }),
  setting({
    name: "inter",
    value: time({ min: 1 }),
    summary: "Time between checks, 2 s when it is not set",
    apply(server, value) {
      server.inter = value;
    },
  }),
  setting({
    name: "log-proto",
    value: oneOf("legacy", "octet-count"),
    summary: "How log lines are framed over TCP (RFC 6587); 'legacy', a line feed, when not set",
    apply(server, value) {
      server.logProto = value;
    },
  }),
  setting({
    name: "max-reuse",
    value: countOrUnlimited,
    summary: "Requests on one connection to the server after its first; -1: no limit",
    apply(server, value) {
      server.maxReuse = value < 0 ? undefined : value;
    },
  }),
  setting({
    name: "maxconn",
    value: integer(0, COUNT),
    summary: "Requests at the same time; others wait in the queue. 0: no limit",
    apply(server, value) {
      server.maxconn = value === 0 ? undefined : value;
    },
  }),
  setting({
    name: "maxqueue",
    value: integer(0, COUNT),
    summary: "Requests that may wait for this server. 0: no limit",
    apply(server, value) {
      server.maxqueue = value === 0 ? undefined : value;
    },
  }),
  setting({
    name: "minconn",
    value: integer(0, COUNT),
    summary: "Limit of requests while the backend is idle; it grows to 'maxconn' with the load",
    apply(server, value) {
      server.minconn = value === 0 ? undefined : value;
    },
  }),
  setting({
    name: "namespace",
    value: serverNamespace,
    summary:
      "Name of the network namespace that connections are made in (Linux); '*': the client's, as its PROXY header says",
    apply(server, value) {
      server.namespace = value;
    },
  }),
  setting({
    name: "on-marked-down",
    value: oneOf("shutdown-sessions"),
    summary: "Ends the server's sessions at once when it goes down",
    apply(server, value) {
      server.onMarkedDown = value;
    },
  }),
  setting({
    name: "pool-low-conn",
    value: countOrUnlimited,
    summary: "Idle connections below which a thread takes none from another thread",
    apply(server, value) {
      server.poolLowConn = value < 0 ? undefined : value;
    },
  }),
  setting({
    name: "pool-max-conn",
    value: countOrUnlimited,
    summary: "Idle connections kept for reuse; -1: no limit, 0: none",
    apply(server, value) {
      server.poolMaxConn = value < 0 ? undefined : value;
    },
  }),
  setting({
    name: "pool-purge-delay",
    value: time(),
    summary:
      "Time after which half of the idle connections are closed, 5 s when it is not set; 0: keep none",
    apply(server, value) {
      server.poolPurgeDelay = value;
    },
  }),
  setting({
    name: "port",
    value: integer(1, 65535, "<port>"),
    summary: "Port of health checks, when it is not the server's own",
    apply(server, value) {
      server.checkPort = value;
    },
  }),
  setting({
    name: "proto",
    value: oneOf("h1", "h2"),
    summary: "What is spoken to the server: HTTP/1, or HTTP/2 (also without TLS)",
    apply(server, value) {
      server.proto = value;
    },
  }),
  setting({
    name: "redir",
    value: text("<prefix>", "a URL without its path: 'http://image1.example.com'"),
    summary: "Redirects GET and HEAD requests to this prefix and their path, in 'mode http'",
    apply(server, value) {
      server.redir = value;
    },
  }),
  setting({
    name: "rise",
    value: integer(1, COUNT),
    summary: "Good checks in a row that make the server up",
    apply(server, value) {
      server.rise = value;
    },
  }),
  setting({
    name: "slowstart",
    value: time(),
    summary: "Time over which a server that comes up takes its share of weight and connections",
    apply(server, value) {
      server.slowstart = value === 0 ? undefined : value;
    },
  }),
  setting({
    name: "socks4",
    value: proxyAddress,
    summary: "Connects through the SOCKS4 proxy at this address",
    apply(server, value) {
      server.through = { kind: "socks4", ...value };
    },
  }),
  flag("check-via-socks4", "Checks go through the SOCKS4 proxy, too", (server) => {
    server.checkThrough = true;
  }),
  setting({
    name: "http-proxy",
    value: proxyAddress,
    manual: "sluice's own",
    summary: "Connects through the HTTP proxy at this address (CONNECT)",
    apply(server, value) {
      server.through = { kind: "http", ...value };
    },
  }),
  setting({
    name: "http-proxy-auth",
    value: text("<user>:<password>", "a user's name, a colon and the password"),
    manual: "sluice's own",
    summary: "Who that HTTP proxy is told to be asked by: after 'http-proxy'",
    apply(server, value, { word, where, diagnostics }) {
      if (server.through?.kind !== "http") {
        diagnostics.alert(word.span, `${where}: 'http-proxy-auth' needs 'http-proxy' before it`);
      } else if (!/^[^:\p{Cc}]+:\P{Cc}*$/u.test(value)) {
        diagnostics.alert(word.span, `${where}: 'http-proxy-auth' needs a user and a password`, {
          allowed: 'user:password, best from the environment: "${PROXY_AUTH}"',
        });
      } else server.through = { ...server.through, auth: value };
    },
  }),
  flag("check-via-http-proxy", "Checks go through the HTTP proxy, too", (server) => {
    server.checkThrough = true;
  }),
  setting({
    name: "source",
    value: sourceAddress,
    summary: "Address that connections to the server leave from",
    apply(server, value) {
      server.source = value;
    },
  }),
  flag("strict-maxconn", "'maxconn' holds for open connections, idle ones among them", (server) => {
    server.strictMaxconn = true;
  }),
  setting({
    name: "tcp-ut",
    value: time(),
    summary: "How long sent data may stay unacknowledged before the connection is given up",
    apply(server, value) {
      server.tcpUt = value === 0 ? undefined : value;
    },
  }),
  setting({
    name: "usesrc",
    value: useSource,
    usage: "source <addr> usesrc <addr>[:<port>]|client|clientip|hdr_ip(<name>[,<occ>])",
    summary:
      "Connections leave from this address, or the client's, which need not be the machine's",
    apply(server, value, { word, where, diagnostics }) {
      if (server.source === undefined) {
        diagnostics.alert(word.span, `${where}: 'usesrc' needs 'source <addr>' before it`);
      } else server.source = { ...server.source, usesrc: value };
    },
  }),
  setting({
    name: "interface",
    value: text("<interface>", "the name of a network interface"),
    usage: "source <addr> interface <interface>",
    summary: "Connections leave through this network interface",
    apply(server, value, { word, where, diagnostics }) {
      if (server.source === undefined) {
        diagnostics.alert(word.span, `${where}: 'interface' needs 'source <addr>' before it`);
      } else server.source = { ...server.source, interface: value };
    },
  }),
  flag(
    "tfo",
    "Sends the first data with the first packet where the system can (TCP Fast Open)",
    (server) => {
      server.tfo = true;
    },
  ),
  flag("no-tfo", "Takes back a 'tfo' of default-server", (server) => {
    server.tfo = false;
  }),
  setting({
    name: "weight",
    value: integer(0, 256),
    summary: "Share of the load, beside the other servers' weights; 0: no new sessions",
    apply(server, value) {
      server.weight = value;
    },
  }),
  setting({
    name: "ws",
    value: oneOf("auto", "h1", "h2"),
    summary: "What WebSocket streams go by: HTTP/1.1, HTTP/2 (RFC 8441), or as ALPN lets them",
    apply(server, value) {
      server.ws = value;
    },
  }),
  ...serverCheckSettings,
  ...serverProxySettings,
  ...serverNameSettings,
  ...tlsServerSettings,
  ...known("ignored", "it takes back a setting that sluice does not have", {
    stick: [0, "Entries in stick tables"],
  }),
]);
