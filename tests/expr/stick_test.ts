/** Fetches and converters of stick tables: `sc_*`, `src_*`, `table_*`, `in_table`. */
import assert from "node:assert/strict";
import type { StickTableConfig } from "../../lib/config/model_stick.ts";
import { compileExpression } from "../../lib/expr/compile.ts";
import { STICK_CONVERTERS } from "../../lib/expr/converters/stick.ts";
import { STICK_FETCHES } from "../../lib/expr/fetches/stick.ts";
import { compileRules } from "../../lib/rules/rule_set.ts";
import { STICK_ACTIONS } from "../../lib/rules/actions/stick.ts";
import type { RuleKind } from "../../lib/rules/types.ts";
import { countRequest, releaseTracked, track } from "../../lib/stick/counters.ts";
import type { StickTable } from "../../lib/stick/table.ts";
import { newTable } from "../stick/support.ts";
import { context, response, stream, told, wordsAt } from "./support.ts";

const SRC = 0xc0000207; // 192.0.2.7, as tests/expr/support.ts has it

const SINGLE: StickTableConfig["store"] = [
  { name: "gpt0" },
  { name: "gpc0" },
  { name: "gpc0_rate", period: 10_000 },
  { name: "gpc1" },
  { name: "gpc1_rate", period: 10_000 },
  ...["conn", "sess", "http_req", "http_err", "http_fail", "bytes_in", "bytes_out"].flatMap(
    (what) => [{ name: `${what}_cnt` }, { name: `${what}_rate`, period: 10_000 }],
  ),
  { name: "conn_cur" },
  { name: "server_id" },
];
const ARRAYS: StickTableConfig["store"] = [
  { name: "gpt", count: 3 },
  { name: "gpc", count: 3 },
  { name: "gpc_rate", count: 3, period: 10_000 },
];

/** The values in the table `one`, in the order of its columns from 1 on; in `many` from 101 on. */
function world() {
  const one = newTable({ store: SINGLE, expire: 60_000 });
  const many = newTable({ store: ARRAYS });
  const nothing = newTable({ store: [] });
  const other = newTable({ type: "string" });
  const tables = new Map<string, StickTable>(Object.entries({ one, many, nothing, other }));
  const made = stream();
  const wall = made.process.wall();
  for (const [table, first] of [[one, 1], [many, 101]] as const) {
    const entry = table.acquire(SRC, wall);
    let value = first;
    for (const column of table.layout.columns) {
      for (let i = 0; i < column.count; i++) table.set(entry, column, wall, value++, i);
    }
    table.release(entry);
  }
  const kilo = one.lookup(SRC, wall);
  one.set(kilo, one.column("bytes_in_cnt")!, wall, 5 * 1024 + 1000);
  one.set(kilo, one.column("bytes_out_cnt")!, wall, 7 * 2 ** 40);
  one.release(kilo);
  const parts = {
    findTable: (name: string) => tables.get(name),
    tableNames: [...tables.keys()],
    proxyName: "one",
  };
  return { made, one, many, parts, wall };
}

function evaluate(text: string, w: ReturnType<typeof world>) {
  const ctx = context(w.parts);
  const expression = compileExpression(wordsAt(text).words[0], ctx);
  assert.deepEqual(told(ctx), [], text);
  return expression!.eval(w.made);
}

/** Suffix, and its value in the table `one`. */
const VALUES: Record<string, number> = Object.fromEntries([
  ["get_gpt0", "gpt0"],
  ["get_gpc0", "gpc0"],
  ["get_gpc1", "gpc1"],
  ...[
    "gpc0_rate",
    "gpc1_rate",
    "conn_cnt",
    "conn_rate",
    "conn_cur",
    "sess_cnt",
    "sess_rate",
    "http_req_cnt",
    "http_req_rate",
    "http_err_cnt",
    "http_err_rate",
    "http_fail_cnt",
    "http_fail_rate",
    "bytes_in_rate",
    "bytes_out_rate",
  ].map((name) => [name, name]),
].map(([suffix, name]) => {
  const columns = newTable({ store: SINGLE }).layout.columns;
  return [suffix, 1 + columns.findIndex(({ type }) => type.name === name)];
}));
VALUES.kbytes_in = 5;
VALUES.kbytes_out = 7 * 2 ** 30;

const seen = new Set<string>();

