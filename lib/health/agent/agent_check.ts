/** One question to an agent: connect, send what `agent-send` says, read one line. */
import type { Target } from "../../net/conn.ts";
import { bytesOfLatin1, latin1OfText } from "../../http1/bytes.ts";
import type { Check, CheckContext, CheckLimits, RunningCheck } from "../check.ts";
import { SequenceCheck } from "../sequence/kinds.ts";
import type { Step } from "../sequence/steps.ts";

export class AgentCheck implements Check {
  /** what the agent said last, without the line's end (latin1) */
  line = "";
  readonly #check: SequenceCheck;

  constructor(context: CheckContext) {
    const { probe } = context.server;
    const steps: Step[] = [
      { type: "connect", step: 0, sendProxy: false, asServer: false, linger: true },
    ];
    steps.push({
      type: "send",
      step: 1,
      data: () => bytesOfLatin1(latin1OfText(probe.agentSend ?? "")),
    });
    steps.push({
      type: "expect",
      step: 2,
      what: "",
      timeoutStatus: "L7TOUT",
      judge: ({ text }, last) => {
        const end = text.search(/[\r\n]/);
        if (end < 0) return last ? { status: "L7RSP" } : "more";
        this.line = text.slice(0, end);
        return "good";
      },
      success: () => ({ status: "L7OK" }),
    });
    this.#check = new SequenceCheck({ steps, http: false, tellsStep: false }, context);
  }

  run(target: Target, limits: CheckLimits): RunningCheck {
    return this.#check.run(target, limits);
  }
}
