/** What can be said about persistence once all servers of a backend are known (manual 4.2 `cookie`, `use-server`). */
import { isIP } from "node:net";
import type { Diagnostics } from "./diagnostic.ts";
import type { ProxyDraft } from "./draft.ts";
import type { CookieConfig } from "./model_cookie.ts";
import type { ProxyConfig, ServerConfig } from "./model.ts";
import { nearest } from "./suggest.ts";

/** Reports cookies and rules that cannot work. */
export function checkPersistence(
  proxy: ProxyConfig,
  draft: ProxyDraft,
  diagnostics: Diagnostics,
): void {
  if (proxy.kind === "frontend") return;
  checkUseServers(proxy, diagnostics);
  if (proxy.mode !== "http" || draft.flawed) return;
  const { cookie } = proxy;
  if (cookie === undefined) {
    const idle = proxy.servers.filter((server) => server.cookie !== undefined);
    if (idle.length > 0) {
      diagnostics.warning(
        idle[0].span,
        `'cookie' does nothing on the servers of '${proxy.kind} ${proxy.name}', which has no 'cookie' line`,
      );
    }
    return;
  }
  checkValues(cookie, proxy, diagnostics);
  if (cookie.dynamic) checkDynamic(cookie, proxy, diagnostics);
}

function checkUseServers(proxy: ProxyConfig, diagnostics: Diagnostics): void {
  const names = proxy.servers.map((server) => server.name);
  for (const { words: [word] } of proxy.useServers) {
    // a name that a format makes is looked up when it is made
    if (word.text.includes("%") || names.includes(word.text)) continue;
    diagnostics.alert(word.span, `'use-server': there is no server '${word.text}' here`, {
      allowed: names.length > 0
        ? `the servers of '${proxy.kind} ${proxy.name}', or a format`
        : undefined,
      nearest: nearest(word.text, names),
    });
  }
}

/** A server's value that holds the delimiter of its mode would not be found again in a request. */
function checkValues(cookie: CookieConfig, proxy: ProxyConfig, diagnostics: Diagnostics): void {
  const [delimiter, use] = cookie.mode === "prefix"
    ? ["~", "ends the server's part of a 'prefix' cookie"]
    : ["|", "begins the date in a persistence cookie"];
  for (const server of proxy.servers) {
    if (!server.cookie?.includes(delimiter)) continue;
    diagnostics.alert(
      server.span,
      `server ${proxy.name}/${server.name}: '${delimiter}' cannot stand in its cookie: it ${use}`,
    );
  }
}

function checkDynamic(cookie: CookieConfig, proxy: ProxyConfig, diagnostics: Diagnostics): void {
  if (proxy.dynamicCookieKey === undefined) {
    diagnostics.alert(
      cookie.span,
      `cookie ${cookie.name}: 'dynamic' needs a key to make the servers' values with`,
      { allowed: "a line 'dynamic-cookie-key' beside it" },
    );
  }
  for (const server of proxy.servers) {
    if (server.cookie !== undefined || hasFixedAddress(server)) continue;
    diagnostics.warning(
      server.span,
      `server ${proxy.name}/${server.name} gets no cookie: 'dynamic' makes it of an IP address`,
      { allowed: "an IP address in place of the name, or a 'cookie' of its own" },
    );
  }
}

function hasFixedAddress({ address, resolvers, initAddr }: ServerConfig): boolean {
  if (resolvers !== undefined || initAddr !== undefined) return true;
  return address.type === "tcp" && isIP(address.host) !== 0;
}
