/** Rule sets: the rules of one kind of one proxy, compiled in order. */
import type { WordsAt } from "../config/model.ts";
import type { Word } from "../config/document.ts";
import { nearest } from "../config/suggest.ts";
import type { StreamTest } from "../expr/acl.ts";
import { readCallArgs } from "../expr/compile.ts";
import { type Condition, parseCondition } from "../expr/condition.ts";
import { type CompileContext, partOf, type PlacedContext } from "../expr/context_compile.ts";
import type { StreamView } from "../expr/context.ts";
import { parseCall } from "../expr/parse.ts";
import type { ArgValue } from "../expr/rows.ts";
import { VARIABLE_ACTIONS } from "./actions/variable.ts";
import { actionNames, ACTIONS, findAction, whyUnsupported } from "./actions/table.ts";
import {
  type Action,
  type ActionRow,
  type Outcome,
  type RuleContext,
  type RuleKind,
  type Verdict,
  WAIT,
} from "./types.ts";
import { arrivingOf } from "../expr/waiting.ts";
import { beginStrict, lookedAfter, mayBeLenient } from "./strict_mode.ts";
import { WordReader } from "./word_reader.ts";

interface Rule {
  /** undefined: always */
  readonly test: StreamTest | undefined;
  readonly action: Action;
  readonly behind?: Action;
  readonly at: { readonly file: string; readonly line: number };
}

/** Compiled rules. `run` allocates nothing of its own. */
export class RuleSet {
  readonly kind: RuleKind;
  private readonly rules: readonly Rule[];

  constructor(kind: RuleKind, rules: readonly Rule[]) {
    this.kind = kind;
    this.rules = rules;
  }

  get size(): number {
    return this.rules.length;
  }

  /** Tries the rules in order; answers the first verdict, or undefined to go on. A promise: a rule waits. */
  run(stream: StreamView): Outcome {
    return this.#runFrom(stream, 0);
  }

  /** As `run`, for the kinds of rules in which none can wait. */
  runNow(stream: StreamView): Verdict | undefined {
    const outcome = this.#runFrom(stream, 0);
    if (outcome instanceof Promise) throw new Error(`a rule of '${this.kind}' waits`);
    return outcome;
  }

  #runFrom(stream: StreamView, first: number): Outcome {
    const { rules } = this;
    for (let i = first; i < rules.length; i++) {
      const { test, action, at } = rules[i];
      if (test !== undefined && !test(stream)) continue;
      const outcome = action(stream);
      if (outcome === undefined) continue;
      if (outcome instanceof Promise) return this.#after(outcome, stream, i);
      stream.lastRule = at;
      return outcome;
    }
    return undefined;
  }

  async #after(
    outcome: Promise<Verdict | undefined>,
    stream: StreamView,
    index: number,
  ): Promise<Verdict | undefined> {
    const verdict = await outcome;
    if (verdict === undefined) return this.#runFrom(stream, index + 1);
    stream.lastRule = this.rules[index].at;
    return verdict;
  }
}

/**
 * Compiles a proxy's rules of one kind; `words[0]` of each is the action. Mistakes go to `ctx.diagnostics`, and
 * the rule is left out. Answers undefined when there is no rule, so that nothing need be called. `set` is the name
 * that an observer is told.
 */
export function compileRules(
  kind: RuleKind,
  statements: readonly WordsAt[],
  ctx: CompileContext,
  set: string = kind,
): RuleSet | undefined {
  const rules: Rule[] = [];
  let behind: Rule | undefined;
  const lenient = mayBeLenient(statements);
  if (lenient) rules.push({ test: undefined, action: beginStrict, at: statements[0].span });
  for (const statement of statements) {
    const rule = compileRule(kind, statement, ctx, lenient);
    if (rule === undefined) continue;
    if (behind !== undefined && behind.action !== rule.behind) rules.push(behind);
    behind = rule.behind && { test: undefined, action: rule.behind, at: rule.at };
    if (ctx.observer === undefined) rules.push(rule);
    else {
      const info = { set, statement, proxy: ctx.proxyName ?? "", side: ctx.side };
      const { test, act } = ctx.observer.line(info, { test: rule.test, act: rule.action });
      rules.push({ ...rule, test, action: act });
    }
  }
  if (behind !== undefined) rules.push(behind);
  return rules.length === 0 ? undefined : new RuleSet(kind, rules);
}

/** Compiles the `redirect` statements of a proxy; they run behind its `http-request` rules. */
export function compileRedirects(
  statements: readonly WordsAt[],
  ctx: CompileContext,
): RuleSet | undefined {
  const withAction = statements.map(({ words, span }): WordsAt => ({
    words: [{ text: "redirect", span }, ...words],
    span,
  }));
  return compileRules("http-request", withAction, ctx, "redirect");
}

