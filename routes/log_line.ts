/** Which line a frontend writes for a stream (manual 8.2): its own format, or the one its options name. */
import type { CompileContext } from "../lib/expr/context_compile.ts";
import {
  compileLogFormat,
  defaultHttpLogFormat,
  defaultTcpLogFormat,
  httpsLogFormat,
} from "../lib/expr/log_format.ts";
import type { Frontend } from "../lib/proxy/frontend.ts";
import type { Stream } from "../lib/proxy/stream.ts";

/** Compiles it; undefined: streams are not logged. */
export function compileLogLine(
  frontend: Frontend,
  context: CompileContext,
): ((stream: Stream) => string) | undefined {
  const { config } = frontend;
  const word = config.logFormat ??
    (config.options.httpslog && config.options.httplog
      ? { text: httpsLogFormat, span: config.span }
      : config.options.httplog
      ? { text: defaultHttpLogFormat, span: config.span }
      : config.options.tcplog
      ? { text: defaultTcpLogFormat, span: config.span }
      : undefined);
  if (word === undefined) return undefined;
  const format = compileLogFormat(word, { ...context, place: "log" }, "log");
  return format !== undefined && frontend.logger.enabled ? format : undefined;
}
