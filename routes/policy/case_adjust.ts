/** `option h1-case-adjust-bogus-client` (manual 4.2): names of fields in the case that a client insists on. */
import { adjustCase, type CaseTable } from "../../lib/proxy/case_adjust.ts";
import { onAnswer, type PolicyMiddleware } from "./policy.ts";

/** Adjusts every answer, after all rules; undefined when the option is not set or no name is to be adjusted. */
export function caseForClients(
  wanted: boolean,
  table: CaseTable,
): PolicyMiddleware | undefined {
  if (!wanted || table.size === 0) return undefined;
  return onAnswer(({ reply }) => {
    if (reply !== undefined) adjustCase(reply.head, table);
  });
}
