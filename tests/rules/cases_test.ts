import assert from "node:assert/strict";
import { compileRedirects, compileRules } from "../../lib/rules/rule_set.ts";
import { ACTION_ROWS } from "../../lib/rules/actions/table.ts";
import { RULE_KINDS, type RuleKind, type Verdict } from "../../lib/rules/types.ts";
import type { Head } from "../../lib/http1/head.ts";
import type { StreamView } from "../../lib/expr/context.ts";
import { Shared } from "../../lib/expr/shared.ts";
import { context, readFile, request, response, stream, told, wordsAt } from "../expr/support.ts";
import { PLAIN, RULE_CASES, type RuleCase } from "./cases.ts";

const LOOPBACK = { family: 4 as const, host: "127.0.0.1", port: 40000 };

function streamOf(row: RuleCase) {
  const frontend = { name: "fe", id: 2, mode: "http" as const, currentConnections: 1 };
  const base = stream({ request: request(row.request ?? PLAIN), frontend });
  const made = { ...base, session: { ...base.session, remote: LOOPBACK, local: LOOPBACK } };
  if (row.returned !== undefined || row.rules[0].startsWith("http-response")) {
    made.response = response(row.response);
    made.status = made.response.status;
    made.backend = { name: "be", id: 3, mode: "http", currentConnections: 0 };
    made.server = { name: "s1", id: 1, currentConnections: 0, usable: true, address: LOOPBACK };
  }
  return made;
}

/** The fields of a head as lines, names in lower case. */
function fields(head: Head): string[] {
  const list: string[] = [];
  for (let i = 0; i < head.count; i++) {
    if (!head.isRemoved(i)) list.push(`${head.name(i).toLowerCase()}: ${head.value(i)}`);
  }
  return list;
}

/** Runs the rules kind by kind in the order of a stream. */
function run(row: RuleCase, made: StreamView): Verdict | undefined {
  const ctx = context({ readFile, shared: new Shared() });
  const statements = (kind: string) =>
    row.rules.filter((rule) => rule.startsWith(kind + " ")).map((rule) =>
      wordsAt(rule.slice(kind.length + 1))
    );
  const sets = RULE_KINDS.map((kind: RuleKind) => compileRules(kind, statements(kind), ctx));
  sets.splice(1, 0, compileRedirects(statements("redirect"), ctx));
  assert.deepEqual(told(ctx), []);
  for (const set of sets) {
    const verdict = set?.runNow(made);
    if (verdict !== undefined && verdict.type !== "allow") return verdict;
  }
  return undefined;
}

for (const row of RULE_CASES) {
  const on = row.request === undefined ? "" : ` on '${row.request[0]}'`;
  Deno.test(`${row.rules.join(" / ")}${on} (manual ${row.section})`, () => {
    const made = streamOf(row);
    const verdict = run(row, made);
    if (row.sent !== undefined) {
      assert.equal(verdict, undefined);
      const { method, target } = made.request!;
      assert.deepEqual([`${method} ${target} HTTP/1.1`, ...fields(made.request!)], row.sent);
    } else if (row.returned !== undefined) {
      assert.equal(verdict, undefined);
      const { status, reason } = made.response!;
      assert.deepEqual([`HTTP/1.1 ${status} ${reason}`, ...fields(made.response!)], row.returned);
    } else if (row.page !== undefined) {
      assert(verdict?.type === "deny" || verdict?.type === "tarpit");
      assert.equal(verdict.status, row.page);
      assert.equal(verdict.reply, undefined);
    } else {
      assert(verdict !== undefined && "reply" in verdict && verdict.reply !== undefined);
      const { status, headers, body } = verdict.reply;
      const text = new TextDecoder("latin1").decode(body);
      const lines = [`HTTP/1.1 ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
      assert.deepEqual(text === "" ? lines : [...lines, "", text], row.reply);
    }
  });
}

Deno.test("every action of HTTP rules has a case", () => {
  const rules = RULE_CASES.flatMap((row) => row.rules).join("\n");
  const missing = ACTION_ROWS.filter((row) =>
    !new RegExp(`(^|[ \\n])${row.name}([( ]|$)`, "m").test(rules)
  );
  // These have no effect on a head; rule_set_test.ts and the cases of variables have them.
  const elsewhere = [
    "accept",
    "reject",
    "set-log-level",
    "auth",
    "set-var",
    "set-var-fmt",
    "unset-var",
    // tests/proxy/bodies_test.ts
    "wait-for-body",
    "pause",
    "wait-for-handshake",
    // tests/proxy/proxy_protocol_test.ts, tests/proxy/content_test.ts
    "expect-proxy",
    "expect-netscaler-cip",
    "switch-mode",
    "close",
  ];
  // Actions on stick tables and caches have a test of their own.
  assert.deepEqual(
    missing.map((row) => row.name).filter((name) => !/^(sc-|track-sc|cache-|jwt-auth)/.test(name)),
    elsewhere,
  );
});
