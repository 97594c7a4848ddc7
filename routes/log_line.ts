/** Which lines a frontend writes for a stream (manual 8.2): its own format, or the one its options name. */
import type { LogFormatSpec } from "../lib/config/model_log.ts";
import type { CompileContext } from "../lib/expr/context_compile.ts";
import type { LogValue } from "../lib/expr/log_aliases.ts";
import {
  clfHttpLogFormat,
  compileLogFormat,
  defaultHttpLogFormat,
  defaultTcpLogFormat,
  httpsLogFormat,
} from "../lib/expr/log_format.ts";
import { jsonLogLine } from "../lib/expr/log_json.ts";
import type { Frontend } from "../lib/proxy/frontend.ts";

/** The frontend's lines and identifiers, compiled; mistakes go to the context's diagnostics. */
export function compileLogs(frontend: Frontend, context: CompileContext): void {
  const { config, logger } = frontend;
  const placed = { ...context, place: "log" as const };
  const compile = (format: LogFormatSpec | undefined): LogValue | undefined => {
    const line = format && compileLogFormat(format, placed, "log");
    return logger.enabled ? line : undefined;
  };
  frontend.logLine = config.options.httplog && config.options.httplogJson
    ? logger.enabled ? jsonLogLine() : undefined
    : compile(config.logFormat ?? standard(frontend));
  frontend.errorLogLine = compile(config.errorLogFormat);
  frontend.structuredData = compile(config.logFormatSd);
  frontend.logsConnections = logger.enabled && frontend.logLine === undefined;
  if (config.uniqueIdFormat !== undefined) {
    const request = { ...context, place: "http-request" as const };
    frontend.makeUniqueId = compileLogFormat(config.uniqueIdFormat, request, "value");
  }
  if (config.uniqueIdHeader !== undefined && config.uniqueIdFormat === undefined) {
    context.diagnostics.warning(
      config.span,
      `'unique-id-header' of '${config.name}' has no effect without 'unique-id-format'`,
    );
  }
}

/** What the options name. */
function standard({ config: { options, span } }: Frontend): LogFormatSpec | undefined {
  if (options.httplog && options.httpslog) return { text: httpsLogFormat, span };
  if (options.httplog) {
    return { text: options.httplogClf ? clfHttpLogFormat : defaultHttpLogFormat, span };
  }
  return options.tcplog ? { text: defaultTcpLogFormat, span } : undefined;
}
