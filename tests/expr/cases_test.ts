import assert from "node:assert/strict";
import { compileCriterion } from "../../lib/expr/acl.ts";
import { compileCondition } from "../../lib/expr/condition.ts";
import { compileGlobalVariables } from "../../lib/rules/global_variables.ts";
import { compileRules } from "../../lib/rules/rule_set.ts";
import { NO_VARIABLES } from "../../lib/config/model_language.ts";
import { castExpression, compileExpressionAt } from "../../lib/expr/compile.ts";
import type { CompileContext } from "../../lib/expr/context_compile.ts";
import { CONVERTER_ROWS } from "../../lib/expr/converters/table.ts";
import { FETCH_ROWS } from "../../lib/expr/fetches/table.ts";
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

Deno.test("every fetch that gives the same everywhere has a case", () => {
  const seen = FETCH_CASES.map((row) => /^[^(,]*/.exec(row.expression)![0]);
  // These depend on the machine, the moment or the response; other tests have them.
  const elsewhere =
    /^(date|date_us|hostname|rand|uuid|fe_id|fe_(req|sess)_rate|be_|srv_id|srv_name|http_auth|cur_)/;
  // Stick tables have tests of their own.
  const rest =
    /^(sc[0-2]?_|src_|table_|fc_pp_|fc_rcvd_proxy|res\.|status|server_status|capture\.|ssl_|fc_err|bc_|txn\.|(f[ce]_)?(src|dst)_port|[a-z]+\.timer)/;
  // tests/proxy/content_test.ts
  const layer4 = /^req\.(len|payload|ssl_|rdp_)/;
  const missing = FETCH_ROWS
    .filter(({ name }) => !elsewhere.test(name) && !rest.test(name) && !layer4.test(name))
    .filter((row) => ![row.name, ...row.aliases ?? []].some((name) => seen.includes(name)));
  assert.deepEqual(missing.map((row) => row.name), []);
});

Deno.test("every converter has a case", () => {
  const seen = [...FETCH_CASES, ...CONVERTER_CASES].map((row) => row.expression).join(" ");
  const missing = CONVERTER_ROWS
    .filter((row) => !/^(capture-|(in_)?table)/.test(row.name))
    .filter((row) => !new RegExp(`,${row.name}\\b`).test(seen));
  assert.deepEqual(missing.map((row) => row.name), []);
});

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
