/** Rules: what an action is, and what a rule set answers. */
import type { Word } from "../config/document.ts";
import type { PlacedContext } from "../expr/context_compile.ts";
import type { CacheObject } from "../expr/cache_view.ts";
import type { StreamView } from "../expr/context.ts";
import type { ArgSpec, ArgValue } from "../expr/rows.ts";
import type { ServiceName } from "./actions/service.ts";
import type { WordReader } from "./word_reader.ts";

/** The rule sets that this layer compiles; each is a `Place` of expressions as well. */
export type RuleKind =
  | "http-request"
  | "http-response"
  | "http-after-response"
  | "tcp-request connection"
  | "tcp-request session"
  | "tcp-request content"
  | "tcp-response content";

export const RULE_KINDS: readonly RuleKind[] = [
  "http-request",
  "http-response",
  "http-after-response",
  "tcp-request connection",
  "tcp-request session",
  "tcp-request content",
  "tcp-response content",
];

/** An answer that the proxy gives itself. `headers` are complete (`content-length` too), in the order to be written. */
export interface RuleReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** a whole answer from a file, in place of all the others; empty: nothing is sent */
  readonly file?: Uint8Array;
}

/**
 * What ends a rule set. No verdict (undefined) means: go on.
 * - `allow`: no further rule of this set is tried, the stream goes on. `accept` of TCP rules is the same.
 * - `deny`: answer `reply`, or the error page of `status` when there is none; logged as denied (`PR`).
 * - `tarpit`: as `deny`, after `timeout tarpit`.
 * - `reply`: answer `reply`; logged as local (`LR`).
 * - `page`: answer the error page of `status`; logged as local.
 * - `auth`: answer the error page 401 with a question for name and password; logged as local.
 * - `service`: something of the proxy itself answers; logged as local.
 * - `failed`: the message could not be had (the stream knows why): answer the error page of `status`.
 * - `object`: answer these bytes, which a cache had kept.
 * - `reject`: close the connection without an answer; `silent`: its client has not even been told that it ended.
 * - `http`: the client speaks HTTP from here on (`switch-mode`).
 * - `close`: the server's connection is closed; what has come of it goes to the client.
 * - `wait`: a condition cannot be told before more has come, or will not come.
 */
export type Verdict =
  | { readonly type: "allow" }
  | { readonly type: "deny"; readonly status: number; readonly reply?: RuleReply }
  | { readonly type: "tarpit"; readonly status: number; readonly reply?: RuleReply }
  | { readonly type: "reply"; readonly reply: RuleReply }
  | { readonly type: "page"; readonly status: number }
  | { readonly type: "auth"; readonly realm: string }
  | { readonly type: "service"; readonly name: ServiceName }
  | { readonly type: "failed"; readonly status: number }
  | ({ readonly type: "object" } & CacheObject)
  | { readonly type: "reject"; readonly silent?: true }
  | { readonly type: "http" }
  | { readonly type: "close" }
  | { readonly type: "wait" };

/** What an action or a rule set answers: at once, unless it has to wait. */
export type Outcome = Verdict | undefined | Promise<Verdict | undefined>;

/** Runs one action; verdicts that do not depend on the stream are made at load. */
export type Action = (stream: StreamView) => Outcome;

export interface ActionRow {
  readonly name: string;
  /** runs unconditionally behind the last of rules of this action that stand one behind the other */
  readonly behind?: Action;
  /** what stands in parentheses behind the name: `set-var(<name>)` */
  readonly call?: readonly ArgSpec[];
  /** arguments as the manual writes them */
  readonly args: string;
  /** an action that may wait stands only in `http-request`, `http-response` and `tcp-request content` rules */
  readonly rules: readonly RuleKind[];
  readonly doc: string;
  /** section of the manual */
  readonly section: string;
  /** Reads the arguments; the condition is left to the caller. Undefined after a mistake. */
  readonly compile: (reader: WordReader, ctx: RuleContext) => Action | undefined;
}

/** The context of one rule. */
export interface RuleContext extends PlacedContext {
  readonly kind: RuleKind;
  /** the action's word, for messages about what is missing */
  readonly word: Word;
  /** the arguments in parentheses */
  readonly call: readonly ArgValue[];
}

export const ALLOW: Verdict = { type: "allow" };
export const REJECT: Verdict = { type: "reject" };
export const WAIT: Verdict = { type: "wait" };
