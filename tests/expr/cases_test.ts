import assert from "node:assert/strict";
import { compileCriterion } from "../../lib/expr/acl.ts";
import { compileCondition } from "../../lib/expr/condition.ts";
import { compileGlobalVariables } from "../../lib/rules/global_variables.ts";
import { compileRules } from "../../lib/rules/rule_set.ts";
import { NO_VARIABLES } from "../../lib/config/model_language.ts";
import { castExpression, compileExpressionAt } from "../../lib/expr/compile.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import { Shared } from "../../lib/expr/shared.ts";
import { contentOf } from "../../lib/proxy/message_body.ts";
import { bytesOfLatin1 } from "../../lib/http1/bytes.ts";
import { MATCH_ROWS } from "../../lib/expr/match.ts";
import { PREDEFINED_ACLS } from "../../lib/expr/predefined.ts";
import {
  ACL_CASES,
  CONVERTER_CASES,
  FETCH_CASES,
  PREDEFINED_CASES,
  RICH,
  type ValueCase,
} from "./cases.ts";
import { context, readFile, request, stream, told, words, wordsAt } from "./support.ts";

const LOOPBACK = { family: 4 as const, host: "127.0.0.1", port: 40000 };
const server = {
  name: "s1",
  id: 1,
  currentConnections: 0,
  usable: true,
  running: true,
  queued: 0,
  weight: 1,
  effectiveWeight: 16,
  initialWeight: 1,
  sessionRate: () => 0,
  address: { family: 4 as const, host: "127.0.0.1", port: 1 },
};

const backend = {
  name: "be",
  id: 3,
  mode: "http" as const,
  currentConnections: 0,
  usableServers: 1,
  servers: [server],
  queued: 0,
  sessionRate: () => 0,
};

/** What the compare script's configuration has too: frontend `fe`, backend `be` with server `s1`. */
const lookups: Partial<CompileContext> = {
  readFile,
  shared: new Shared(),
  env: (name) => name === "SLUICE_COMPARE" ? "from outside" : undefined,
  findProxy: (name) => name === "be" ? backend : name === "fe" ? frontend : undefined,
  findServer: (proxy, name) => proxy === "be" && name === "s1" ? server : undefined,
};
const frontend = {
  name: "fe",
  id: 2,
  mode: "http" as const,
  currentConnections: 1,
  timeouts: { client: 5000 },
  defaultBackendName: "be",
};

function streamOf(lines: readonly string[] | undefined) {
  const base = stream({ request: request(lines ?? RICH), frontend, requestAt: 0.5 });
  return {
    ...base,
    session: {
      ...base.session,
      remote: LOOPBACK,
      local: LOOPBACK,
      listenerName: "door",
      listenerConnections: 1,
    },
  };
}

function contentOfBody(lines: readonly string[], body: string): string {
  const bytes = bytesOfLatin1(body);
  return contentOf(request(lines), bytes, 0, bytes.length).text;
}

function value(row: ValueCase): string {
  const ctx = context(lookups);
  const word = { text: row.expression, span: { file: "", line: 1, column: 1, length: 0 } };
  const parsed = compileExpressionAt(word, 0, ctx);
  assert.deepEqual(told(ctx), []);
  assert.equal(parsed!.end, row.expression.length);
  const content = row.body === undefined ? "" : contentOfBody(row.request!, row.body);
  const made = { ...streamOf(row.request), requestBody: () => ({ text: content, complete: true }) };
  begin(made.process);
  const before = (row.before ?? []).map((rule) => wordsAt(rule.replace(/^http-request /, "")));
  compileRules("http-request", before, ctx)?.run(made);
  assert.deepEqual(told(ctx), []);
  return (castExpression(parsed!.expression, "str", word, ctx)!(made) ?? "") as string;
}

/** The global sections of all cases, which share one process. */
function globals() {
  const ctx = context(lookups);
  const sets = [...FETCH_CASES, ...CONVERTER_CASES].flatMap((row) => row.global ?? []).map(wordsAt);
  const compiled = compileGlobalVariables({ ...NO_VARIABLES, sets }, ctx);
  assert.deepEqual(told(ctx), []);
  return compiled;
}

const begin = globals();

/** Long texts are cut in the names of tests; their length keeps the names apart. */
function short(text: string): string {
  return text.length < 120 ? text : `${text.slice(0, 80)}… (${text.length}) ${text.slice(-20)}`;
}

for (const row of [...FETCH_CASES, ...CONVERTER_CASES]) {
  const on = row.request === undefined ? "" : ` on '${row.request[0]}'`;
  Deno.test(`${short(row.expression)}${on} is '${row.expected}' (manual ${row.section})`, () => {
    assert.equal(value(row), row.expected);
  });
}

for (const row of ACL_CASES) {
  const on = row.request === undefined ? "" : ` on '${row.request[0]}'`;
  Deno.test(`acl '${row.acl}'${on} is ${row.expected} (manual ${row.section})`, () => {
    const ctx = context(lookups);
    const criterion = compileCriterion(words(row.acl), ctx);
    assert.deepEqual(told(ctx), []);
    assert.equal(criterion!.test(streamOf(row.request)), row.expected);
  });
}

for (const row of PREDEFINED_CASES) {
  const on = row.request === undefined ? "" : ` on '${row.request[0]}'`;
  Deno.test(`predefined acl ${row.acl}${on} is ${row.expected} (manual 7.4)`, () => {
    const test = compileCondition(words(`if ${row.acl}`), context());
    assert.equal(test!(streamOf(row.request)), row.expected);
  });
}

Deno.test("every match method and predefined acl has a case", () => {
  const acls = ACL_CASES.map((row) => row.acl).join("\n");
  const missing = MATCH_ROWS.filter(({ name }) =>
    !acls.includes(`-m ${name}`) && !acls.includes(`_${name}`)
  );
  assert.deepEqual(missing.map((row) => row.name), []);
  // The last two look at bytes: tests/proxy/content_test.ts
  const names = [...PREDEFINED_CASES.map((row) => row.acl), "RDP_COOKIE", "REQ_CONTENT"];
  assert.deepEqual(PREDEFINED_ACLS.map((row) => row.name).filter((n) => !names.includes(n)), []);
});