for (const [suffix, value] of Object.entries(VALUES)) {
  Deno.test(`stick tables: ${suffix} is read in every form`, () => {
    const w = world();
    // Beside what tracking itself counts, the numbers are those that were written.
    const entry = w.one.acquire(SRC, w.wall);
    w.made.session.tracked = [undefined, { table: w.one, entry }, undefined];
    const converter = suffix.replace(/^get_/, "");
    for (
      const [form, expected] of [
        [`sc_${suffix}(1)`, value],
        [`sc1_${suffix}`, value],
        [`sc_${suffix}(1,nothing)`, 0],
        [`sc_${suffix}(0)`, undefined],
        [`sc0_${suffix}`, undefined],
        [`sc2_${suffix}(one)`, undefined],
        [`src_${suffix}`, value],
        [`src_${suffix}(one)`, value],
        [`src_${suffix}(nothing)`, 0],
        [`src,table_${converter}(one)`, value],
        [`src,table_${converter}(nothing)`, 0],
        [`ipv4(10.0.0.1),table_${converter}(one)`, 0],
      ] as const
    ) {
      seen.add(/^[a-z0-9_]+/.exec(form)![0]).add(/,(table_\w+)/.exec(form)?.[1] ?? "");
      assert.equal(evaluate(form, w), expected, form);
    }
    w.one.release(entry);
  });
}

/** Expressions one after the other on the same tables, each with its value; slot 0 tracks the client in `many`. */
const STORIES: Readonly<Record<string, readonly (readonly [string, unknown])[]>> = {
  "an array answers for the single counters": [
    ["sc_get_gpc0(0)", 104],
    ["sc0_get_gpc1", 105],
    ["src_get_gpt0(many)", 101],
    ["src,table_gpc0_rate(many)", 107],
  ],
  "elements are read by index, and there is none beyond the last": [
    ["sc_get_gpt(2,0)", 103],
    ["sc_get_gpc(1,0)", 105],
    ["sc_gpc_rate(0,0)", 107],
    ["src_get_gpt(1,many)", 102],
    ["src_get_gpc(2,many)", 106],
    ["src_gpc_rate(1,many)", 108],
    ["src,table_gpt(0,many)", 101],
    ["src,table_gpc(2,many)", 106],
    ["src,table_gpc_rate(2,many)", 109],
    ["sc_get_gpt(3,0)", undefined],
    ["src,table_gpc(3,many)", undefined],
  ],
  "increments give what it is then, and count into the rate": [
    ["sc_inc_gpc(1,0)", 106],
    ["src_inc_gpc(1,many)", 107],
    ["sc_gpc_rate(1,0)", 110],
    ["sc_inc_gpc0(0)", 105],
    ["sc0_inc_gpc1", 108],
    ["src_inc_gpc0", 4],
    ["src_get_gpc0", 4],
    ["sc0_inc_gpc0", 106],
    ["sc_inc_gpc1(0)", 109],
    ["src_inc_gpc1(one)", VALUES.get_gpc1 + 1],
  ],
  "clearing gives what it was": [
    ["sc_clr_gpc(2,0)", 106],
    ["sc_get_gpc(2,0)", 0],
    ["src_clr_gpc(1,many)", 105],
    ["sc_clr_gpc0(0)", 104],
    ["sc0_clr_gpc0", 0],
    ["sc0_clr_gpc1", 0],
    ["sc_clr_gpc1(0)", 0],
    ["src_clr_gpc0", 3],
    ["src_clr_gpc1", VALUES.get_gpc1],
    ["src_get_gpc1", 0],
  ],
  "what is tracked, and by how many": [
    ["sc_tracked(0)", true],
    ["sc_tracked(1)", false],
    ["sc0_tracked", true],
    ["sc1_tracked", false],
    ["sc2_tracked", false],
    ["sc_trackers(0)", 1],
    ["sc0_trackers", 1],
    ["sc1_trackers", undefined],
    ["sc2_trackers", undefined],
    ["src,table_trackers(many)", 1],
    ["src,table_trackers(one)", 0],
  ],
  "a table's entries are counted, made and found": [
    ["table_cnt", 1],
    ["table_avl(one)", 99],
    ["src,in_table(one)", true],
    ["ipv4(10.0.0.1),in_table(one)", false],
    ["src_updt_conn_cnt", VALUES.conn_cnt + 1],
    ["src_conn_cnt", VALUES.conn_cnt + 1],
    ["src,table_server_id(one)", 1],
    ["src,table_expire(one)", 60_000],
    ["src,table_idle(one)", 0],
    ["ipv4(10.0.0.1),table_idle(one,7)", 7],
    ["ipv4(10.0.0.1),table_expire(one)", undefined],
  ],
  "keys are cast to the table's type; another type is not looked up": [
    ["str(192.0.2.7),in_table(one)", true],
    ["int(3221225991),in_table(one)", true],
    ["sc_http_req_cnt(0,other)", undefined],
    ["src_inc_gpc0(other)", undefined],
    ["str(192.0.2.7),table_http_req_cnt(other)", 0],
  ],
};

