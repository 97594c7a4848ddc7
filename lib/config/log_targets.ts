/** Targets of log lines that are sections of the configuration: `ring@NAME`, `backend@NAME`. */
import type { Diagnostics } from "./diagnostic.ts";
import type { GlobalDraft } from "./draft.ts";
import type { Config, ProxyConfig } from "./model.ts";
import type { LogTarget } from "./model_log.ts";
import { nearest } from "./suggest.ts";

/** The same Config, in which targets that are rings have the format and the length of the ring (manual 3.9). */
export function settleLogTargets(
  config: Config,
  global: Pick<GlobalDraft, "implicitLogFormats">,
  diagnostics: Diagnostics,
): Config {
  const rings = new Map(config.rings.map((ring) => [ring.name, ring]));
  const backends = new Map(
    config.proxies.filter(({ kind }) => kind !== "frontend").map((proxy) => [proxy.name, proxy]),
  );
  const told = new Set<LogTarget["span"]>();
  const say = (target: LogTarget, message: string, allowed: string, near?: string) => {
    if (told.has(target.span)) return;
    told.add(target.span);
    diagnostics.alert(target.span, message, { allowed, nearest: near });
  };
  const settle = (target: LogTarget): LogTarget => {
    const { transport } = target;
    if (transport.type === "backend") {
      const backend = backends.get(transport.name);
      if (backend?.mode === "log") return target;
      const allowed = "the name of a backend of 'mode log'";
      const message = backend === undefined
        ? `'log': there is no backend '${transport.name}'`
        : `'log': '${transport.name}' has mode '${backend.mode}'`;
      say(target, message, allowed, nearest(transport.name, backends.keys()));
      return target;
    }
    if (transport.type !== "ring") return target;
    const ring = rings.get(transport.name);
    if (ring === undefined) {
      say(
        target,
        `'log': there is no ring '${transport.name}'`,
        "the name of a 'ring' section",
        nearest(transport.name, rings.keys()),
      );
      return target;
    }
    if (!global.implicitLogFormats.has(target) && target.keepFormat === undefined) {
      if (target.format !== ring.format && !told.has(target.span)) {
        told.add(target.span);
        diagnostics.warning(target.span, "'format' does nothing here: a ring has its own", {
          allowed: "'format' in the 'ring' section",
          related: { span: ring.span, message: `its format is '${ring.format}'` },
        });
      }
    }
    const { keepFormat: _keep, ...rest } = target;
    return { ...rest, format: ring.format, length: ring.maxlen ?? ring.size };
  };
  const settled = new Map<LogTarget, LogTarget>();
  const all = (targets: readonly LogTarget[]) =>
    targets.map((target) => {
      let answer = settled.get(target);
      if (answer === undefined) settled.set(target, answer = settle(target));
      return answer;
    });
  const proxies = (list: readonly ProxyConfig[]) =>
    list.map((proxy) => proxy.logs.length === 0 ? proxy : { ...proxy, logs: all(proxy.logs) });
  return {
    ...config,
    global: { ...config.global, logs: all(config.global.logs) },
    proxies: proxies(config.proxies),
    logForwards: proxies(config.logForwards),
    peers: config.peers.map((section) => ({ ...section, logs: all(section.logs) })),
  };
}
