/** Config of the answers in place of sluice's own (manual 3.8, 4.2 `errorfile`, `http-error`). */
import type { Span, Word } from "./document.ts";

/** `errorfile`, and the redirection that `errorloc` and its kin stand for (then `path` is the URL). */
export interface ErrorFileConfig {
  readonly status: number;
  readonly path: string;
  /** The bytes, read when the configuration is validated. */
  readonly bytes: Uint8Array;
  readonly span: Span;
}

/** `http-error` with an answer of its own. */
export interface HttpErrorConfig {
  readonly status: number;
  /** the arguments, `status` and its code among them */
  readonly words: readonly Word[];
  readonly span: Span;
}

/** An `http-errors` section. */
export interface HttpErrorsConfig {
  readonly name: string;
  readonly span: Span;
  readonly files: readonly ErrorFileConfig[];
}
