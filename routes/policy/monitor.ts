/** `monitor-uri` and `monitor fail` (manual 4.2): the proxy answers for itself, before any rule, without a log line. */
import type { ProxyConfig } from "../../lib/config/model.ts";
import { compileCondition } from "../../lib/expr/condition.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { PC } from "../../lib/state/traffic.ts";
import { ANSWERED, onRequest, type PolicyMiddleware } from "./policy.ts";

/**
 * Answers requests for exactly the URI with 200, or with 503 when a condition says so (or their error files). `after`:
 * `http-after-response` rules, which see these answers, too.
 */
export function monitorUri(
  { monitorUri: uri, monitorFails }: ProxyConfig,
  context: CompileContext,
  after?: (stream: Stream) => void,
): PolicyMiddleware | undefined {
  const { observer, side } = context;
  const proxy = context.proxyName ?? "";
  const fails = monitorFails.flatMap((statement) => {
    const test = compileCondition(statement.words, { ...context, place: "http-request" });
    const info = { set: "monitor fail", statement, proxy, side };
    return test === undefined ? [] : observer?.line(info, { test, act: () => {} }).test ?? test;
  });
  if (uri === undefined) {
    for (const { span } of monitorFails) {
      context.diagnostics.warning(span, "'monitor fail' has no effect without 'monitor-uri'");
    }
    return undefined;
  }
  return onRequest((stream) => {
    const { target } = stream.request!;
    if (target !== uri && !isPathOf(target, uri)) return undefined;
    stream.frontend.counters.add(PC.intercepted, 1);
    stream.logLevel = -1;
    stream.fail("L", "R");
    const status = fails.some((test) => test(stream)) ? 503 : 200;
    stream.reply = stream.frontend.answers.reply(status, stream);
    after?.(stream);
    return ANSWERED;
  });
}

/** A target in absolute form (`http://host/path`) whose path, with its query, is `uri`. */
function isPathOf(target: string, uri: string): boolean {
  if (target.charCodeAt(0) === 47 || uri.charCodeAt(0) !== 47 || !target.endsWith(uri)) {
    return false;
  }
  const authority = target.indexOf("://");
  return authority > 0 && target.indexOf("/", authority + 3) === target.length - uri.length;
}
