/** Actions on how traffic flows: `set-bandwidth-limit`, and faults for tests (`inject-delay`, `inject-abort`). */
import { size, time } from "../../config/keywords/args.ts";
import { nearest } from "../../config/suggest.ts";
import type { StreamView } from "../../expr/context.ts";
import { numberArgument } from "../argument.ts";
import { type BandwidthFilter, SharedPacer, StreamPacer } from "../bandwidth.ts";
import type { ActionRow, RuleContext } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const BYTES = size(1, 2 ** 31 - 1);

type ReadNumber = (stream: StreamView) => number | undefined;

/** `percent <n>`: how many of the requests are meant; undefined after a mistake. */
export function readPercent(
  reader: WordReader,
  ctx: RuleContext,
): ((stream: StreamView) => boolean) | undefined {
  if (!reader.accept("percent")) return () => true;
  const word = reader.need("a number from 0 to 100");
  if (word === undefined) return undefined;
  const percent = Number(word.text);
  if (!/^[0-9]{1,3}(\.[0-9]{1,3})?$/.test(word.text) || percent > 100) {
    ctx.diagnostics.alert(word.span, `'${word.text}' is no percentage`, { allowed: "0 to 100" });
    return undefined;
  }
  return (stream) => stream.process.random() * 100 < percent;
}

export const TRAFFIC_ACTIONS: readonly ActionRow[] = [
  {
    name: "set-bandwidth-limit",
    args: "<name> [limit { <size> | <expr> }] [period { <time> | <expr> }]",
    rules: ["http-request", "http-response"],
    doc: "lets the body pass a 'filter bwlim-in' or 'bwlim-out' of this name",
    section: "4.2 (HAProxy 2.7)",
    compile: (reader, ctx) => {
      const word = reader.need("the name of a filter");
      if (word === undefined) return undefined;
      const filter = ctx.bandwidth?.get(word.text) as BandwidthFilter | undefined;
      if (filter === undefined) {
        ctx.diagnostics.alert(word.span, `there is no bandwidth filter '${word.text}' here`, {
          allowed: "the name of a 'filter bwlim-in' or 'filter bwlim-out' line",
          nearest: nearest(word.text, ctx.bandwidth?.keys() ?? []),
        });
        return undefined;
      }
      let limit: ReadNumber | undefined = () => filter.limit;
      let period: ReadNumber | undefined = () => filter.period;
      while (!reader.atCondition) {
        const setting = reader.take()!;
        if (filter.shared !== undefined || !["limit", "period"].includes(setting.text)) {
          ctx.diagnostics.alert(
            setting.span,
            filter.shared === undefined
              ? `'set-bandwidth-limit': unknown setting '${setting.text}'`
              : "'set-bandwidth-limit': a limit that streams share is set by its filter",
            { allowed: "limit, period" },
          );
          return undefined;
        }
        if (setting.text === "limit") limit = numberArgument(reader, "a size", BYTES, ctx);
        else period = numberArgument(reader, "a time", time({ min: 1 }), ctx);
        if (limit === undefined || period === undefined) return undefined;
      }
      return (stream) => {
        const wall = stream.process.wall;
        if (filter.shared !== undefined) {
          const key = filter.shared.key(stream);
          if (key !== undefined) {
            stream.pace?.(filter.direction, new SharedPacer(filter, key, wall));
          }
          return undefined;
        }
        const bytes = limit(stream) ?? filter.limit;
        const ms = period(stream) ?? filter.period;
        if (bytes <= 0 || ms <= 0) return undefined;
        stream.pace?.(filter.direction, new StreamPacer(filter, bytes, ms, wall));
        return undefined;
      };
    },
  },
  {
    name: "inject-delay",
    args: "<time> [percent <n>]",
    rules: ["http-request"],
    doc: "lets requests wait, for tests: all of them, or so many percent",
    section: "none: sluice's own",
    compile: (reader, ctx) => {
      const ms = numberArgument(reader, "a time", time({ max: 600_000 }), ctx);
      const meant = ms && readPercent(reader, ctx);
      return meant && ((stream) => {
        const wait = ms(stream);
        if (wait === undefined || wait <= 0 || !meant(stream)) return undefined;
        return stream.pause?.(wait).then(() => undefined);
      });
    },
  },
  {
    name: "inject-abort",
    args: "<status> [percent <n>]",
    rules: ["http-request"],
    doc: "answers requests with an error, for tests: all of them, or so many percent",
    section: "none: sluice's own",
    compile: (reader, ctx) => {
      const word = reader.need("a status");
      if (word === undefined) return undefined;
      const status = Number(word.text);
      if (!/^[45][0-9]{2}$/.test(word.text)) {
        ctx.diagnostics.alert(word.span, `'${word.text}' is no status of an error`, {
          allowed: "400 to 599",
        });
        return undefined;
      }
      const meant = readPercent(reader, ctx);
      return meant && ((stream) => meant(stream) ? { type: "page", status } : undefined);
    },
  },
];