function compileRule(
  kind: RuleKind,
  statement: WordsAt,
  ctx: CompileContext,
  lenient: boolean,
): Rule | undefined {
  const { words, span } = statement;
  const { diagnostics } = ctx;
  const word = words[0];
  if (word === undefined) {
    diagnostics.alert(span, `'${kind}' needs an action`, { allowed: actionNames(kind).join(", ") });
    return undefined;
  }
  const row = findAction(nameOf(word));
  if (row === undefined || !row.rules.includes(kind)) {
    reportAction(kind, word, ctx);
    return undefined;
  }
  const call = readCall(row, word, { ...ctx, place: kind });
  if (call === undefined) return undefined;
  const reader = new WordReader(words, diagnostics);
  reader.take();
  const waits = ctx.mode === "tcp" &&
    (kind === "tcp-request content" || kind === "tcp-response content");
  const context: RuleContext = { ...ctx, place: kind, kind, word, call, waits };
  const made = row.compile(reader, context);
  if (made === undefined) return undefined;
  const action = lenient ? lookedAfter(row.name, made, context) : made;
  const condition = readCondition(reader, context, `'${kind} ${row.name}'`);
  if (condition === false) return undefined;
  const at = { file: span.file, line: span.line };
  const behind = row.behind === undefined ? {} : { behind: row.behind };
  if (!waits || condition === undefined) return { test: condition, action, at, ...behind };
  return { test: condition, action: unlessWaiting(action), at, ...behind };
}

/** `set-var(name) expr` and its kin where there are no rules: in checks. `words[0]` is the call. */
export function compileVariableAction(
  words: readonly Word[],
  ctx: PlacedContext,
): Action | undefined {
  const [word] = words;
  const row = VARIABLE_ACTIONS.find(({ name }) => name === nameOf(word));
  const call = row && readCall(row, word, ctx);
  if (row === undefined || call === undefined) return undefined;
  const reader = new WordReader(words, ctx.diagnostics);
  reader.take();
  return row.compile(reader, { ...ctx, kind: "http-request", word, call });
}

/** The action of a rule whose condition may not be told yet. */
function unlessWaiting(action: Action): Action {
  return (stream) => {
    const arriving = arrivingOf(stream);
    if (arriving?.waits !== true) return action(stream);
    arriving.waits = false;
    return WAIT;
  };
}

/** The action's name, without what stands in parentheses. */
function nameOf(word: Word): string {
  const open = word.text.indexOf("(");
  return open < 0 ? word.text : word.text.slice(0, open);
}

/** The arguments in parentheses behind an action's name; undefined after a mistake. */
function readCall(row: ActionRow, word: Word, ctx: PlacedContext): ArgValue[] | undefined {
  const open = word.text.indexOf("(");
  const rest = word.text.slice(open);
  if (row.call === undefined) {
    if (open < 0) return [];
    ctx.diagnostics.alert(partOf(word, open, rest.length), `'${row.name}' has no parentheses`, {
      allowed: `${row.name} ${row.args}`.trimEnd(),
    });
    return undefined;
  }
  const node = parseCall(word.text, 0);
  if ("error" in node) {
    ctx.diagnostics.alert(partOf(word, node.at, node.length), node.error);
    return undefined;
  }
  if (node.end < word.text.length) {
    const more = word.text.slice(node.end);
    ctx.diagnostics.alert(
      partOf(word, node.end, more.length),
      `unexpected '${more}' behind '${word.text.slice(0, node.end)}'`,
    );
    return undefined;
  }
  return readCallArgs(word, node, row.call, ctx);
}

/** The condition at the end of a rule: undefined when there is none, false after a mistake. */
export function readCondition(
  reader: WordReader,
  ctx: RuleContext,
  what: string,
): StreamTest | undefined | false {
  const condition = readConditionTree(reader, ctx, what);
  return condition && condition.test;
}

/** As `readCondition`, with the tree. */
export function readConditionTree(
  reader: WordReader,
  ctx: RuleContext,
  what: string,
): Condition | undefined | false {
  const next = reader.peek();
  if (next === undefined) return undefined;
  if (next.text !== "if" && next.text !== "unless") {
    ctx.diagnostics.alert(next.span, `'${next.text}' cannot stand behind ${what}`, {
      allowed: "'if' or 'unless' and a condition",
      nearest: nearest(next.text, ["if", "unless"]),
    });
    return false;
  }
  return parseCondition(reader.words.slice(reader.at), ctx) ?? false;
}

function reportAction(kind: RuleKind, word: Word, ctx: CompileContext): void {
  const name = nameOf(word);
  const names = actionNames(kind);
  const allowed = names.join(", ");
  if (ACTIONS.has(name)) {
    ctx.diagnostics.alert(word.span, `'${name}' is no action of '${kind}'`, { allowed });
  } else if (whyUnsupported(name) !== undefined) {
    const what = `action '${name}' is not supported: ${whyUnsupported(name)}`;
    ctx.diagnostics.alert(word.span, what, { allowed });
  } else {
    ctx.diagnostics.alert(word.span, `unknown action '${name}' in '${kind}'`, {
      allowed,
      nearest: nearest(name, names),
    });
  }
}
