/** Actions that let a message wait: `wait-for-body`, `pause`, `wait-for-handshake` (manual 4.2). */
import { size, time } from "../../config/keywords/args.ts";
import type { StreamView } from "../../expr/context.ts";
import { argument, numberArgument } from "../argument.ts";
import type { Action, ActionRow, RuleContext, Verdict } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const TIME = time({ min: 1 });
const BYTES = size(0, 2 ** 31 - 1);

const verdicts = new Map<number, Verdict>();

/** What the answer of a wait means: 0 is to go on. */
function verdictOf(status: number): Verdict | undefined {
  if (status === 0) return undefined;
  let verdict = verdicts.get(status);
  if (verdict === undefined) verdicts.set(status, verdict = { type: "failed", status });
  return verdict;
}

function compileWaitForBody(reader: WordReader, ctx: RuleContext): Action | undefined {
  let ms: number | undefined;
  let atLeast: number | undefined = 0;
  while (!reader.atCondition) {
    const word = reader.take()!;
    if (word.text === "time") ms = argument(reader, "a time", TIME);
    else if (word.text === "at-least") atLeast = argument(reader, "a number of bytes", BYTES);
    else {
      ctx.diagnostics.alert(word.span, `'${word.text}' is no part of 'wait-for-body'`, {
        allowed: "time <time>, at-least <bytes>",
      });
      return undefined;
    }
    if (atLeast === undefined || (word.text === "time" && ms === undefined)) return undefined;
  }
  if (ms === undefined) {
    ctx.diagnostics.alert(ctx.word.span, "'wait-for-body' needs 'time' and how long to wait");
    return undefined;
  }
  const longest = ms;
  const enough = atLeast;
  const wait = ctx.kind === "http-request"
    ? (stream: StreamView) => stream.awaitRequestBody?.(longest, enough) ?? 0
    : (stream: StreamView) => stream.awaitResponseBody?.(longest, enough) ?? 0;
  return (stream) => {
    const waiting = wait(stream);
    return waiting === 0 ? undefined : waiting.then(verdictOf);
  };
}

function compilePause(reader: WordReader, ctx: RuleContext): Action | undefined {
  const read = numberArgument(reader, "a time", time(), ctx);
  return read && ((stream) => {
    const ms = read(stream);
    if (ms === undefined || ms <= 0) return undefined;
    return stream.pause?.(Math.min(ms, LONGEST_PAUSE)).then(() => undefined);
  });
}

/** ms; a value that a peer has a say in must not hold a request for ever */
const LONGEST_PAUSE = 3_600_000;

export const WAIT_ACTIONS: readonly ActionRow[] = [
  {
    name: "wait-for-body",
    args: "time <time> [ at-least <bytes> ]",
    rules: ["http-request", "http-response"],
    doc: "waits until the body is whole, this many bytes of it are there, or the buffer is full",
    section: "4.2",
    compile: compileWaitForBody,
  },
  {
    name: "pause",
    args: "{ <time> | <expr> }",
    rules: ["http-request", "http-response"],
    doc: "lets this time pass before the next rule (an expression gives ms)",
    section: "4.2",
    compile: compilePause,
  },
  {
    name: "wait-for-handshake",
    args: "",
    rules: ["http-request"],
    doc: "waits for the end of the TLS handshake, which has always ended when a rule runs here",
    section: "4.2",
    compile: () => () => undefined,
  },
];
