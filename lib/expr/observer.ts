/**
 * Whoever wants to see what conditions and rules do (`sluice explain`, `trace`, the warnings of `sluice check`) gives
 * the compilers an Observer. It is told of each piece while it is compiled and answers the closure that is used in its
 * place. Without one nothing is put around anything, so that a configuration that nobody looks at costs nothing.
 *
 * An observer decides nothing: the closures that it answers give what the ones they were made of give.
 */
import type { Word } from "../config/document.ts";
import type { WordsAt } from "../config/model.ts";
import type { Acl, StreamTest } from "./acl.ts";
import type { Condition } from "./condition.ts";
import type { StreamView } from "./context.ts";
import type { MatchRow, OperatedPattern, ValueTest } from "./match.ts";
import type { FetchRow } from "./rows.ts";
import type { SampleType } from "./sample.ts";

/** One criterion of an ACL: one expression with its patterns. */
export interface CriterionInfo {
  /** the criterion's words, without the ACL's name */
  readonly words: readonly Word[];
  readonly row: FetchRow;
  /** the expression has no arguments that depend on more than the stream, or it has converters */
  readonly hasConverters: boolean;
  /** of the samples, before they are cast for the match */
  readonly type: SampleType;
  readonly match: MatchRow;
  /** the patterns as they were at load */
  readonly patterns: () => readonly OperatedPattern[];
}

/** A line that has an effect when its condition holds. */
export interface LineInfo {
  /** the rule set: `http-request`, `use_backend`, `redirect` … */
  readonly set: string;
  readonly statement: WordsAt;
  /** whose line it is, and on which side */
  readonly proxy: string;
  readonly side: "frontend" | "backend";
  /** what the line has made, as a person reads it, where that is not plain from itself */
  readonly tell?: (made: unknown) => string;
}

/** A line's condition (undefined: always) and what it does then. */
export interface Line<T> {
  readonly test: StreamTest | undefined;
  readonly act: (stream: StreamView) => T;
}

export interface Observer {
  /** `make` answers the test of a stream for a test of its samples. */
  criterion(
    info: CriterionInfo,
    matches: ValueTest,
    make: (matches: ValueTest) => StreamTest,
  ): StreamTest;
  /** An ACL where a condition names it. */
  term(acl: Acl, test: StreamTest): StreamTest;
  /** A whole condition. */
  condition(condition: Condition): StreamTest;
  line<T>(info: LineInfo, line: Line<T>): Line<T>;
}
