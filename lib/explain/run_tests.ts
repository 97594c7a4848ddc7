/** Runs the tests of a configuration, each in a laboratory of its own: state and clock belong to one test. */
import { Diagnostics } from "../config/diagnostic.ts";
import type { Config } from "../config/model.ts";
import type { StepSpec, TestSpec } from "../config/tests/model.ts";
import type { RecordedLine } from "../trace/recorder.ts";
import { compare, type Difference, serverOf } from "./compare.ts";
import { CookieJar } from "./cookie_jar.ts";
import { findEntrance } from "./entrance.ts";
import { type Explanation, explanationOf } from "./explanation.ts";
import { Laboratory, type ObservedCompiler } from "./laboratory.ts";
import { OK_ANSWER } from "./origin.ts";
import { readyRequest } from "./request.ts";

export interface TestFailure {
  readonly file: string;
  readonly line: number;
  /** from 1, and which of its repetitions, from 1 */
  readonly step: number;
  readonly repetition: number;
  readonly differences: readonly Difference[];
  /** what cannot be done at all: no such server, no such frontend */
  readonly problem: string | null;
  /** of the request that failed */
  readonly explanation: Explanation | null;
}

export interface TestResult {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** requests that were made */
  readonly requests: number;
  readonly failure: TestFailure | null;
}

/** A rule, and how often all tests together have tried and applied it. */
export interface Coverage {
  readonly text: string;
  readonly file: string;
  readonly line: number;
  readonly proxy: string;
  tried: number;
  applied: number;
}

export interface SuiteResult {
  readonly tests: readonly TestResult[];
  readonly coverage: readonly Coverage[];
}

export interface RunSettings {
  readonly config: Config;
  readonly compile: ObservedCompiler;
  /** told of internal errors */
  readonly report: (message: string) => void;
}

/** Runs the tests one after the other. The configuration is one that compiles. */
export async function runTests(
  tests: readonly TestSpec[],
  settings: RunSettings,
): Promise<SuiteResult> {
  const results: TestResult[] = [];
  let coverage: Coverage[] = [];
  for (const test of tests) {
    const lab = new Laboratory({ ...settings, ...(test.at === undefined ? {} : { at: test.at }) });
    lab.provision(new Diagnostics());
    results.push(await new TestRun(test, lab).run());
    coverage = added(coverage, lab.recorder.lines);
  }
  coverage = oncePerLine(coverage);
  coverage.sort((a, b) => a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1);
  return { tests: results, coverage };
}

/** The same configuration compiles to the same lines in the same order. */
function added(coverage: readonly Coverage[], lines: readonly RecordedLine[]): Coverage[] {
  return lines.map(({ info, text, tried, applied }, i) => {
    const before = coverage[i];
    const { file, line } = info.statement.span;
    return {
      text,
      file,
      line,
      proxy: info.proxy,
      tried: tried + (before?.tried ?? 0),
      applied: applied + (before?.applied ?? 0),
    };
  });
}

/** A line may be compiled for several uses: it is told once. */
function oncePerLine(coverage: readonly Coverage[]): Coverage[] {
  const lines = new Map<string, Coverage>();
  for (const each of coverage) {
    const key = `${each.file} ${each.line} ${each.proxy} ${each.text}`;
    const known = lines.get(key);
    if (known === undefined) lines.set(key, { ...each });
    else {
      known.tried += each.tried;
      known.applied += each.applied;
    }
  }
  return [...lines.values()];
}

class TestRun {
  readonly #test: TestSpec;
  readonly #lab: Laboratory;
  readonly #jar = new CookieJar();
  #requests = 0;
  #before: string | undefined;

  constructor(test: TestSpec, lab: Laboratory) {
    this.#test = test;
    this.#lab = lab;
  }

