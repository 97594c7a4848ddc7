/**
 * Linter: an Observer that only listens while a configuration is compiled, and then says what cannot be meant: rules
 * that are never reached, ACLs that nobody uses. Law: what it says is always right. Where it cannot be sure, it is
 * silent.
 */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Span } from "../config/document.ts";
import type { Config } from "../config/model.ts";
import type { Acl, StreamTest } from "../expr/acl.ts";
import type { Condition } from "../expr/condition.ts";
import type { CriterionInfo, Line, LineInfo, Observer } from "../expr/observer.ts";
import type { ValueTest } from "../expr/match.ts";
import { order } from "./order.ts";
import { unreachable } from "./unreachable.ts";
import { unusedAcls } from "./unused_acls.ts";

/** A line with its condition (undefined: always) as a tree. */
export interface SeenLine {
  readonly info: LineInfo;
  readonly condition: Condition | undefined;
}

export class Linter implements Observer {
  readonly #criteria = new Map<StreamTest, CriterionInfo>();
  readonly #conditions = new Map<StreamTest, Condition>();
  readonly #used = new Set<Acl>();
  readonly #lines: SeenLine[] = [];
  readonly #seen = new Map<Span, Set<string>>();

  criterion(
    info: CriterionInfo,
    matches: ValueTest,
    make: (matches: ValueTest) => StreamTest,
  ): StreamTest {
    const test = make(matches);
    // Each is compared with many others.
    let patterns: ReturnType<CriterionInfo["patterns"]> | undefined;
    this.#criteria.set(test, { ...info, patterns: () => patterns ??= info.patterns() });
    return test;
  }

  term(acl: Acl, test: StreamTest): StreamTest {
    this.#used.add(acl);
    return test;
  }

  condition(condition: Condition): StreamTest {
    // A closure of its own: two conditions may be one and the same test.
    const test: StreamTest = (stream) => condition.test(stream);
    this.#conditions.set(test, condition);
    return test;
  }

  line<T>(info: LineInfo, line: Line<T>): Line<T> {
    const { set, side, statement } = info;
    const places = this.#seen.get(statement.span) ?? new Set();
    // A line may be compiled for several uses: it does not stand behind itself.
    if (places.has(`${side} ${set}`)) return line;
    this.#seen.set(statement.span, places.add(`${side} ${set}`));
    this.#lines.push({
      info,
      condition: line.test === undefined ? undefined : this.#conditions.get(line.test),
    });
    return line;
  }

  /** Says what was found; `isOrdered` tells whether the order of lines in a file means anything to its reader. */
  report(config: Config, diagnostics: Diagnostics, isOrdered: (file: string) => boolean): void {
    const info = (test: StreamTest) => this.#criteria.get(test);
    const found = [
      ...unreachable(this.#lines, info),
      ...unusedAcls(config, this.#used),
      ...order(config, isOrdered),
    ];
    found.sort((a, b) =>
      a.span.file === b.span.file ? a.span.line - b.span.line : a.span.file < b.span.file ? -1 : 1
    );
    for (const { span, message, related } of found) diagnostics.warning(span, message, { related });
  }
}
