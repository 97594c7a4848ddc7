import type { Diagnostic } from "../config/diagnostic.ts";
import type { Span } from "../config/document.ts";

/** Something to be warned of. */
export interface Finding {
  readonly span: Span;
  readonly message: string;
  readonly related?: Diagnostic["related"];
}
