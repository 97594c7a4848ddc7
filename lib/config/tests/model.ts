/** Tests of a configuration: what its `tests` section, or a file of tests, says. */
import type { Span } from "../document.ts";

/** What a value should be. null: it should not be there. */
export type Wanted =
  | string
  | null
  | { readonly contains: string }
  | { readonly matches: RegExp; readonly source: string };

export interface AnswerSpec {
  readonly status?: number;
  /** `Name: value` */
  readonly headers?: readonly string[];
  readonly body?: string;
}

export interface SentExpectation {
  readonly method?: string;
  readonly target?: Wanted;
  readonly headers?: ReadonlyMap<string, Wanted>;
  readonly body?: Wanted;
}

/** Everything that is said must be so; what is not said may be anything. */
export interface Expectation {
  readonly span: Span;
  readonly frontend?: string;
  /** null: none */
  readonly backend?: readonly string[] | null;
  /** names, `same` or `other` as the request before; null: none */
  readonly server?: readonly string[] | null;
  /** how many of the repeated requests went to each */
  readonly servers?: ReadonlyMap<string, number>;
  readonly status?: readonly number[];
  readonly termination?: string;
  readonly closed?: boolean;
  readonly because?: Wanted;
  readonly headers?: ReadonlyMap<string, Wanted>;
  readonly body?: Wanted;
  readonly sent?: SentExpectation;
  readonly variables?: ReadonlyMap<string, Wanted>;
}

/** One request, repeated or not, or only time that passes. */
export interface StepSpec {
  readonly span: Span;
  readonly request?: string;
  readonly src?: string;
  readonly dst?: string;
  readonly headers?: readonly string[];
  readonly data?: string;
  readonly sni?: string;
  readonly frontend?: string;
  readonly bind?: string;
  /** 1 when it is not said */
  readonly repeat?: number;
  /** ms that pass before it */
  readonly after?: number;
  /** servers that go down or come up before it, `backend/server` */
  readonly down?: readonly string[];
  readonly up?: readonly string[];
  readonly answer?: AnswerSpec;
  readonly expect?: Expectation;
}

export interface TestSpec {
  readonly name: string;
  readonly span: Span;
  /** wall ms at the beginning; undefined: now */
  readonly at?: number;
  /** the client keeps cookies and sends them again */
  readonly cookies: boolean;
  readonly steps: readonly StepSpec[];
}

export interface TestSuite {
  /** the configuration's file as the file of tests names it */
  readonly config?: string;
  readonly tests: readonly TestSpec[];
}
