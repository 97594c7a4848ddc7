import assert from "node:assert/strict";
import { compileAcls, compileCriterion } from "../../lib/expr/acl.ts";
import { context, request, stream, told, words, wordsAt } from "./support.ts";

const FILES: Readonly<Record<string, string>> = {
  "agents.lst": "# comment\n\n  \tcurl\r\nWget\n #sharp\n",
  "nets.lst": "192.0.2.0/24\n2001:db8::/32\n",
  "bad.lst": "192.0.2.0/24\nnonsense\n",
  "hosts.map": "example.com  backend1\nexample.org\tbackend2\n",
};
const readFile = (path: string) => FILES[path];

function matches(acl: string, lines: readonly string[] = ["GET / HTTP/1.1", "Host: a"]): boolean {
  const ctx = context({ readFile });
  const criterion = compileCriterion(words(acl), ctx);
  assert.deepEqual(told(ctx), []);
  return criterion!.test(stream({ request: request(lines) }));
}

const agent = (name: string) => ["GET / HTTP/1.1", "Host: example.com", `User-Agent: ${name}`];

Deno.test("a pattern file has one pattern a line, without comments and leading white space", () => {
  const acl = "hdr(user-agent) -f agents.lst";
  assert.equal(matches(acl, agent("curl")), true);
  assert.equal(matches(acl, agent("Wget")), true);
  assert.equal(matches(acl, agent("wget")), false);
  assert.equal(matches(acl, agent("#sharp")), true);
  assert.equal(matches(acl, agent("# comment")), false);
});

Deno.test("-i holds for files and patterns behind it, not before it (manual 7.1)", () => {
  const acl = "hdr(user-agent) -f agents.lst -i test";
  assert.equal(matches(acl, agent("wget")), false);
  assert.equal(matches(acl, agent("TEST")), true);
  assert.equal(matches("hdr(user-agent) -i -f agents.lst test", agent("wget")), true);
});

Deno.test("a file may hold networks, and stand before patterns on the line", () => {
  assert.equal(matches("src -f nets.lst"), true);
  assert.equal(matches("ipv6(2001:db8::5) -f nets.lst"), true);
  assert.equal(matches("ipv4(10.0.0.1) -f nets.lst"), false);
  assert.equal(matches("ipv4(10.0.0.1) -f nets.lst 10.0.0.0/8"), true);
});

Deno.test("-M takes the first column of a map file", () => {
  assert.equal(matches("hdr(host) -M -f hosts.map", agent("a")), true);
  assert.equal(matches("str(backend1) -M -f hosts.map"), false);
});

Deno.test("patterns are the bytes of their UTF-8 form, in every match", () => {
  const lines = ["GET / HTTP/1.1", "Host: a", "X: caf\xc3\xa9"];
  for (const acl of ["hdr(x) café", "hdr_reg(x) ^café$", "hdr_reg(x) -i (É|é)+", "hdr_end(x) é"]) {
    assert.equal(matches(acl, lines), true, acl);
  }
});

Deno.test("-u and -n are taken", () => {
  assert.equal(matches("path -u 5 -n /"), true);
});

