/**
 * What a check does, step by step: connect, send, expect. `httpchk`, `tcp-check` and the checks of protocols are all
 * such sequences; they differ in what is sent and in how the answer is judged.
 */
import type { CheckStatus } from "../result.ts";
import type { Answer } from "./answer.ts";
import type { CheckView } from "./view.ts";

/** A judgement of an answer; the duration is added where the clock is. */
export interface Judgement {
  readonly status: CheckStatus;
  readonly info?: string;
  readonly code?: number;
}

interface StepBase {
  /** number in messages; 0: the connection that no rule asked for */
  readonly step: number;
  readonly comment?: string;
}

export interface ConnectStep extends StepBase {
  readonly type: "connect";
  /** undefined: what is checked of the server; a function answers undefined when it has no port to give */
  readonly port?: number | ((view: CheckView) => number | undefined);
  readonly addr?: string;
  readonly sendProxy: boolean;
  /** `check-send-proxy` of the server's line holds */
  readonly asServer: boolean;
  readonly linger: boolean;
  readonly viaSocks?: boolean;
  readonly ssl?: boolean;
  readonly sni?: string;
  readonly alpn?: readonly string[];
  readonly proto?: "h1" | "h2" | "none";
}

export interface SendStep extends StepBase {
  readonly type: "send";
  /** The bytes; undefined: what the format gave cannot be sent. */
  data(view: CheckView): Uint8Array | undefined;
  /** the HTTP method, when it is a request: it decides how the answer ends */
  readonly method?: string;
}

export interface ExpectStep extends StepBase {
  readonly type: "expect";
  /** what was expected, for the message of a timeout: `string 'abc'` */
  readonly what: string;
  readonly timeoutStatus: CheckStatus;
  /** the server closed and had sent nothing; undefined: `judge` says so itself */
  readonly emptyStatus?: CheckStatus;
  /** `last`: nothing more will come, so that the answer cannot be "more". */
  judge(answer: Answer, last: boolean, view: CheckView): Judgement | "more" | "good";
  /** The result when this is the last step and the answer is good. */
  success(answer: Answer, view: CheckView): Judgement;
}

/** `set-var`, `set-var-fmt`, `unset-var` */
export interface VariableStep extends StepBase {
  readonly type: "variable";
  run(view: CheckView): void;
}

export type Step = ConnectStep | SendStep | ExpectStep | VariableStep;

export interface Sequence {
  readonly steps: readonly Step[];
  /** answers are HTTP messages */
  readonly http: boolean;
  /** messages tell the step (`option tcp-check`) */
  readonly tellsStep: boolean;
}
