/** Limits of the whole process in a second, and how strict it is with old clients (manual 3.2). */
import { integer } from "./args.ts";
import { globalKeyword, type KeywordRow, one } from "./types.ts";

const RATE = integer(0, 1_000_000_000, "<number>");

/** A limit in a second. `what`: of what, as in "Most … of the process". */
function perSecond(
  name: string,
  key: "maxConnRate" | "maxSessRate" | "maxSslRate",
  what: string,
): KeywordRow {
  return globalKeyword({
    name,
    args: { rate: one(RATE) },
    summary: `Most ${what} in a second; 0: no limit`,
    manual: "3.2",
    apply(global, { rate }) {
      global[key] = rate;
    },
  });
}

export const globalLimitRows: readonly KeywordRow[] = [
  perSecond("maxconnrate", "maxConnRate", "client connections of the process"),
  perSecond("maxsessrate", "maxSessRate", "client sessions of the process"),
  perSecond("maxsslrate", "maxSslRate", "TLS connections of clients that the process takes"),
  globalKeyword({
    name: "h1-accept-payload-with-any-method",
    args: {},
    summary:
      "Takes bodies of HTTP/1.0 requests with GET, HEAD or DELETE, which are refused with 413",
    manual: "3.1",
    apply(global) {
      global.h1AnyPayload = true;
    },
  }),
];
