/** What an explanation should be and is: the differences, each as a person reads it. */
import type { Expectation, Wanted } from "../config/tests/model.ts";
import type { Explanation, MessageReport } from "./explanation.ts";

export interface Difference {
  /** `status`, `headers Location`, `sent target` … */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/** The server of the request before, as `backend/server`; undefined: there was none. */
export type Before = string | undefined;

/** Everything in which `explanation` is not as expected. */
export function compare(
  expected: Expectation,
  explanation: Explanation,
  before: Before,
): Difference[] {
  const found: Difference[] = [];
  const differ = (what: string, wanted: string, is: string) =>
    found.push({ what, expected: wanted, found: is });
  const { backend, server, answer, sent, variables } = explanation;
  if (expected.frontend !== undefined && expected.frontend !== explanation.frontend) {
    differ("frontend", expected.frontend, explanation.frontend);
  }
  if (expected.backend !== undefined) {
    const name = backend?.name ?? null;
    if (!isOneOf(expected.backend, name)) differ("backend", names(expected.backend), shown(name));
  }
  if (expected.server !== undefined) {
    const name = server?.name ?? null;
    if (!isServer(expected.server, name, serverOf(explanation), before)) {
      const relative = expected.server?.some((each) => each === "same" || each === "other");
      const was = before === undefined || relative !== true ? "" : ` (before: ${before})`;
      differ("server", names(expected.server) + was, shown(name));
    }
  }
  const { status } = explanation;
  if (expected.status !== undefined && !expected.status.includes(status ?? 0)) {
    differ("status", expected.status.join(" or "), status === null ? "none" : String(status));
  }
  if (expected.closed !== undefined && expected.closed !== explanation.closed) {
    differ("closed", String(expected.closed), String(explanation.closed));
  }
  if (
    expected.termination !== undefined && expected.termination !== explanation.termination
  ) differ("termination", expected.termination, explanation.termination);
  const value = (what: string, wanted: Wanted | undefined, is: string | null) => {
    if (wanted !== undefined && !fits(wanted, is)) differ(what, wantedText(wanted), shown(is));
  };
  value("because", expected.because, explanation.because[0]?.text ?? null);
  headers("headers", expected.headers, answer, value);
  value("body", expected.body, answer?.body ?? null);
  if (expected.sent !== undefined) {
    const [method, target] = sent?.start.split(" ") ?? [];
    value("sent method", expected.sent.method, method ?? null);
    value("sent target", expected.sent.target, target ?? null);
    headers("sent headers", expected.sent.headers, sent, value);
    value("sent body", expected.sent.body, sent?.body ?? null);
  }
  for (const [name, wanted] of expected.variables ?? []) {
    value(`variables ${name}`, wanted, variables[name] ?? null);
  }
  return found;
}

/** `backend/server` of an explanation. */
export function serverOf({ backend, server }: Explanation): Before {
  return server === null ? undefined : `${backend!.name}/${server.name}`;
}

function headers(
  what: string,
  expected: ReadonlyMap<string, Wanted> | undefined,
  message: MessageReport | null,
  value: (what: string, wanted: Wanted, is: string | null) => void,
): void {
  for (const [name, wanted] of expected ?? []) {
    const values = message?.headers.filter(([key]) => key.toLowerCase() === name.toLowerCase())
      .map(([, each]) => each) ?? [];
    // Of several fields of one name any may be the one that is meant.
    const is = values.find((each) => wanted !== null && fits(wanted, each)) ??
      (values.length === 0 ? null : values.join(", "));
    value(`${what} ${name}`, wanted, is);
  }
}

function isOneOf(expected: readonly string[] | null, name: string | null): boolean {
  return expected === null ? name === null : name !== null && expected.includes(name);
}

function isServer(
  expected: readonly string[] | null,
  name: string | null,
  whole: Before,
  before: Before,
): boolean {
  if (expected === null || name === null) return expected === null && name === null;
  return expected.some((each) => {
    if (each === "same") return whole === before;
    if (each === "other") return before !== undefined && whole !== before;
    return each === name || each === whole;
  });
}

function fits(wanted: Wanted, is: string | null): boolean {
  if (wanted === null) return is === null;
  if (is === null) return false;
  if (typeof wanted === "string") return wanted === is;
  return "contains" in wanted ? is.includes(wanted.contains) : wanted.matches.test(is);
}

const names = (list: readonly string[] | null) => list === null ? "none" : list.join(" or ");
const shown = (value: string | null) => value === null ? "none" : value;

function wantedText(wanted: Wanted): string {
  if (wanted === null) return "none";
  if (typeof wanted === "string") return wanted;
  return "contains" in wanted ? `contains ${wanted.contains}` : `matches ${wanted.source}`;
}
