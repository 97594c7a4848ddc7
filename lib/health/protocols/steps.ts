/** What the checks of protocols are made of. They end their connection by FIN, which servers do not complain of. */
import type { CheckStatus } from "../result.ts";
import type { ConnectStep, ExpectStep, Judgement, SendStep, Sequence } from "../sequence/steps.ts";

/** A sequence without words about its steps in messages. */
export function protocolSequence(steps: readonly (SendStep | ExpectStep)[]): Sequence {
  const connect: ConnectStep = {
    type: "connect",
    step: 0,
    sendProxy: false,
    asServer: true,
    linger: true,
  };
  return { steps: [connect, ...steps], http: false, tellsStep: false };
}

export function send(step: number, bytes: Uint8Array): SendStep {
  return { type: "send", step, data: () => bytes };
}

export interface ProtocolExpectation {
  readonly step: number;
  /** default L7RSP */
  readonly emptyStatus?: CheckStatus;
  /** default L7TOUT */
  readonly timeoutStatus?: CheckStatus;
  judge(text: string, last: boolean): Judgement | "more" | "good";
  success(text: string): Judgement;
}

export function expect(e: ProtocolExpectation): ExpectStep {
  return {
    type: "expect",
    step: e.step,
    what: "",
    emptyStatus: e.emptyStatus ?? "L7RSP",
    timeoutStatus: e.timeoutStatus ?? "L7TOUT",
    judge: ({ text }, last) => e.judge(text, last),
    success: ({ text }) => e.success(text),
  };
}

/** Up to the first line end. */
export function firstLine(text: string): string {
  const end = text.search(/[\r\n]/);
  return end < 0 ? text : text.slice(0, end);
}

/** Up to the first NUL. */
export function untilNul(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** A big-endian number of `bytes` bytes at `at`. */
export function bigEndian(text: string, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value = value * 256 + text.charCodeAt(at + i);
  return value;
}
