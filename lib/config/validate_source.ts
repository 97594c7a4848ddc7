/** What `usesrc` and `transparent` need of the rest of a configuration. */
import type { Diagnostics } from "./diagnostic.ts";
import type { GlobalDraft } from "./draft.ts";
import type { Config, ProxyConfig } from "./model.ts";

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
      if (usesrc === undefined) continue;
      if (user !== undefined) {
        diagnostics.alert(
          server.span,
          `server ${proxy.name}/${server.name}: 'usesrc' and '${
            user.words[0].text
          }' exclude each other: ` +
            "addresses that are not this machine's need privileges while running",
          {
            allowed:
              "no 'user' and 'uid'; CAP_NET_ADMIN alone is enough (AmbientCapabilities= of systemd)",
            related: { span: user.span, message: "it is set here" },
          },
        );
        return;
      }
      if (usesrc.type === "header" && proxy.mode !== "http") {
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
