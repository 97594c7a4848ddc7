/** What a proxy of `mode udp` cannot have: everything that needs a connection (docs/l4.md). */
import type { Diagnostics } from "./diagnostic.ts";
import { sendsProxy } from "./model_proxy_header.ts";
import { isIP } from "node:net";
import type { BindConfig, ProxyConfig, ServerConfig } from "./model.ts";

export function checkUdp(proxy: ProxyConfig, diagnostics: Diagnostics): void {
  if (proxy.mode !== "udp") return;
  if (proxy.options.socketStats) {
    diagnostics.warning(
      proxy.span,
      `'option socket-stats' has no effect on ${proxy.kind} ${proxy.name}: ` +
        "in 'mode udp' only the whole proxy is counted",
    );
  }
  for (const bind of proxy.binds) checkBind(bind, diagnostics);
  for (const server of proxy.servers) checkServer(server, proxy, diagnostics);
}

function checkBind(bind: BindConfig, diagnostics: Diagnostics): void {
  if (bind.addresses.some(({ type }) => type !== "tcp")) {
    diagnostics.alert(bind.span, "'mode udp' listens on addresses with ports only", {
      allowed: "bind <address>:<port>",
    });
  }
  if (bind.acceptProxy === true || bind.acceptNetscalerCip !== undefined) {
    diagnostics.alert(bind.span, "'mode udp' has no connection that a header could stand before");
  }
}

function checkServer(
  { name, address, sendProxy, check, checkPort, source, through, span }: ServerConfig,
  proxy: ProxyConfig,
  diagnostics: Diagnostics,
): void {
  const where = `server ${proxy.name}/${name}`;
  if (address.type !== "tcp" || isIP(address.host) === 0) {
    diagnostics.alert(span, `${where}: 'mode udp' needs the IP address of a server`, {
      allowed: "an address and a port, as 10.0.0.1:53",
    });
  }
  if (source?.usesrc !== undefined || through !== undefined) {
    diagnostics.alert(span, `${where}: 'usesrc' and proxies are not possible in 'mode udp'`);
  }
  if (sendsProxy(sendProxy)) {
    diagnostics.alert(span, `${where}: 'mode udp' has no connection that this could begin`);
  }
  if (check && proxy.checks.kind === "tcp" && checkPort === undefined) {
    diagnostics.warning(span, `${where}: the check connects to the port by TCP`, {
      allowed:
        "'option dns-check', 'option udp-check', 'option icmp-check', or 'port' with a TCP port",
    });
  }
}
