/** Settings of HTTP in a proxy of mode TCP: they have no effect, which is said (as HAProxy does). */
import type { Diagnostics } from "./diagnostic.ts";
import { DEFAULT_OPTIONS, type ProxyDraft } from "./draft.ts";
import type { ProxyConfig, ProxyOptions } from "./model.ts";

/** Options that only HTTP has; `back`: they belong to the server's side. */
const HTTP_OPTIONS: readonly [
  field: keyof ProxyOptions,
  keyword: string,
  side: "front" | "back" | "any",
][] = [
  ["forwardfor", "option forwardfor", "any"],
  ["originalto", "option originalto", "any"],
  ["forwarded", "option forwarded", "any"],
  ["caseAdjustClient", "option h1-case-adjust-bogus-client", "front"],
  ["caseAdjustServer", "option h1-case-adjust-bogus-server", "back"],
  ["httpBufferRequest", "option http-buffer-request", "any"],
  ["disableH2Upgrade", "option disable-h2-upgrade", "front"],
  ["httpIgnoreProbes", "option http-ignore-probes", "front"],
  ["restrictNames", "option http-restrict-req-hdr-names", "any"],
  ["idleCloseOnResponse", "option idle-close-on-response", "front"],
  ["httpUseProxyHeader", "option http-use-proxy-header", "front"],
  ["acceptInvalidHttpRequest", "option accept-invalid-http-request", "front"],
  ["acceptInvalidHttpResponse", "option accept-invalid-http-response", "back"],
  ["preferLastServer", "option prefer-last-server", "back"],
  ["httpNoDelay", "option http-no-delay", "any"],
];

/** Rules are never inherited by accident, so each list is named. */
const HTTP_RULES = [
  ["httpRequest", "http-request"],
  ["httpResponse", "http-response"],
  ["httpAfterResponse", "http-after-response"],
  ["redirects", "redirect"],
] as const;

/** Rules and options of HTTP hold once a connection has become one (manual 4.2 `switch-mode`). */
function switchesMode({ tcpRequestContent }: ProxyConfig): boolean {
  return tcpRequestContent.some(({ words }) => words[0].text === "switch-mode");
}

/**
 * Warns about what a TCP proxy cannot do (`option httplog` was turned into `option tcplog` for it). One warning
 * names all settings that came from `defaults`: there they are right for the other proxies.
 */
export function warnAboutMode(
  proxy: ProxyConfig,
  draft: ProxyDraft,
  diagnostics: Diagnostics,
): void {
  if (proxy.mode === "http") return;
  const who = `'${proxy.kind} ${proxy.name}'`;
  const inherited: string[] = [];
  const warn = (keyword: string, effect = "has no effect"): void => {
    const place = draft.places.get(keyword);
    if (place === undefined) {
      inherited.push(keyword);
      return;
    }
    diagnostics.warning(
      place.span,
      `'${keyword}' ${effect} in ${who}: its mode is '${proxy.mode}'`,
      {
        allowed: "'mode http', or no such line",
      },
    );
  };
  if (draft.options.httplog && proxy.kind !== "backend") {
    warn("option httplog", "counts as 'option tcplog'");
  }
  for (const [field, keyword, side] of HTTP_OPTIONS) {
    if (switchesMode(proxy)) break;
    if (side === "front" && proxy.kind === "backend") continue;
    if (side === "back" && proxy.kind === "frontend") continue;
    if (proxy.options[field] !== undefined && proxy.options[field] !== DEFAULT_OPTIONS[field]) {
      warn(keyword);
    }
  }
  if (draft.cookie !== undefined && proxy.kind !== "frontend") warn("cookie");
  if (proxy.cookieCapture !== undefined) warn("capture cookie");
  if (proxy.kind !== "frontend" && proxy.balance.algorithm !== draft.balance.algorithm) {
    warn("balance", "counts as 'balance roundrobin'");
  }
  if (proxy.monitorUri !== undefined && proxy.kind !== "backend") warn("monitor-uri");
  const stats = [...draft.places.keys()].find((keyword) => keyword.startsWith("stats "));
  if (stats !== undefined) warn(stats);
  for (const [list, keyword] of HTTP_RULES) {
    if (switchesMode(proxy)) break;
    if (proxy[list].length > 0) warn(keyword);
  }
  if (inherited.length === 0) return;
  const names = inherited.map((keyword) => `'${keyword}'`).join(", ");
  diagnostics.warning(
    proxy.span,
    `${names} of the 'defaults' section: without effect in ${who}, its mode is '${proxy.mode}'`,
    {
      allowed: inherited.includes("option httplog")
        ? "'option httplog' counts as 'option tcplog'"
        : undefined,
    },
  );
}

/** `proto` says which HTTP is spoken: there is none in a proxy of mode TCP. */
export function refuseProto(proxy: ProxyConfig, diagnostics: Diagnostics): void {
  if (proxy.mode === "http") return;
  for (const [what, lines] of [["bind", proxy.binds], ["server", proxy.servers]] as const) {
    for (const { proto, span } of lines) {
      if (proto === undefined) continue;
      diagnostics.alert(
        span,
        `'proto ${proto}' on a '${what}' line of '${proxy.kind} ${proxy.name}': its mode is 'tcp'`,
        { allowed: "'mode http', or no 'proto'" },
      );
    }
  }
}
