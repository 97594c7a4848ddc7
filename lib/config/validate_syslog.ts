/** What `log-forward` sections and backends of `mode log` need, and cannot have (docs/logs.md). */
import type { Diagnostics } from "./diagnostic.ts";
import { sendsProxy } from "./model_proxy_header.ts";
import type { BindConfig, Config, ProxyConfig, ServerConfig } from "./model.ts";

/** Algorithms that can choose for a line, which has no client, no request and no end. */
const FOR_LINES = ["roundrobin", "static-rr", "random", "sticky", "log-hash"];

export function checkLogForwards({ logForwards }: Config, diagnostics: Diagnostics): void {
  for (const forward of logForwards) {
    const who = `'log-forward ${forward.name}'`;
    if (forward.binds.length === 0 && forward.datagramBinds === undefined) {
      diagnostics.warning(forward.span, `${who} listens nowhere`, {
        allowed: "a 'dgram-bind' line (UDP) or a 'bind' line (TCP)",
      });
    }
    if (forward.logs.length === 0) {
      diagnostics.warning(forward.span, `${who} has no 'log' line: messages are thrown away`);
    }
    if (forward.binds.length > 0 && forward.timeouts.client === undefined) {
      diagnostics.warning(
        forward.span,
        `${who} has no 'timeout client': connections whose sender has vanished stay for ever`,
      );
    }
    for (const bind of forward.datagramBinds ?? []) checkDatagramBind(bind, diagnostics);
  }
}

/** TLS and headers stand before a stream. */
function checkDatagramBind(bind: BindConfig, diagnostics: Diagnostics): void {
  if (bind.acceptProxy || bind.acceptNetscalerCip !== undefined || bind.tls?.ssl) {
    diagnostics.alert(bind.span, "'dgram-bind' has no connection that a handshake could begin", {
      allowed: "'bind' for syslog over TCP",
    });
  }
}

export function checkLogMode(proxy: ProxyConfig, diagnostics: Diagnostics): void {
  for (const server of proxy.servers) checkServer(server, proxy, diagnostics);
  const { algorithm, span } = proxy.balance;
  const alone = algorithm === "sticky" || algorithm === "log-hash";
  if (proxy.mode !== "log") {
    if (alone && proxy.kind !== "frontend") {
      diagnostics.alert(span ?? proxy.span, `'balance ${algorithm}' needs 'mode log'`);
    }
    return;
  }
  if (proxy.kind !== "backend") {
    diagnostics.alert(proxy.span, `'mode log' is for backends, not for a '${proxy.kind}'`, {
      allowed: "'log-forward' takes messages, 'log backend@NAME' sends them to the backend",
    });
  }
  if (!FOR_LINES.includes(algorithm)) {
    diagnostics.alert(span ?? proxy.span, `'balance ${algorithm}' is not possible in 'mode log'`, {
      allowed: FOR_LINES.map((name) => `'${name}'`).join(", "),
    });
  }
  const rules = [
    ...proxy.httpRequest,
    ...proxy.httpResponse,
    ...proxy.tcpRequestContent,
    ...proxy.tcpResponseContent,
    ...proxy.useServers,
  ];
  if (rules.length > 0) {
    diagnostics.alert(rules[0].span, "'mode log' has no connections that rules could see");
  }
}

function checkServer(
  { name, address, sendProxy, tls, maxconn, span }: ServerConfig,
  { mode, name: backend }: ProxyConfig,
  diagnostics: Diagnostics,
): void {
  const where = `server ${backend}/${name}`;
  const datagrams = address.type === "tcp" && address.datagrams === true;
  if (datagrams && mode !== "log" && mode !== "udp") {
    diagnostics.alert(span, `${where}: 'udp@' is not possible in 'mode ${mode}'`, {
      allowed: "'mode udp', or 'mode log' for syslog",
    });
  }
  if (mode !== "log") return;
  if (address.type !== "tcp") {
    diagnostics.alert(span, `${where}: 'mode log' needs an address and a port`, {
      allowed: "udp@10.0.0.1:514, or 10.0.0.1:514 for TCP",
    });
  } else if (address.port === undefined) {
    diagnostics.alert(span, `${where}: 'mode log' needs a port`);
  }
  if (sendsProxy(sendProxy) || tls?.ssl || maxconn !== undefined) {
    diagnostics.alert(
      span,
      `${where}: 'ssl', 'send-proxy' and 'maxconn' are not possible in 'mode log'`,
      { allowed: "a 'listen' of this proxy as the server, which may have them" },
    );
  }
}
