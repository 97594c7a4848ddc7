/**
 * Rules that stand behind others which are processed later: the file reads in another order than it runs
 * (manual 4.2; HAProxy warns of the same).
 */
import type { Config, ProxyConfig, WordsAt } from "../config/model.ts";
import type { Finding } from "./finding.ts";

/** In the order in which they are processed. */
const SETS:
  readonly (readonly [name: string, lines: (proxy: ProxyConfig) => readonly WordsAt[]])[] = [
    ["tcp-request connection", (proxy) => proxy.tcpRequestConnection],
    ["tcp-request session", (proxy) => proxy.tcpRequestSession],
    ["tcp-request content", (proxy) => proxy.tcpRequestContent],
    ["monitor fail", (proxy) => proxy.monitorFails],
    ["http-request", (proxy) => proxy.httpRequest],
    ["redirect", (proxy) => proxy.redirects],
    ["use_backend", (proxy) => proxy.useBackends],
    ["use-server", (proxy) => proxy.useServers],
  ];

/** One finding for each pair of sets of a proxy. */
export function order(config: Config, isOrdered: (file: string) => boolean): Finding[] {
  return config.proxies.filter(({ disabled }) => !disabled).flatMap((proxy) => {
    const { file, line } = proxy.span;
    if (!isOrdered(file)) return [];
    const own = SETS.map(([name, lines]) => ({
      name,
      lines: lines(proxy).filter(({ span }) => span.file === file && span.line > line),
    }));
    return own.flatMap((set, at) => {
      // The first line of any set that is processed later.
      const later = own.slice(at + 1).flatMap(({ name, lines }) =>
        lines.slice(0, 1).map(({ span }) => ({ name, span }))
      ).sort((a, b) =>
        a.span.line - b.span.line
      )[0];
      if (later === undefined) return [];
      const behind = set.lines.filter(({ span }) => span.line > later.span.line);
      if (behind.length === 0) return [];
      const others = behind.length === 1
        ? ""
        : behind.length === 2
        ? "; so is one more"
        : `; so are ${behind.length - 1} more`;
      return [{
        span: behind[0].span,
        message:
          `this '${set.name}' rule is processed before the '${later.name}' rules, though it ` +
          `stands behind one${others}`,
        related: { span: later.span, message: `'${later.name}' stands here` },
      }];
    });
  });
}
