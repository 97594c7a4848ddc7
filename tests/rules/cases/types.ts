/** What a case of the table of rules says. */
export interface RuleCase {
  /** whole statements: `http-request …`, `http-response …`, `redirect …` */
  readonly rules: readonly string[];
  /** request line and fields; `PLAIN` when left out */
  readonly request?: readonly string[];
  /** the server's status line and fields; a 200 when left out */
  readonly response?: readonly string[];
  /** the request as the server gets it: lines, field names in lower case */
  readonly sent?: readonly string[];
  /** the response as the client gets it, after a server has answered */
  readonly returned?: readonly string[];
  /** the proxy's own answer: status line without reason, fields; then, after an empty line, the body */
  readonly reply?: readonly string[];
  /** the answer is the error page of this status */
  readonly page?: number;
  readonly section: string;
  /** why HAProxy 2.6 does not do the same */
  readonly differs?: string;
}

export const PLAIN: readonly string[] = [
  "GET /a/b?x=1 HTTP/1.1",
  "Host: h.example:81",
  "A: 1",
  "B: 2",
  "a: 3",
  "Ab: x, y , z",
];
