/** The words of checks in logs and statistics: HAProxy's, as monitoring reads them. */
import type { ExpectStep, Sequence, Step } from "./steps.ts";

/** Where a tcp-check stood: ` at step 2 of tcp-check (expect string '+OK') comment: 'banner'`. */
export function stepInfo(sequence: Sequence, step: Step): string {
  if (!sequence.tellsStep) return "";
  if (step.step === 0) return " at initial connection step of tcp-check";
  const comment = step.comment === undefined ? "" : ` comment: '${step.comment}'`;
  return ` at step ${step.step} of tcp-check (${describe(step)})${comment}`;
}

function describe(step: Step): string {
  switch (step.type) {
    case "connect":
      return typeof step.port === "number" ? `connect port ${step.port}` : "connect";
    case "send":
      return "send";
    case "variable":
      return "variable";
    case "expect":
      return `expect ${step.what}`;
  }
}

/** The server closed without a word. */
export function emptyInfo({ step, comment }: ExpectStep): string {
  return `TCPCHK got an empty response at step ${step}` +
    (comment === undefined ? "" : ` comment: '${comment}'`);
}

/** An info with the failed rule's comment behind it. */
export function withComment(info: string, comment: string | undefined): string {
  return comment === undefined ? info : `${info} comment: ${comment}`;
}
