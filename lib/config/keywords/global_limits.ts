/** Limits of the whole process in a second, and how strict it is with old clients (manual 3.2). */
import { integer } from "./args.ts";
import { globalKeyword, type KeywordRow, one } from "./types.ts";

const RATE = integer(0, 1_000_000_000, "<number>");

export const globalLimitRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "maxconnrate",
    args: { rate: one(RATE) },
    summary: "Most client connections of the process in a second; 0: no limit",
    manual: "3.2",
    apply(global, { rate }) {
      global.maxConnRate = rate;
    },
  }),
  globalKeyword({
    name: "maxsessrate",
    args: { rate: one(RATE) },
    summary: "Most client sessions of the process in a second; 0: no limit",
    manual: "3.2",
    apply(global, { rate }) {
      global.maxSessRate = rate;
    },
  }),
  globalKeyword({
    name: "maxsslrate",
    args: { rate: one(RATE) },
    summary: "Most TLS connections of clients that the process takes in a second; 0: no limit",
    manual: "3.2",
    apply(global, { rate }) {
      global.maxSslRate = rate;
    },
  }),
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
