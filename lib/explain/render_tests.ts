/** What tests came to: for people, and as JUnit's XML for machines that build. */
import { renderReasons } from "../trace/render.ts";
import { verdict } from "./explanation.ts";
import type { Coverage, SuiteResult, TestFailure, TestResult } from "./run_tests.ts";

/** Rules that were never applied are listed up to this number. */
const MOST_LISTED = 40;

/** The results as text, with a line feed at the end. */
export function renderResults({ tests, coverage }: SuiteResult): string {
  const lines = tests.flatMap((test) =>
    test.failure === null ? [`ok    ${test.name}`] : [
      `FAIL  ${test.name}  ${test.failure.file}:${test.failure.line}`,
      ...failureLines(test, test.failure).map((line) => `      ${line}`.trimEnd()),
    ]
  );
  const failed = tests.filter(({ failure }) => failure !== null).length;
  const requests = tests.reduce((sum, test) => sum + test.requests, 0);
  lines.push(
    "",
    `${count(tests.length, "test")}, ${failed === 0 ? "all passed" : `${failed} failed`}; ` +
      count(requests, "request"),
    ...coverageLines(coverage),
  );
  return `${lines.join("\n")}\n`;
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

function failureLines(test: TestResult, failure: TestFailure): string[] {
  const { step, repetition, differences, problem, explanation } = failure;
  const lines: string[] = [];
  const where = [
    step > 1 || test.requests > 1 ? `step ${step}` : "",
    repetition > 1 ? `request ${repetition}` : "",
  ].filter((each) => each !== "").join(", ");
  if (where !== "") lines.push(`in ${where}`);
  if (problem !== null) lines.push(problem);
  for (const { what, expected, found } of differences) {
    lines.push(`${what}`, `  expected  ${expected}`, `  found     ${found}`);
  }
  if (explanation !== null) {
    const { request } = explanation;
    lines.push(
      `${request.text} from ${request.from}${request.tls ? " (TLS)" : ""}`,
      `→ ${verdict(explanation)}`,
      ...renderReasons(explanation),
    );
  }
  return lines;
}

function coverageLines(coverage: readonly Coverage[]): string[] {
  if (coverage.length === 0) return [];
  const never = coverage.filter(({ applied }) => applied === 0);
  const reached = coverage.length - never.length;
  const first = `rules: ${reached} of ${coverage.length} were applied`;
  if (never.length === 0) return [first];
  const listed = never.slice(0, MOST_LISTED);
  const places = listed.map(({ file, line }) => `${file}:${line}`);
  const width = Math.max(...places.map((place) => place.length));
  return [
    `${first}; never:`,
    ...listed.map(({ text, tried }, i) =>
      `  ${places[i].padEnd(width)}  ${text}  (${
        tried === 0 ? "not even tried" : `tried ${times(tried)}`
      })`
    ),
    ...(never.length > listed.length ? [`  … and ${never.length - listed.length} more`] : []),
  ];
}

const times = (n: number) => n === 1 ? "once" : `${n} times`;

/** The results in the form that JUnit has made common. */
export function renderJunit({ tests }: SuiteResult, suite: string): string {
  const failures = tests.filter(({ failure }) => failure !== null).length;
  const cases = tests.map((test) => {
    const head = `  <testcase name="${escaped(test.name)}" classname="${escaped(suite)}" ` +
      `file="${escaped(test.file)}" line="${test.line}"`;
    if (test.failure === null) return `${head}/>\n`;
    const lines = failureLines(test, test.failure);
    const first = test.failure.problem ??
      test.failure.differences.map(({ what, expected, found }) =>
        `${what}: expected ${expected}, found ${found}`
      ).join("; ");
    return `${head}>\n    <failure message="${escaped(first)}">${escaped(lines.join("\n"))}` +
      "</failure>\n  </testcase>\n";
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="${escaped(suite)}" ` +
    `tests="${tests.length}" failures="${failures}">\n${cases.join("")}</testsuite>\n`;
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\n": "&#10;",
  };
  // deno-lint-ignore no-control-regex
  return text.replace(/[&<>"\n]/g, (c) => entities[c]).replace(/[\x00-\x08\x0b-\x1f]/g, "?");
}
