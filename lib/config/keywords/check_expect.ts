/** `expect` of `http-check` and `tcp-check` (manual 4.2). */
import type { CheckRuleDraft } from "../draft_check.ts";
import type { CheckExpect } from "../model_check.ts";
import { integer, oneOf, word } from "./args.ts";
import { httpMatches, type ReadMatch, tcpMatches } from "./check_match.ts";
import { comment, format, type Mutable } from "./check_rule_words.ts";
import { readSettings, type RuleSetting, type RuleWords, valued } from "./check_settings.ts";
import type { ApplyContext } from "./types.ts";

function expectSettings(
  matches: Readonly<Record<string, ReadMatch>>,
): readonly RuleSetting<Mutable<CheckExpect>>[] {
  return [
    valued("min-recv", integer(-1), (rule, value) => {
      rule.minRecv = value < 0 ? undefined : value;
    }),
    comment,
    valued("ok-status", oneOf("L7OK", "L7OKC", "L6OK", "L4OK"), (rule, value) => {
      rule.okStatus = value;
    }),
    valued("error-status", oneOf("L7OKC", "L7RSP", "L7STS", "L6RSP", "L4CON"), (rule, value) => {
      rule.errorStatus = value;
    }),
    valued("tout-status", oneOf("L7TOUT", "L6TOUT", "L4TOUT"), (rule, value) => {
      rule.timeoutStatus = value;
    }),
    valued("on-success", format, (rule, value) => {
      rule.onSuccess = value;
    }),
    valued("on-error", format, (rule, value) => {
      rule.onError = value;
    }),
    valued("status-code", word("<expr>", "an expression"), (rule, value) => {
      rule.statusCode = value;
    }),
    ...Object.entries(matches).map(([name, read]) => ({
      name,
      usage: "",
      read: (rule: Mutable<CheckExpect>, words: RuleWords, setting: Word) =>
        readMatch(rule, words, setting, read),
    })),
  ];
}

type Word = Parameters<ReadMatch>[1];

function readMatch(
  rule: Mutable<CheckExpect>,
  words: RuleWords,
  setting: Word,
  read: ReadMatch,
): void {
  const match = read(words, setting);
  if (match === undefined) return;
  if (rule.match !== undefined) words.refuse(setting, "a rule looks for one thing only");
  rule.match = match;
}

export const httpExpectSettings = expectSettings(httpMatches);
export const tcpExpectSettings = expectSettings(tcpMatches);

/** Reads the settings of an `expect` rule. */
export function expect(
  words: RuleWords,
  { statement }: ApplyContext,
  table: readonly RuleSetting<Mutable<CheckExpect>>[],
  matches: Readonly<Record<string, ReadMatch>>,
): CheckRuleDraft | undefined {
  const rule = { type: "expect", inverse: false } as Mutable<CheckExpect>;
  // `! status` and `!status` are the same
  readSettings(words, table, rule, (word) => {
    if (!word.text.startsWith("!")) return false;
    rule.inverse = true;
    if (word.text === "!") return words.peek !== undefined;
    const read = matches[word.text.slice(1)];
    if (read !== undefined) readMatch(rule, words, word, read);
    return read !== undefined;
  });
  if (rule.match === undefined && words.good) {
    words.refuse(words.at, "it does not say what to look for", {
      allowed: Object.keys(matches).join(", "),
    });
  }
  return { ...rule, span: statement.span };
}
