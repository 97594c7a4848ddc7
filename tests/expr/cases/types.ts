/** What a case of the table of fetches and converters says. */
export interface ValueCase {
  readonly expression: string;
  /** lines of the global section; all cases share one, so their variables have names of their own */
  readonly global?: readonly string[];
  /** statements that stand before: `http-request set-var(txn.a) …` */
  readonly before?: readonly string[];
  /** request line and fields; `RICH` when left out */
  readonly request?: readonly string[];
  /** what comes behind the head */
  readonly body?: string;
  /** the value as text; "" also stands for "no sample" */
  readonly expected: string;
  readonly section: string;
  /** what HAProxy 2.6 gives where sluice differs, and why it does */
  readonly haproxy?: string;
  readonly why?: string;
  /** HAProxy 2.6 does not have it yet: the version that does */
  readonly since?: string;
}

/** A maker of cases of one section of the manual, with statements that stand before each. */
export function casesOf(section: string, before?: readonly string[]) {
  return (expression: string, expected: string, more: Partial<ValueCase> = {}): ValueCase => ({
    expression,
    expected,
    section,
    ...(before === undefined ? {} : { before }),
    ...more,
  });
}