Deno.test("stick tables: table_inc_gpc makes an entry and counts, table_clr_gpc tells what it cleared", () => {
  const w = world();
  for (const name of ["table_inc_gpc", "table_clr_gpc"]) seen.add(name);
  const value = (text: string) => evaluate(text, w);
  assert.equal(value("int(7),table_clr_gpc(1,many)"), 0);
  assert.equal(value("int(7),in_table(many)"), false);
  assert.equal(value("int(7),table_inc_gpc(1,many)"), 1);
  assert.equal(value("int(7),table_inc_gpc(1,many)"), 2);
  assert.equal(value("int(7),table_gpc(1,many)"), 2);
  assert.equal(value("int(7),table_gpc(0,many)"), 0);
  assert.equal(value("int(7),table_clr_gpc(1,many)"), 2);
  assert.equal(value("int(7),table_gpc(1,many)"), 0);
  assert.equal(value("int(7),table_inc_gpc(1,nothing)"), undefined);
});

for (const [story, steps] of Object.entries(STORIES)) {
  Deno.test(`stick tables: ${story}`, () => {
    const w = world();
    const entry = w.many.acquire(SRC, w.wall);
    w.made.tracked = [{ table: w.many, entry }];
    for (const [text, expected] of steps) {
      for (const [, name] of text.matchAll(/(?:^|,)([a-z0-9_]+)/g)) seen.add(name);
      assert.equal(evaluate(text, w), expected, text);
    }
    w.many.release(entry);
  });
}

Deno.test("stick tables: every fetch and converter was read above", () => {
  // The forms of one value differ only in where the entry is found.
  const kin = (name: string) => seen.has(name) || seen.has(name.replace(/^sc[12]_/, "sc0_"));
  const rows = [...STICK_FETCHES, ...STICK_CONVERTERS];
  assert.deepEqual(rows.map(({ name }) => name).filter((name) => !kin(name)), []);
});

Deno.test("stick tables: mistakes in fetches are told", () => {
  const w = world();
  const mistakes: readonly [text: string, sentence: RegExp][] = [
    ["sc_http_req_rate(3)", /there are the slots 0 to 2/],
    ["sc_http_req_rate(0,nobody)", /'nobody' is no proxy with a stick-table/],
    ["src_http_req_rate(nobody)", /'nobody' is no proxy with a stick-table/],
    ["src,in_table(nobody)", /'nobody' is no proxy with a stick-table/],
    ["sc_http_reg_rate(0)", /unknown fetch method 'sc_http_reg_rate'[^]*sc_http_req_rate/],
    ["sc_get_gpc(0)", /missing argument <ctr>/],
  ];
  for (const [text, sentence] of mistakes) {
    const ctx = context(w.parts);
    assert.equal(compileExpression(wordsAt(text).words[0], ctx), undefined, text);
    assert.match(told(ctx).join("\n"), sentence);
  }
  const ctx = context({ ...w.parts, proxyName: "web" });
  assert.equal(compileExpression(wordsAt("src_conn_cnt").words[0], ctx), undefined);
  assert.match(told(ctx).join("\n"), /'web' has no stick-table/);
});

