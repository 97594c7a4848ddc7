/** The kinds of checks that connect and talk: none but a connection, `option httpchk`, `option tcp-check`. */
import type { Check, CheckContext, CheckKind, CheckLimits, CheckMaker } from "../check.ts";
import type { Target } from "../../net/conn.ts";
import { type Answer, ByteAnswer, HttpAnswer } from "./answer.ts";
import { compileSequence } from "./compile.ts";
import { Conversation } from "./conversation.ts";
import type { Sequence } from "./steps.ts";
import { CheckView } from "./view.ts";

/** The check of one server by a sequence of steps. */
export class SequenceCheck implements Check {
  readonly #sequence: Sequence;
  readonly #context: CheckContext;
  readonly #view: CheckView;
  readonly #answer: Answer;

  constructor(sequence: Sequence, context: CheckContext) {
    this.#sequence = sequence;
    this.#context = context;
    this.#view = new CheckView(context.proxy, context.pool, context.server, context.process);
    this.#answer = sequence.http ? new HttpAnswer() : new ByteAnswer();
  }

  run(target: Target, limits: CheckLimits): Conversation {
    return new Conversation(
      this.#sequence,
      this.#context,
      this.#view,
      this.#answer,
      target,
      limits,
    );
  }
}

/** A maker of checks by `sequence`. */
export function bySequence(sequence: Sequence | undefined): CheckMaker | undefined {
  return sequence && ((context) => new SequenceCheck(sequence, context));
}

const CONNECTION: Sequence = {
  steps: [{ type: "connect", step: 0, sendProxy: false, asServer: true, linger: false }],
  http: false,
  tellsStep: false,
};

export const plainCheck: CheckKind = {
  name: "tcp",
  section: "5.2 check",
  doc: "Passes when the server accepts a TCP connection.",
  compile: () => bySequence(CONNECTION),
};

export const httpCheck: CheckKind = {
  name: "httpchk",
  section: "4.2 option httpchk",
  doc: "Sends HTTP requests and judges the answers.",
  compile: (proxy, context) =>
    bySequence(compileSequence(proxy, proxy.checks.rules, { ...context, mode: "http" })),
};

export const tcpCheck: CheckKind = {
  name: "tcp-check",
  section: "4.2 option tcp-check",
  doc: "Sends what the rules say and looks for what they expect.",
  compile: (proxy, context) => bySequence(compileSequence(proxy, proxy.checks.rules, context)),
};
