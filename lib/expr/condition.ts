/**
 * Conditions: `if|unless [!]acl … { or [!]acl … }` (manual 7.2). A condition is kept as a tree, so that it can be
 * explained, and compiled to one closure that calls the fewest others.
 */
import type { Word } from "../config/document.ts";
import { nearest } from "../config/suggest.ts";
import { type Acl, compileCriterion, type Criterion, type StreamTest } from "./acl.ts";
import type { PlacedContext } from "./context_compile.ts";
import { PREDEFINED_ACLS, predefinedAcl } from "./predefined.ts";
import { usable } from "./rows.ts";
import { compileWaiting } from "./waiting.ts";

/** One ACL in a condition; `acl.name` is "" for an anonymous one. */
export interface Term {
  readonly negated: boolean;
  readonly acl: Acl;
  readonly test: StreamTest;
}

/** True when, for `if`, all terms of any group are true; `unless` turns that round. */
export interface Condition {
  readonly unless: boolean;
  readonly groups: readonly (readonly Term[])[];
  /** from `if` or `unless` on */
  readonly words: readonly Word[];
  readonly test: StreamTest;
}

/**
 * Compiles the words from `if` or `unless` on. Mistakes go to `ctx.diagnostics`, then the answer is undefined.
 * A missing sample makes its ACL false, so `!acl` is true then.
 */
export function compileCondition(
  words: readonly Word[],
  ctx: PlacedContext,
): StreamTest | undefined {
  return parseCondition(words, ctx)?.test;
}

/** As `compileCondition`, with the tree. */
export function parseCondition(
  words: readonly Word[],
  ctx: PlacedContext,
): Condition | undefined {
  const unless = words[0].text === "unless";
  const groups: Term[][] = [[]];
  let negated = false;
  let good = true;
  let bang: Word | undefined;
  const alert = (word: Word, message: string, more = {}) => {
    ctx.diagnostics.alert(word.span, message, more);
    good = false;
  };
  if (words.length === 1) alert(words[0], `'${unless ? "unless" : "if"}' needs a condition`);
  for (let i = 1; i < words.length; i++) {
    const word = words[i];
    let text = word.text;
    const syntax = word.quoted !== true;
    if (syntax && (text === "or" || text === "||") && bang === undefined) {
      if (groups.at(-1)!.length === 0) alert(word, `'${text}' needs a condition before it`);
      else if (i === words.length - 1) alert(word, `'${text}' needs a condition behind it`);
      groups.push([]);
      continue;
    }
    while (syntax && text.startsWith("!")) {
      negated = !negated;
      text = text.slice(1);
      bang = word;
    }
    if (text === "") {
      if (bang === undefined) alert(word, "an empty word is no acl");
      continue;
    }
    let acl: Acl | undefined;
    if (syntax && text === "{") {
      let end = i + 1;
      while (end < words.length && !(words[end].text === "}" && words[end].quoted !== true)) end++;
      if (end === words.length) {
        alert(word, "'{' is not closed by '}'");
        break;
      }
      if (end === i + 1) alert(word, "an anonymous acl needs a criterion");
      else {
        const criterion = compileCriterion(words.slice(i + 1, end), ctx);
        if (criterion === undefined) good = false;
        else acl = { name: "", criteria: [criterion] };
      }
      i = end;
    } else {
      acl = ctx.acls?.get(text) ?? predefinedAcl(text, ctx.observer);
      if (acl === undefined) reportUnknown(word, text, ctx, alert);
    }
    if (acl !== undefined) {
      groups.at(-1)!.push({ negated, acl, test: testOf(acl, word, ctx) });
    }
    negated = false;
    bang = undefined;
  }
  if (bang !== undefined) alert(bang, "'!' needs an acl behind it");
  if (!good) return undefined;
  const test = ctx.waits === true ? compileWaiting(groups, unless) : compileGroups(groups, unless);
  const condition = { unless, groups, words, test };
  if (ctx.observer === undefined) return condition;
  return { ...condition, test: ctx.observer.condition(condition) };
}

function reportUnknown(
  word: Word,
  text: string,
  ctx: PlacedContext,
  alert: (word: Word, message: string, more?: object) => void,
): void {
  if (text.startsWith("{") || text.endsWith("}")) {
    alert(word, `no such acl: '${text}'`, { allowed: "braces that stand alone between spaces" });
  } else {
    const names = [...ctx.acls?.keys() ?? [], ...PREDEFINED_ACLS.map((row) => row.name)];
    alert(word, `no such acl: '${text}'`, { nearest: nearest(text, names) });
  }
}

/**
 * The test of an ACL at this place. A criterion whose fetch has nothing there is false; when all are so, that
 * is warned of, as HAProxy does.
 */
function testOf(acl: Acl, word: Word, ctx: PlacedContext): StreamTest {
  const fit = acl.criteria.filter((c) => usable(c.row.needs, ctx.place, ctx.side));
  if (fit.length === 0 && acl.criteria.length > 0) {
    const keywords = [...new Set(acl.criteria.map((c) => `'${c.keyword}'`))].join(", ");
    ctx.diagnostics.warning(
      word.span,
      `${acl.name === "" ? "this acl" : `acl '${acl.name}'`} will never match: ${keywords} ` +
        `gives nothing in '${ctx.place}' of a ${ctx.side}`,
    );
  }
  const test = anyOf(fit.map((c: Criterion) => c.test));
  return ctx.observer?.term(acl, test) ?? test;
}

const never: StreamTest = () => false;

function anyOf(tests: readonly StreamTest[]): StreamTest {
  if (tests.length === 0) return never;
  if (tests.length === 1) return tests[0];
  if (tests.length === 2) {
    const [a, b] = tests;
    return (stream) => a(stream) || b(stream);
  }
  return (stream) => {
    for (const test of tests) if (test(stream)) return true;
    return false;
  };
}

function allOf(tests: readonly StreamTest[]): StreamTest {
  if (tests.length === 1) return tests[0];
  if (tests.length === 2) {
    const [a, b] = tests;
    return (stream) => a(stream) && b(stream);
  }
  return (stream) => {
    for (const test of tests) if (!test(stream)) return false;
    return true;
  };
}

const not = (test: StreamTest): StreamTest => (stream) => !test(stream);

function compileGroups(groups: readonly (readonly Term[])[], unless: boolean): StreamTest {
  const test = anyOf(
    groups.map((terms) => allOf(terms.map((term) => term.negated ? not(term.test) : term.test))),
  );
  return unless ? not(test) : test;
}