Deno.test("stick tables: actions track, add and set, of the slot they name", () => {
  const w = world();
  const { made, one, many, wall } = w;
  const run = (kind: RuleKind, ...rules: string[]) => {
    const ctx = context(w.parts);
    const set = compileRules(kind, rules.map(wordsAt), ctx);
    assert.deepEqual(told(ctx), []);
    assert.equal(set!.run(made), undefined);
  };
  const value = (text: string) => evaluate(text, w);
  const names = STICK_ACTIONS.map(({ name }) => name);
  assert.deepEqual(names.sort(), [
    "sc-add-gpc",
    "sc-inc-gpc",
    "sc-inc-gpc0",
    "sc-inc-gpc1",
    "sc-set-gpt",
    "sc-set-gpt0",
    "track-sc0",
  ]);
  run("tcp-request connection", "track-sc0 src");
  assert.equal(value("sc_conn_cnt(0)"), VALUES.conn_cnt + 1);
  assert.equal(value("sc_conn_cur(0)"), VALUES.conn_cur + 1);
  assert.equal(value("sc_http_req_cnt(0)"), VALUES.http_req_cnt);
  countRequest(made, wall);
  assert.equal(value("sc_http_req_cnt(0)"), VALUES.http_req_cnt + 1);
  run("http-request", "track-sc1 src table many", "track-sc1 src table one");
  assert.equal(made.tracked?.[1]?.table, many, "a slot that is taken stays");
  run("http-request", "sc-inc-gpc0(0)", "sc-inc-gpc1(0)", "sc-inc-gpc(2,1)", "sc-inc-gpc0(1)");
  assert.equal(value("src_get_gpc0"), 4);
  assert.equal(value("src_gpc0_rate"), VALUES.gpc0_rate + 1);
  assert.equal(value("src_get_gpc1"), VALUES.get_gpc1 + 1);
  assert.equal(value("sc_get_gpc(2,1)"), 107);
  assert.equal(value("sc_get_gpc(0,1)"), 105);
  run("http-response", "sc-add-gpc(1,1) 10", "sc-set-gpt(1,1) int(77)", "sc-set-gpt0(0) 9");
  assert.equal(value("sc_get_gpc(1,1)"), 115);
  assert.equal(value("sc_gpc_rate(1,1)"), 118);
  assert.equal(value("sc_get_gpt(1,1)"), 77);
  assert.equal(value("src_get_gpt0"), 9);
  releaseTracked(made, wall);
  releaseTracked(made.session, wall);
  assert.equal(value("src_conn_cur"), VALUES.conn_cur);
  assert.equal(value("src,table_trackers(one)"), 0);
  // One that is tracked by a rule about the answer counts what the answer shows.
  for (const [status, err, fail] of [[404, 1, 0], [200, 0, 0], [500, 0, 1], [501, 0, 0]]) {
    const counts = () =>
      ["src_http_err_cnt", "src_http_fail_cnt", "src_http_req_cnt"].map((f) => Number(value(f)));
    const [errors, failures, requests] = counts();
    Object.assign(made, { response: response([`HTTP/1.1 ${status} x`, "A: 1"]) });
    run("http-response", "track-sc0 src");
    assert.deepEqual(counts(), [errors + err, failures + fail, requests], String(status));
    releaseTracked(made, wall);
  }
  Object.assign(made, { response: undefined });
  // A stream that is tracked by a rule about the request counts that request.
  const before = value("src_http_req_cnt") as number;
  run("http-request", "track-sc2 src");
  assert.equal(value("src_http_req_cnt"), before + 1);
  assert.equal(track(made, 2, one, 5, wall), undefined);
  releaseTracked(made, wall);
});

Deno.test("stick tables: mistakes in actions are told", () => {
  const w = world();
  const mistakes: readonly [rule: string, sentence: RegExp][] = [
    ["track-sc3 src", /there is no slot 3/],
    ["track-sc0", /needs a key/],
    ["track-sc0 src table nobody", /'nobody' has no stick-table/],
    ["track-sc0 src tabel one", /'tabel' cannot stand behind/],
    ["track-sc0 method table one", /cannot be a key of type 'ip'/],
    ["sc-inc-gpc0(7)", /there is no slot 7/],
    ["sc-inc-gpc0", /sc-id/],
    ["sc-set-gpt0(0)", /needs an integer or an expression/],
    ["sc-set-gpt0(0) 5000000000", /too large/],
    ["sc-add-gpc(100,0) 1", /may not stand/],
  ];
  for (const [rule, sentence] of mistakes) {
    const ctx = context(w.parts);
    assert.equal(compileRules("http-request", [wordsAt(rule)], ctx), undefined, rule);
    assert.match(told(ctx).join("\n"), sentence, rule);
  }
});
