/** What the global section says to the policy language (manual 3.1 `set-var`, 3.2 `tune.vars`). */
import type { WordsAt } from "./model.ts";

export interface GlobalVariables {
  /** `set-var` and `set-var-fmt` in their order; words: the keyword, the name, the expression or format */
  readonly sets: readonly WordsAt[];
  /** `tune.vars.*-max-size` in bytes; 0 is no limit */
  readonly sizes: VariableSizes;
}

export interface VariableSizes {
  readonly global: number;
  readonly proc: number;
  readonly sess: number;
  readonly txn: number;
  readonly reqres: number;
  readonly check: number;
}

export const NO_VARIABLES: GlobalVariables = {
  sets: [],
  sizes: { global: 0, proc: 0, sess: 0, txn: 0, reqres: 0, check: 0 },
};
