/** The log targets of one proxy, compiled: level filter, sample, header, longest length. */
import type { LogTarget } from "../config/model_log.ts";
import type { Clock } from "../net/clock.ts";
import { compileHeader, type HeaderOf, type LineIdentity } from "./format_line.ts";
import { type LineSinks, LineTarget, oneLine } from "./target.ts";
import type { Logger } from "./types.ts";

export interface LoggerOptions extends LineIdentity {
  readonly clock: Clock;
  readonly sinks: LineSinks;
  /** threads that write the same lines: each has its share of a `rate`; 1 */
  readonly threads?: number;
}

interface Target {
  readonly header: HeaderOf;
  /** structured data stands before the text */
  readonly structured: boolean;
  readonly lines: LineTarget;
}

/**
 * Makes the Logger of one proxy (or of `global`). Sinks come from the pool, which keeps one socket for each
 * destination over reloads.
 */
export function createLogger(targets: readonly LogTarget[], options: LoggerOptions): Logger {
  const compiled = targets.map((target): Target => ({
    header: compileHeader(target, options),
    structured: target.format === "rfc5424",
    lines: new LineTarget(target, options.sinks, options.threads),
  }));
  const clock = options.clock;
  return {
    enabled: compiled.length > 0,
    send(level, message, data) {
      let wall = 0;
      let text = message;
      for (const { lines, header, structured } of compiled) {
        if (!lines.takes(level)) continue;
        if (wall === 0) {
          wall = clock.wall();
          text = oneLine(message);
        }
        if (lines.isTooMany(wall)) continue;
        let line = header(lines.levelFor(level), wall);
        // Where there is no structured data, the header ends with a dash for it.
        if (structured && data !== undefined) line = `${line.slice(0, -2)}${oneLine(data)} `;
        lines.write(line, text);
      }
    },
  };
}

/** A Logger that takes nothing. */
export const noLogger: Logger = { enabled: false, send: () => {} };
