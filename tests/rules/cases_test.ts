import assert from "node:assert/strict";
import { compileRedirects, compileRules } from "../../lib/rules/rule_set.ts";
import type { RuleKind, Verdict } from "../../lib/rules/types.ts";
import type { Span } from "../../lib/config/document.ts";
import type { WordsAt } from "../../lib/config/model.ts";
import { type CaptureSlots, captureSlots } from "../../lib/rules/capture_slots.ts";
import type { Head } from "../../lib/http1/head.ts";
import type { StreamView } from "../../lib/expr/context.ts";
import { Shared } from "../../lib/expr/shared.ts";
import { context, readFile, request, response, stream, told, wordsAt } from "../expr/support.ts";
import { PLAIN, RULE_CASES, type RuleCase } from "./cases.ts";

const LOOPBACK = { family: 4 as const, host: "127.0.0.1", port: 40000 };

/** The statements of a keyword, each on a line of its own. */
function statements(row: RuleCase, keyword: string): WordsAt[] {
  return row.rules.flatMap((rule, i) => {
    if (!rule.startsWith(keyword + " ")) return [];
    const { words, span } = wordsAt(rule.slice(keyword.length + 1));
    const at = (old: Span): Span => ({ ...old, line: i + 1 });
    return { words: words.map((word) => ({ ...word, span: at(word.span) })), span: at(span) };
  });
}

function slotsOf(row: RuleCase): CaptureSlots {
  return captureSlots({
    captures: [...statements(row, "capture"), ...statements(row, "declare capture")],
    httpRequest: statements(row, "http-request"),
    tcpRequestContent: statements(row, "tcp-request content"),
  });
}

function streamOf(row: RuleCase) {
  const { request: requestSlots, response: responseSlots } = slotsOf(row);
  const frontend = {
    name: "fe",
    id: 2,
    mode: "http" as const,
    currentConnections: 1,
    captureLengths: {
      request: requestSlots.map(({ length }) => length),
      response: responseSlots.map(({ length }) => length),
    },
  };
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

/** The sets of a stream in its order; redirects stand behind `http-request` rules. */
const ORDER: readonly (RuleKind | "redirect")[] = [
  "tcp-request connection",
  "tcp-request session",
  "tcp-request content",
  "http-request",
  "redirect",
  "tcp-response content",
  "http-response",
  "http-after-response",
];

/** Runs the rules set by set. */
function run(row: RuleCase, made: StreamView): Verdict | undefined {
  const ctx = context({ readFile, shared: new Shared(), captureSlot: slotsOf(row).ofRule });
  const sets = ORDER.map((kind) =>
    kind === "redirect"
      ? compileRedirects(statements(row, kind), ctx)
      : compileRules(kind, statements(row, kind), ctx)
  );
  assert.deepEqual(told(ctx).filter((said) => said.startsWith("alert")), []);
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
      assert(verdict?.type === "deny" || verdict?.type === "tarpit" || verdict?.type === "failed");
      assert.equal(verdict.status, row.page);
      assert("reply" in verdict === false || verdict.reply === undefined);
    } else {
      assert(verdict !== undefined && "reply" in verdict && verdict.reply !== undefined);
      const { status, headers, body } = verdict.reply;
      const text = new TextDecoder("latin1").decode(body);
      const lines = [`HTTP/1.1 ${status}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
      assert.deepEqual(text === "" ? lines : [...lines, "", text], row.reply);
    }
  });
}
