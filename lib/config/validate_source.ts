/** What `usesrc`, `transparent` and `namespace` need of the rest of a configuration. */
import type { Diagnostics } from "./diagnostic.ts";
import type { Span } from "./document.ts";
import type { GlobalDraft } from "./draft.ts";
import type { Config, ProxyConfig } from "./model.ts";

/** Settings of servers that need privileges for each connection. */
const USESRC = {
  setting: "usesrc",
  why: "addresses that are not this machine's need",
  right: "CAP_NET_ADMIN",
};
const NAMESPACE = {
  setting: "namespace",
  why: "to enter a network namespace needs",
  right: "CAP_SYS_ADMIN",
};

/** Sockets with foreign addresses are made while running: a process that has given up root could not. */
export function checkSources(
  { proxies }: Config,
  global: GlobalDraft,
  diagnostics: Diagnostics,
): void {
  const user = global.places.get("user") ?? global.places.get("uid");
  for (const proxy of proxies) {
    if (proxy.disabled) continue;
    for (const server of proxy.servers) {
      const { usesrc } = server.source ?? {};
      const needs = usesrc !== undefined
        ? USESRC
        : server.namespace !== undefined
        ? NAMESPACE
        : undefined;
      if (needs !== undefined && user !== undefined) {
        diagnostics.alert(
          server.span,
          `server ${proxy.name}/${server.name}: '${needs.setting}' and '${
            user.words[0].text
          }' exclude each other: ${needs.why} privileges while running`,
          {
            allowed:
              `no 'user' and 'uid'; ${needs.right} alone is enough (AmbientCapabilities= of systemd)`,
            related: { span: user.span, message: "it is set here" },
          },
        );
        return;
      }
      if (usesrc?.type === "header" && proxy.mode !== "http") {
        diagnostics.alert(
          server.span,
          `server ${proxy.name}/${server.name}: 'usesrc hdr_ip' needs 'mode http'`,
          {
            allowed:
              "'usesrc clientip' with 'accept-proxy' where the address comes from another proxy",
          },
        );
      }
    }
  }
}

/** Whether a configuration needs sockets with addresses that are not this machine's. */
export function needsForeignAddresses({ proxies, logForwards }: Config): boolean {
  const all: readonly ProxyConfig[] = [...proxies, ...logForwards];
  return all.some(({ disabled, servers, binds }) =>
    !disabled && (servers.some(({ source }) => source?.usesrc !== undefined) ||
      binds.some(({ transparent }) => transparent))
  );
}

/** The network namespaces that sockets are opened in, and where each is named first. */
export function namespacesOf(config: Config): Map<string, Span> {
  const names = new Map<string, Span>();
  const add = (name: string | undefined, span: Span) => {
    if (name !== undefined && name !== "*" && !names.has(name)) names.set(name, span);
  };
  for (const { name, span } of config.namespaces) add(name, span);
  for (const { binds } of config.peers) {
    binds.forEach(({ namespace, span }) => add(namespace, span));
  }
  for (const proxy of [...config.proxies, ...config.logForwards]) {
    if (proxy.disabled) continue;
    for (
      const { namespace, span } of [
        ...proxy.binds,
        ...proxy.datagramBinds ?? [],
        ...proxy.servers,
      ]
    ) add(namespace, span);
  }
  return names;
}