  async run(): Promise<TestResult> {
    const { name, span, steps } = this.#test;
    let failure: TestFailure | null = null;
    for (let i = 0; i < steps.length && failure === null; i++) {
      failure = await this.#step(steps[i], i + 1);
    }
    return { name, file: span.file, line: span.line, requests: this.#requests, failure };
  }

  async #step(step: StepSpec, number: number): Promise<TestFailure | null> {
    const { file, line } = (step.expect ?? step).span;
    const failed = (
      repetition: number,
      parts: Partial<Pick<TestFailure, "differences" | "problem" | "explanation">>,
    ): TestFailure => ({
      file,
      line,
      step: number,
      repetition,
      differences: [],
      problem: null,
      explanation: null,
      ...parts,
    });
    const problem = await this.#prepare(step);
    if (problem !== undefined) return failed(0, { problem });
    if (step.request === undefined && !this.#isConnection(step)) return null;
    const counts = new Map<string, number>();
    let last: Explanation | null = null;
    for (let at = 1; at <= (step.repeat ?? 1); at++) {
      const made = await this.#ask(step);
      if (typeof made === "string") return failed(at, { problem: made });
      last = made;
      const name = made.server?.name;
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
      const differences = step.expect === undefined ? [] : compare(step.expect, made, this.#before);
      if (differences.length > 0) return failed(at, { differences, explanation: made });
      this.#before = serverOf(made) ?? this.#before;
    }
    const differences = countDifferences(step, counts);
    return differences.length === 0
      ? null
      : failed(step.repeat ?? 1, { differences, explanation: last });
  }

  /** Time passes, servers go and come. Answers what is wrong with it. */
  async #prepare(step: StepSpec): Promise<string | undefined> {
    const lab = this.#lab;
    if (step.after !== undefined) await lab.pass(step.after);
    for (const [names, health] of [[step.down, "down"], [step.up, "up"]] as const) {
      for (const name of names ?? []) {
        const problem = health === "down" ? lab.takeDown(name) : lab.bringUp(name);
        if (problem !== undefined) return problem;
      }
    }
    if (step.answer !== undefined) {
      const { status = 200, headers = [], body = "" } = step.answer;
      lab.origins.answer = {
        ...OK_ANSWER,
        status,
        headers: headers.map((field) => {
          const colon = field.indexOf(":");
          return [field.slice(0, colon), field.slice(colon + 1).trim()];
        }),
        body,
      };
    }
    return undefined;
  }

  /** A step without a request is a connection of TCP, unless it only lets something happen. */
  #isConnection({ expect, data, sni, frontend, bind, repeat }: StepSpec): boolean {
    return expect !== undefined || data !== undefined || sni !== undefined ||
      frontend !== undefined ||
      bind !== undefined || repeat !== undefined;
  }

  async #ask(step: StepSpec): Promise<Explanation | string> {
    const { cookies } = this.#test;
    const headers = step.headers ?? [];
    const request = readyRequest({
      ...step,
      headers: cookies ? this.#jar.add(headers) : headers,
    });
    if (typeof request === "string") return request;
    const entrance = findEntrance(this.#lab.generation.frontends, request, step);
    if (typeof entrance === "string") return entrance;
    if (request.plain && entrance.frontend.mode === "http") {
      return `frontend '${entrance.frontend.name}' speaks HTTP: a 'request' is needed`;
    }
    this.#requests++;
    const explanation = explanationOf(await this.#lab.ask(request, entrance));
    if (cookies && explanation.answer !== null) {
      this.#jar.take(explanation.answer.headers, this.#lab.clock.wall());
    }
    return explanation;
  }
}

function countDifferences(
  { expect }: StepSpec,
  counts: ReadonlyMap<string, number>,
): Difference[] {
  if (expect?.servers === undefined) return [];
  const names = new Set([...expect.servers.keys(), ...counts.keys()]);
  return [...names].filter((name) => (expect.servers!.get(name) ?? 0) !== (counts.get(name) ?? 0))
    .map((name) => ({
      what: `servers ${name}`,
      expected: String(expect.servers!.get(name) ?? 0),
      found: String(counts.get(name) ?? 0),
    }));
}
