/** `deny`, `tarpit`, `return` and `auth`: the actions that answer a request (manual 4.2). */
import { latin1OfText } from "../../http1/bytes.ts";
import {
  type Answer,
  hasAnswer,
  isPageStatus,
  ownAnswer,
  readAnswer,
  wholeAnswer,
} from "../answer_spec.ts";
import type { Action, ActionRow, RuleContext, RuleReply, Verdict } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

/** The verdict is made once, at load, when nothing in the answer depends on the stream. */
function answering(answer: Answer, verdictOf: (reply: RuleReply) => Verdict): Action {
  if (typeof answer === "function") return (stream) => verdictOf(answer(stream));
  const verdict = verdictOf(answer);
  return () => verdict;
}

function refusal(name: "deny" | "tarpit", defaultStatus: (ctx: RuleContext) => number) {
  return (reader: WordReader, ctx: RuleContext): Action | undefined => {
    const spec = readAnswer(reader, ctx, name);
    if (spec === undefined) return undefined;
    const status = spec.status ?? defaultStatus(ctx);
    let answer: Answer | "page" | undefined | false = wholeAnswer(spec, status, ctx);
    if (answer === false) {
      if (hasAnswer(spec)) answer = ownAnswer(spec, status, ctx);
      else answer = isPageStatus(spec, status, ctx) ? "page" : undefined;
    }
    if (answer === undefined) return undefined;
    if (answer !== "page") return answering(answer, (reply) => ({ type: name, status, reply }));
    const verdict: Verdict = { type: name, status };
    return () => verdict;
  };
}

function compileReturn(reader: WordReader, ctx: RuleContext): Action | undefined {
  const spec = readAnswer(reader, ctx, "return");
  if (spec === undefined) return undefined;
  const status = spec.status ?? 200;
  let answer: Answer | "page" | undefined | false = wholeAnswer(spec, status, ctx);
  if (answer === false) answer = ownAnswer(spec, status, ctx);
  if (answer === undefined) return undefined;
  if (answer !== "page") return answering(answer, (reply) => ({ type: "reply", reply }));
  const verdict: Verdict = { type: "page", status };
  return () => verdict;
}

function compileAuth(reader: WordReader, ctx: RuleContext): Action | undefined {
  let realm = ctx.proxyName ?? "";
  if (reader.accept("realm")) {
    const word = reader.need("a realm");
    if (word === undefined) return undefined;
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x1f\x7f]/.test(word.text)) {
      ctx.diagnostics.alert(word.span, "a control character cannot stand in a realm");
      return undefined;
    }
    realm = latin1OfText(word.text);
  }
  const verdict: Verdict = { type: "auth", realm };
  return () => verdict;
}

const ANSWER =
  "[content-type <type>] [ default-errorfiles | errorfile <file> | errorfiles <name> | " +
  "{ file | lf-file } <file> | { string | lf-string } <str> ] [ hdr <name> <fmt> ]*";

export const REPLY_ACTIONS: readonly ActionRow[] = [
  {
    name: "deny",
    args: `[ { status | deny_status } <code> ] ${ANSWER}`,
    rules: ["http-request", "http-response"],
    doc: "answers with an error (403; 502 for a response)",
    section: "4.2",
    compile: refusal("deny", (ctx) => ctx.kind === "http-request" ? 403 : 502),
  },
  {
    name: "tarpit",
    args: `[ { status | deny_status } <code> ] ${ANSWER}`,
    rules: ["http-request"],
    doc: "answers with an error (500) after 'timeout tarpit'",
    section: "4.2",
    compile: refusal("tarpit", () => 500),
  },
  {
    name: "return",
    args: `[status <code>] ${ANSWER}`,
    rules: ["http-request", "http-response"],
    doc: "answers with these headers and this body (200)",
    section: "4.2",
    compile: compileReturn,
  },
  {
    name: "auth",
    args: "[realm <realm>]",
    rules: ["http-request"],
    doc: "asks for a name and a password (401); the realm is the proxy's name when none is given",
    section: "4.2",
    compile: compileAuth,
  },
];