const MISTAKES: readonly [string, string[]][] = [
  ["pth /", ["alert 1+3: unknown fetch method 'pth' [nearest: path]"]],
  ["path_bge /", ["alert 1+8: unknown fetch method 'path_bge' [nearest: path_beg]"]],
  ["distcc_body", ["alert 1+11: fetch method 'distcc_body' is not supported"]],
  ["path,51d.single(t) a", ["alert 6+10: converter '51d.single' is not supported"]],
  ["path,lowr a", ["alert 6+4: unknown converter 'lowr' [nearest: lower]"]],
  ["path, a", ["alert 1+5: a converter's name is missing"]],
  ["path(a) b", ["alert 6+1: too many arguments for 'path'"]],
  ["req.hdr(a,x) b", ["alert 11+1: 'x' may not stand as <occ> of 'req.hdr'"]],
  ["req.hdr(a,-11) b", ["alert 11+3: '-11' may not stand as <occ> of 'req.hdr'"]],
  ["int(0x10) 5", ["alert 5+4: '0x10' may not stand as <integer> of 'int'"]],
  ["bool(x)", ["alert 6+1: 'x' may not stand as <bool> of 'bool'"]],
  ["env -m found", ["alert 1+3: missing argument <name> for 'env'"]],
  ["path,field(0,/) x", ["alert 12+1: '0' may not stand as <index> of 'field'"]],
  ["path,field(1) x", ["alert 6+8: missing argument <delimiters> for 'field'"]],
  ["src,ipmask(33) 1.2.3.4", ["alert 12+2: '33' may not stand as <mask4> of 'ipmask'"]],
  ["int(1),add(txm.x) 5", ["alert 12+5: 'txm.x' may not stand as <value> of 'add'"]],
  ["var(txn.a-b) -m found", ["alert 5+7: 'txn.a-b' may not stand as <name> of 'var'"]],
  ["var -m found", ["alert 1+3: missing argument <name> for 'var'"]],
  ["var(txn.a) x", ["alert 1+10: a sample of type any has no match method of its own"]],
  ["str(a),set-var(txn.a,iffoo) x", [
    "alert 22+5: 'iffoo' may not stand as <cond> of 'set-var'",
  ]],
  ["str(a),concat(,foo) x", ["alert 16+3: 'foo' may not stand as <var> of 'concat'"]],
  ["str(a),add_item(;) x", ["alert 8+11: 'add_item' needs a variable or a string to add"]],
  ["always_true,ipmask(8) 1", [
    "alert 13+9: converter 'ipmask' takes address, but the fetch gives boolean",
  ]],
  ["path,length,b64dec,ipmask(8) 1", [
    "alert 20+9: converter 'ipmask' takes address, but 'b64dec' gives binary",
  ]],
  ["bin(41) x", ["alert 1+7: a sample of type binary has no match method of its own"]],
  ["always_true -m ip 1", [
    "alert 1+11: match 'ip' takes address, but 'always_true' gives boolean",
  ]],
  ["bin(41) -m int 1", ["alert 1+7: match 'int' takes integer, but 'bin(41)' gives binary"]],
  ["path -m begin /", ["alert 9+5: unknown match method 'begin' [nearest: beg]"]],
  ["path -m", ["alert 6+2: '-m' needs a match method"]],
  ["path -z x", ["alert 6+2: '-z' is no acl flag; put '--' before patterns that begin with '-'"]],
  ["path -f none.lst", ["alert 9+8: pattern file 'none.lst' cannot be read"]],
  ["path -f agents.lst -m beg x", ["alert 20+2: '-m' must stand before '-f'"]],
  ["src -f bad.lst", [
    "alert 8+7: 'nonsense' is not an IPv4 or IPv6 address or network (host names are not resolved) " +
    "(line 2 of 'bad.lst')",
  ]],
  ["src 1.2.3.4/33", [
    "alert 5+10: '1.2.3.4/33' is not an IPv4 or IPv6 address or network (host names are not resolved)",
  ]],
  ["src ::1/129 1.2.3.4", [
    "alert 5+7: '::1/129' is not an IPv4 or IPv6 address or network (host names are not resolved)",
  ]],
  ["hdr_cnt(a) x", ["alert 12+1: 'x' is not a number"]],
  ["hdr_cnt(a) 1.2", ["alert 12+3: '1.2' is not a number"]],
  ["hdr_cnt(a) 5:4", ["alert 12+3: '5:4' is not a valid number range"]],
  ["hdr_cnt(a) :", ["alert 12+1: ':' is not a valid number range"]],
  ["hdr_cnt(a) gt 1:2", ["alert 15+3: '1:2' is a range and cannot stand behind 'gt'"]],
  ["hdr_cnt(a) gt", ["alert 12+2: 'gt' needs a value"]],
  ["path -m bin 4x", ["alert 13+2: '4x' is not an even number of hexadecimal digits"]],
  ["path -m bin 414", ["alert 13+3: '414' is not an even number of hexadecimal digits"]],
  ["path", ["warning 1+4: 'path' has no patterns and will never match"]],
  ["path_reg a(", ["alert 10+2: regex 'a(' is refused: missing closing ): `a(`"]],
  ["path_reg (a)\\\\1", [
    "alert 10+6: regex '(a)\\1' is refused: it uses a back reference, which cannot be matched in bounded time",
  ]],
  ['str("a) x', ["alert 5+3: unmatched quote in the arguments of 'str'"]],
];

for (const [acl, expected] of MISTAKES) {
  Deno.test(`the mistake in acl '${acl}' is told with its place`, () => {
    const ctx = context({ readFile });
    compileCriterion(acl.startsWith('str("') ? raw(acl) : words(acl), ctx);
    assert.deepEqual(told(ctx), expected);
  });
}

/** Words cut at spaces only. */
function raw(line: string) {
  return line.split(" ").map((text, i, all) => {
    const column = all.slice(0, i).join(" ").length + (i > 0 ? 2 : 1);
    return { text, span: { file: "", line: 1, column, length: text.length } };
  });
}

const BAD_LINES: readonly [string, string[]][] = [
  ["or path /", [
    "alert 1+2: acl name 'or' will never match: it means a disjunction in a condition",
  ]],
  ["a@b path /", ["alert 1+3: 'a@b' is no acl name"]],
  ["lonely", ["alert 1+6: 'acl' needs a name and a criterion"]],
];

for (const [line, expected] of BAD_LINES) {
  Deno.test(`the line 'acl ${line}' is refused`, () => {
    const ctx = context();
    compileAcls([wordsAt(line)], ctx);
    assert.deepEqual(told(ctx), expected);
  });
}

Deno.test("an acl whose line is wrong is known: its uses are not reported as well", () => {
  const ctx = context();
  const table = compileAcls([wordsAt("bad pth /")], ctx);
  assert.equal(table.has("bad"), true);
  assert.equal(ctx.diagnostics.list.length, 1);
});

Deno.test("a mistake in a quoted word is marked where the part stands, else the whole word", () => {
  const ctx = context();
  compileCriterion(words("'path,lowr' x"), ctx);
  compileCriterion(words("str(a\\ b),lowr x"), ctx);
  assert.deepEqual(told(ctx), [
    "alert 7+4: unknown converter 'lowr' [nearest: lower]",
    "alert 11+4: unknown converter 'lowr' [nearest: lower]",
  ]);
});
