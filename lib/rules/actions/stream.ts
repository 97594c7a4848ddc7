/** Actions that change how a stream is treated: timeouts, retries, its place in queues, its log (manual 4.2). */
import { integer, onOff, time } from "../../config/keywords/args.ts";
import { nearest } from "../../config/suggest.ts";
import type { StreamView } from "../../expr/context.ts";
import { argument, numberArgument, sampleArgument } from "../argument.ts";
import type { Action, ActionRow, RuleContext, RuleKind } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const REQUEST: readonly RuleKind[] = ["http-request", "tcp-request content"];
const BOTH: readonly RuleKind[] = [...REQUEST, "http-response", "tcp-response content"];

type Which = "serverTimeout" | "tunnelTimeout";
const TIMEOUTS: Readonly<Record<string, Which>> = {
  server: "serverTimeout",
  tunnel: "tunnelTimeout",
};

function compileTimeout(reader: WordReader, ctx: RuleContext): Action | undefined {
  const names = Object.keys(TIMEOUTS);
  const word = reader.need("the timeout's name", names.join(", "));
  if (word === undefined) return undefined;
  const which = TIMEOUTS[word.text];
  if (which === undefined) {
    ctx.diagnostics.alert(word.span, `'${word.text}' is no timeout that a rule can set`, {
      allowed: names.join(", "),
      nearest: nearest(word.text, names),
    });
    return undefined;
  }
  if (ctx.side === "frontend" && ctx.hasProxy?.(ctx.proxyName ?? "", "backend") === false) {
    ctx.diagnostics.alert(ctx.word.span, "'set-timeout' can only stand where there are servers", {
      allowed: "a 'backend' or 'listen' section",
    });
    return undefined;
  }
  const read = numberArgument(reader, "a time", time({ min: 1 }), ctx);
  return read && ((stream) => {
    const ms = read(stream);
    // No limit at all cannot come from a peer.
    if (ms !== undefined && ms > 0) stream[which] = Math.min(ms, LONGEST);
    return undefined;
  });
}

const LONGEST = 2147483647;

/** An integer of the stream that an expression gives, within bounds. */
function bounded(
  name: string,
  doc: string,
  most: number,
  set: (stream: StreamView, value: number) => void,
): ActionRow {
  return {
    name,
    args: "<expr>",
    rules: REQUEST,
    doc: `${doc} (-${most} to ${most}; what is beyond counts as the nearest)`,
    section: "4.2",
    compile: (reader, ctx) => {
      const read = sampleArgument(reader, "sint", ctx);
      return read && ((stream) => {
        const value = read(stream);
        if (value !== undefined) set(stream, Math.max(-most, Math.min(most, Number(value))));
        return undefined;
      });
    },
  };
}

export const STREAM_ACTIONS: readonly ActionRow[] = [
  {
    name: "set-timeout",
    args: "{ server | tunnel } { <time> | <expr> }",
    rules: ["http-request"],
    doc: "replaces a timeout for this stream (an expression gives ms)",
    section: "4.2",
    compile: compileTimeout,
  },
  {
    name: "set-retries",
    args: "{ <number> | <expr> }",
    rules: REQUEST,
    doc: "replaces the number of retries for this stream",
    section: "4.2",
    compile: (reader, ctx) => {
      const read = numberArgument(reader, "a number", integer(0, 100), ctx);
      return read && ((stream) => {
        const retries = read(stream);
        if (retries !== undefined) stream.maxRetries = Math.max(0, Math.min(100, retries));
        return undefined;
      });
    },
  },
  {
    name: "disable-l7-retry",
    args: "",
    rules: ["http-request"],
    doc: "the request is sent again only when no connection could be made",
    section: "4.2",
    compile: () => (stream) => {
      stream.l7RetryDisabled = true;
      return undefined;
    },
  },
  bounded(
    "set-priority-class",
    "the stream's class in queues: the lower is served first",
    2047,
    (stream, value) => stream.priorityClass = value,
  ),
  bounded(
    "set-priority-offset",
    "moves the stream's place within its class by ms",
    524287,
    (stream, value) => stream.priorityOffset = value,
  ),
  {
    name: "set-nice",
    args: "<nice>",
    rules: BOTH,
    doc: "has no effect: streams are served in the order in which something happens to them",
    section: "4.2",
    compile: (reader, ctx) => {
      if (argument(reader, "a number", integer(-1024, 1024)) === undefined) return undefined;
      ctx.diagnostics.warning(
        ctx.word.span,
        "'set-nice' has no effect: streams are served in the order in which something happens to them",
      );
      return () => undefined;
    },
  },
  {
    name: "strict-mode",
    args: "{ on | off }",
    rules: ["http-request", "http-response", "http-after-response"],
    doc: "on (the default): a rewrite that makes a head too large is an error; off: it is left out",
    section: "4.2",
    compile: (reader) => {
      const on = argument(reader, "'on' or 'off'", onOff);
      return on === undefined ? undefined : (stream) => {
        stream.lenient = !on;
        return undefined;
      };
    },
  },
  {
    name: "do-log",
    args: "",
    rules: [...BOTH, "http-after-response"],
    doc: "writes a log line now, in the frontend's format, beside that at the end",
    section: "4.2",
    compile: () => (stream) => {
      stream.log?.();
      return undefined;
    },
  },
];
