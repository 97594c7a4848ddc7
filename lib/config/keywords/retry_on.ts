/** `retry-on` (manual 4.2): which failures a request is sent again after. */
import type { RetryOn } from "../model_retry.ts";
import { oneOf } from "./args.ts";
import { type KeywordRow, proxyKeyword, rest1 } from "./types.ts";

/** What each word permits. */
const WORDS = {
  none: {},
  "conn-failure": { connFailure: true },
  "empty-response": { emptyResponse: true },
  "junk-response": { junkResponse: true },
  "response-timeout": { responseTimeout: true },
  // No early data is ever sent to a server, so none can be rejected.
  "0rtt-rejected": {},
  "all-retryable-errors": {
    connFailure: true,
    emptyResponse: true,
    junkResponse: true,
    responseTimeout: true,
    statuses: [500, 502, 503, 504],
  },
} as const satisfies Record<string, Partial<RetryOn>>;

const STATUSES = ["401", "403", "404", "408", "425", "500", "501", "502", "503", "504"] as const;

const reason = oneOf(...Object.keys(WORDS) as (keyof typeof WORDS)[], ...STATUSES);

export const retryRows: readonly KeywordRow[] = [
  proxyKeyword({
    name: "retry-on",
    sections: ["defaults", "listen", "backend"],
    args: { reasons: rest1(reason) },
    summary:
      "After which failures a request is sent again; without it only after failed connections",
    manual: "4.2",
    apply(proxy, { reasons }, { diagnostics, words }) {
      if (reasons.length > 1 && reasons.includes("none")) {
        const at = words[reasons.indexOf("none")];
        diagnostics.alert(at.span, "'retry-on': 'none' stands alone");
        return;
      }
      const permits: Partial<RetryOn>[] = reasons.map((word) =>
        word in WORDS ? WORDS[word as keyof typeof WORDS] : { statuses: [Number(word)] }
      );
      proxy.retryOn = {
        connFailure: permits.some((each) => each.connFailure),
        emptyResponse: permits.some((each) => each.emptyResponse),
        junkResponse: permits.some((each) => each.junkResponse),
        responseTimeout: permits.some((each) => each.responseTimeout),
        statuses: [...new Set(permits.flatMap((each) => each.statuses ?? []))],
      };
    },
  }),
];
