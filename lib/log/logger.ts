/** The log targets of one proxy, compiled: level filter, sample, header, longest length. */
import type { LogTarget } from "../config/model_log.ts";
import type { Clock } from "../net/clock.ts";
import { compileHeader, type HeaderOf, type LineIdentity } from "./format_line.ts";
import type { Sink } from "./sink.ts";
import type { Sinks } from "./sink_pool.ts";
import type { Logger } from "./types.ts";

export interface LoggerOptions extends LineIdentity {
  readonly clock: Clock;
  readonly sinks: Pick<Sinks, "get">;
  /** threads that write the same lines: each has its share of a `rate`; 1 */
  readonly threads?: number;
}

interface Target {
  readonly level: number;
  readonly minLevel: number;
  readonly header: HeaderOf;
  /** structured data stands before the text */
  readonly structured: boolean;
  readonly length: number;
  readonly sink: Sink;
  /** whether the line with this number within the sample is sent */
  readonly sample: Uint8Array | undefined;
  counter: number;
  /** most lines in a second, of this thread */
  readonly rate: number | undefined;
  /** the second of `lines`, wall */
  second: number;
  lines: number;
}

/**
 * Makes the Logger of one proxy (or of `global`). Sinks come from the pool, which keeps one socket for each
 * destination over reloads.
 */
export function createLogger(targets: readonly LogTarget[], options: LoggerOptions): Logger {
  const compiled = targets.map((target) => compile(target, options));
  const clock = options.clock;
  return {
    enabled: compiled.length > 0,
    send(level, message, data) {
      let wall = 0;
      let text = message;
      for (const target of compiled) {
        if (level > target.level) continue;
        if (target.sample !== undefined) {
          const number = target.counter;
          target.counter = number + 1 === target.sample.length ? 0 : number + 1;
          if (target.sample[number] === 0) continue;
        }
        if (wall === 0) {
          wall = clock.wall();
          text = safe(message);
        }
        if (target.rate !== undefined && tooMany(target, wall)) {
          target.sink.refuse();
          continue;
        }
        let line = target.header(level < target.minLevel ? target.minLevel : level, wall);
        // Where there is no structured data, the header ends with a dash for it.
        if (target.structured && data !== undefined) line = `${line.slice(0, -2)}${safe(data)} `;
        line += text;
        if (line.length > target.length) line = line.slice(0, target.length);
        target.sink.write(line);
      }
    },
  };
}

/** A line feed would let whoever sent the text forge the next line. */
function safe(text: string): string {
  return text.indexOf("\n") === -1 ? text : text.replace(/\n+$/, "").replaceAll("\n", "#0A");
}

/** Counts a line; true: the second has had its lines. */
function tooMany(target: Target, wall: number): boolean {
  const second = Math.floor(wall / 1000);
  if (second !== target.second) {
    target.second = second;
    target.lines = 0;
  }
  return ++target.lines > target.rate!;
}

function compile(target: LogTarget, options: LoggerOptions): Target {
  let sample: Uint8Array | undefined;
  if (target.sample !== undefined) {
    sample = new Uint8Array(target.sample.size);
    for (const [first, last] of target.sample.ranges) sample.fill(1, first - 1, last);
  }
  return {
    level: target.level,
    minLevel: target.minLevel,
    header: compileHeader(target, options),
    structured: target.format === "rfc5424",
    length: longestLine(target),
    sink: options.sinks.get(target.transport),
    sample,
    counter: 0,
    rate: target.rate && Math.max(1, Math.floor(target.rate / (options.threads ?? 1))),
    second: 0,
    lines: 0,
  };
}

/** As HAProxy counts: on a descriptor the line end is part of `len`, elsewhere it comes on top. */
function longestLine({ transport, length }: LogTarget): number {
  const { type } = transport;
  return type === "stdout" || type === "stderr" || type === "fd" ? length - 1 : length;
}

/** A Logger that takes nothing. */
export const noLogger: Logger = { enabled: false, send: () => {} };
