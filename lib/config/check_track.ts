/** `track` (manual 5.2): who is followed must be there, and be checked itself or follow one who is. */
import type { Diagnostics } from "./diagnostic.ts";
import type { ProxyConfig, ServerConfig } from "./model.ts";
import { nearest } from "./suggest.ts";

interface Place {
  readonly proxy: ProxyConfig;
  readonly server: ServerConfig;
}

/** Reports leaders that are missing, unchecked or in a circle. */
export function checkTracks(proxies: readonly ProxyConfig[], diagnostics: Diagnostics): void {
  const backends = new Map<string, ProxyConfig>();
  for (const proxy of proxies) if (proxy.kind !== "frontend") backends.set(proxy.name, proxy);
  for (const proxy of proxies) {
    if (proxy.disabled || proxy.kind === "frontend") continue;
    for (const server of proxy.servers) {
      if (server.track !== undefined) checkOne({ proxy, server }, backends, diagnostics);
    }
  }
}

function checkOne(
  from: Place,
  backends: ReadonlyMap<string, ProxyConfig>,
  diagnostics: Diagnostics,
): void {
  const word = from.server.track!;
  const where = `server ${from.proxy.name}/${from.server.name}: 'track'`;
  const seen = new Set([from.server]);
  let at = from;
  while (at.server.track !== undefined) {
    const leader = leaderOf(at, backends);
    if (leader === undefined) {
      // Told where the chain's own link is wrong.
      if (at === from) tellMissing(from, where, backends, diagnostics);
      return;
    }
    if (seen.has(leader.server)) {
      diagnostics.alert(word.span, `${where}: the servers that are tracked form a circle`);
      return;
    }
    seen.add(leader.server);
    at = leader;
  }
  const name = `${at.proxy.name}/${at.server.name}`;
  if (!at.server.check && !at.server.agentCheck) {
    diagnostics.alert(word.span, `${where}: ${name} is not checked`, {
      allowed: "a server with 'check' or 'agent-check'",
      related: { span: at.server.span, message: "it is here" },
    });
  } else if (at.proxy.checks.disableOn404 !== from.proxy.checks.disableOn404) {
    const [has, lacks] = at.proxy.checks.disableOn404
      ? [at.proxy.name, from.proxy.name]
      : [from.proxy.name, at.proxy.name];
    diagnostics.alert(
      word.span,
      `${where}: '${has}' has 'http-check disable-on-404' and '${lacks}' has not`,
    );
  }
}

/** `[proxy/]server` */
function leaderOf(
  { proxy, server }: Place,
  backends: ReadonlyMap<string, ProxyConfig>,
): Place | undefined {
  const text = server.track!.text;
  const slash = text.indexOf("/");
  const there = slash < 0 ? proxy : backends.get(text.slice(0, slash));
  const found = there?.servers.find(({ name }) => name === text.slice(slash + 1));
  return there !== undefined && found !== undefined ? { proxy: there, server: found } : undefined;
}

function tellMissing(
  { proxy, server }: Place,
  where: string,
  backends: ReadonlyMap<string, ProxyConfig>,
  diagnostics: Diagnostics,
): void {
  const word = server.track!;
  const slash = word.text.indexOf("/");
  const name = word.text.slice(0, Math.max(0, slash));
  const there = slash < 0 ? proxy : backends.get(name);
  if (there === undefined) {
    diagnostics.alert(word.span, `${where}: there is no backend '${name}'`, {
      nearest: nearest(name, [...backends.keys()]),
    });
    return;
  }
  const wanted = word.text.slice(slash + 1);
  diagnostics.alert(word.span, `${where}: '${there.name}' has no server '${wanted}'`, {
    nearest: nearest(wanted, there.servers.map((each) => each.name)),
  });
}
