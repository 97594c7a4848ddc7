/** Health checks in the `global` section (manual 3.1, 3.2). */
import { time } from "./args.ts";
import { globalKeyword, type KeywordRow, one } from "./types.ts";

export const globalCheckRows: readonly KeywordRow[] = [
  globalKeyword({
    name: "max-spread-checks",
    args: { delay: one(time()) },
    summary: "Longest delay between the first and the last of all first checks",
    manual: "3.2",
    apply(global, { delay }) {
      global.maxSpreadChecks = delay === 0 ? undefined : delay;
    },
  }),
  globalKeyword({
    name: "external-check",
    args: {},
    summary: "Permits checks by programs ('option external-check')",
    manual: "3.1",
    apply(global) {
      global.externalCheck = true;
    },
  }),
];
