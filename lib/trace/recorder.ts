/**
 * Recorder: the Observer that writes down what conditions and rules do with a stream. A stream of which no trace is
 * wanted passes the closures that it makes with one look at a map.
 *
 * Law: a condition is evaluated in one turn, without waiting, so what its terms and criteria tell belongs to the line
 * that was begun last. Actions may wait.
 */
import type { Acl, StreamTest } from "../expr/acl.ts";
import type { Condition } from "../expr/condition.ts";
import type { StreamView } from "../expr/context.ts";
import type { CriterionInfo, Line, LineInfo, Observer } from "../expr/observer.ts";
import type { ValueTest } from "../expr/match.ts";
import type { Value } from "../expr/sample.ts";
import { baseExpression } from "../expr/acl_base.ts";
import { differences, snapshot } from "./effects.ts";
import { matchedPattern, textOfPattern } from "./matched.ts";
import { outcomeOf } from "./outcome.ts";
import { describeValue, textOfLine, textOfWords } from "./text.ts";
import type { ConditionTrace, CriterionTrace, LineTrace, SampleTrace, TermTrace } from "./types.ts";

/** Samples of one criterion that are kept, and patterns that are shown. */
const MOST_SAMPLES = 16;
const MOST_PATTERNS = 12;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What one stream has met so far, in order. */
export class Trace {
  /** of the request as it came; the stream gives its head back when it ends */
  target: string | undefined;
  readonly lines: Writable<LineTrace>[] = [];
  /** of the condition that is being evaluated */
  terms: TermTrace[] = [];
  criteria: CriterionTrace[] = [];
  condition: ConditionTrace | undefined;
  /** lines that did not apply and were not kept */
  left = 0;
}

/** A line of the configuration, and how often it was met. */
export interface RecordedLine {
  readonly info: LineInfo;
  readonly text: string;
  tried: number;
  applied: number;
}

export class Recorder implements Observer {
  /** every line that was compiled, in the order of the compilation */
  readonly lines: RecordedLine[] = [];
  readonly #most: number;
  readonly #traces = new WeakMap<object, Trace>();
  /** the trace of every stream, while somebody looks at one at a time */
  only: Trace | undefined;

  /** `most`: lines of one trace that are kept; of those beyond, only what applied */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** Begins a trace of `stream`. */
  begin(stream: StreamView): Trace {
    const trace = new Trace();
    this.#traces.set(stream, trace);
    return trace;
  }

  #of(stream: StreamView): Trace | undefined {
    return this.only ?? this.#traces.get(stream);
  }

  criterion(
    info: CriterionInfo,
    matches: ValueTest,
    make: (matches: ValueTest) => StreamTest,
  ): StreamTest {
    let seen: SampleTrace[] | undefined;
    const note = (value: Value, matched: boolean) => {
      if (seen === undefined || seen.length >= MOST_SAMPLES) return;
      const pattern = matched ? matchedPattern(info, value) : undefined;
      seen.push({
        ...describeValue(info.type, value),
        matched,
        pattern: pattern === undefined ? null : textOfPattern(pattern, true),
        where: pattern?.where ?? null,
      });
    };
    const test = make((value) => {
      const matched = matches(value);
      note(value, matched);
      return matched;
    });
    const first = info.words[0];
    const about = {
      criterion: textOfWords(info.words),
      expression: baseExpression(first.text),
      match: info.match.name,
      file: first.span.file,
      line: first.span.line,
    };
    return (stream) => {
      const trace = this.#of(stream);
      if (trace === undefined) return test(stream);
      const samples: SampleTrace[] = seen = [];
      const result = test(stream);
      seen = undefined;
      const patterns = info.patterns();
      trace.criteria.push({
        ...about,
        patterns: patterns.slice(0, MOST_PATTERNS).map((each) => textOfPattern(each, true)),
        patternCount: patterns.length,
        samples,
        result,
      });
      return result;
    };
  }

  term(acl: Acl, test: StreamTest): StreamTest {
    const own: StreamTest = (stream) => {
      const trace = this.#of(stream);
      if (trace === undefined) return test(stream);
      trace.criteria = [];
      const result = test(stream);
      const { criteria } = trace;
      trace.terms.push({ acl: acl.name, negated: false, tried: true, result, criteria });
      return result;
    };
    return own;
  }

  condition({ unless, groups, words, test }: Condition): StreamTest {
    const keyword = unless ? "unless" : "if";
    const text = textOfWords(words);
    return (stream) => {
      const trace = this.#of(stream);
      if (trace === undefined) return test(stream);
      trace.terms = [];
      const result = test(stream);
      const condition = {
        keyword,
        text,
        result,
        groups: assigned(groups, trace.terms),
      } as const;
      trace.condition = condition;
      return result;
    };
  }

  line<T>(info: LineInfo, { test, act }: Line<T>): Line<T> {
    const recorded: RecordedLine = { info, text: textOfLine(info), tried: 0, applied: 0 };
    this.lines.push(recorded);
    const { file, line } = info.statement.span;
    const open = (trace: Trace, applied: boolean): Writable<LineTrace> => {
      const entry: Writable<LineTrace> = {
        file,
        line,
        proxy: info.proxy,
        side: info.side,
        set: info.set,
        text: recorded.text,
        condition: trace.condition ?? null,
        applied,
        outcome: null,
        effects: [],
      };
      trace.condition = undefined;
      if (applied || trace.lines.length < this.#most) trace.lines.push(entry);
      else trace.left++;
      return entry;
    };
    return {
      test: test && ((stream) => {
        const result = test(stream);
        recorded.tried++;
        const trace = this.#of(stream);
        if (trace !== undefined) open(trace, result);
        return result;
      }),
      act: (stream) => {
        if (test === undefined) recorded.tried++;
        recorded.applied++;
        const trace = this.#of(stream);
        if (trace === undefined) {
          const made = act(stream);
          if (outcomeOf(info, made)?.type === "wait") recorded.applied--;
          return made;
        }
        const entry = test === undefined ? open(trace, true) : trace.lines.at(-1)!;
        const before = snapshot(stream);
        const finish = (made: unknown) => {
          entry.outcome = outcomeOf(info, made);
          if (entry.outcome?.type === "wait") {
            // It cannot be told yet: the rule is tried again when more has come.
            entry.applied = false;
            recorded.applied--;
          }
          entry.effects = differences(before, snapshot(stream));
        };
        const made = act(stream);
        if (made instanceof Promise) {
          return made.then((value) => {
            finish(value);
            return value;
          }) as T;
        }
        finish(made);
        return made;
      },
    };
  }
}

/**
 * The terms that were tried, put where the condition has them. Terms are tried from left to right; a group is left
 * at its first term that does not hold, and the others are not looked at once a group has held.
 */
function assigned(groups: Condition["groups"], tried: readonly TermTrace[]): TermTrace[][] {
  let at = 0;
  let decided = false;
  return groups.map((terms) => {
    let holds = !decided;
    const group = terms.map(({ negated, acl }): TermTrace => {
      const trace = holds && at < tried.length ? tried[at++] : undefined;
      if (trace === undefined) {
        return { acl: acl.name, negated, tried: false, result: null, criteria: [] };
      }
      const result = trace.result !== negated;
      holds = result;
      return { ...trace, negated, result };
    });
    if (holds) decided = true;
    return group;
  });
}
