/** What the keywords of health checks write while a section is read (manual 4.2). */
import type { Span } from "./document.ts";
import type {
  CheckConnect,
  CheckExpect,
  CheckHttpSend,
  CheckPlan,
  CheckSend,
  CheckVariable,
} from "./model_check.ts";

type Written<T> = { -readonly [K in keyof Omit<T, "step">]: T[K] };

export interface CommentDraft {
  readonly type: "comment";
  readonly comment: string;
  readonly span: Span;
}

/** A rule as written: its step is its place in the list. */
export type CheckRuleDraft =
  | Written<CheckConnect>
  | Written<CheckSend>
  | Written<CheckHttpSend>
  | Written<CheckExpect>
  | Written<CheckVariable>
  | CommentDraft;

/** Comments and variables do not talk to the server. */
export function talks({ type }: CheckRuleDraft): boolean {
  return type !== "comment" && type !== "variable";
}

export type HttpSendDraft = Written<CheckHttpSend>;

/** The rules of one family, `http-check` or `tcp-check`. */
export interface CheckRules {
  rules: CheckRuleDraft[];
  /** the request of `option httpchk`, until a rule `send` takes it over */
  request?: HttpSendDraft;
  /** the request of the `option httpchk` that was inherited when own rules took the place of the inherited ones */
  inheritedRequest?: HttpSendDraft;
  /** these rules were written in this section, not in its `defaults` */
  own: boolean;
}

export interface CheckDraft extends
  Omit<
    { -readonly [K in keyof CheckPlan]: CheckPlan[K] },
    "rules"
  > {
  http: CheckRules;
  tcp: CheckRules;
}

export function newCheckDraft(): CheckDraft {
  return {
    kind: "tcp",
    disableOn404: false,
    sendState: false,
    http: { rules: [], own: false },
    tcp: { rules: [], own: false },
  };
}

/**
 * What a section starts with that takes its settings from `defaults`. Rules come along when the option that
 * uses them stands there too, as in HAProxy.
 */
export function inheritCheckDraft(from: CheckDraft): CheckDraft {
  const take = (rules: CheckRules, used: boolean): CheckRules =>
    used ? { ...rules, own: false } : { rules: [], own: false };
  return {
    ...from,
    http: take(from.http, from.kind === "httpchk"),
    tcp: take(from.tcp, from.kind === "tcp-check"),
  };
}

/** The rules of a family to write to: those that were inherited give way to the section's own. */
export function ownRules(draft: CheckDraft, family: "http" | "tcp"): CheckRules {
  const rules = draft[family];
  if (rules.own) return rules;
  return draft[family] = { rules: [], own: true, inheritedRequest: rules.request };
}
