import assert from "node:assert/strict";
import { compileAcls } from "../../lib/expr/acl.ts";
import { compileRedirects, compileRules } from "../../lib/rules/rule_set.ts";
import type { RuleKind } from "../../lib/rules/types.ts";
import { context, request, stream, told, wordsAt } from "../expr/support.ts";

function rules(kind: RuleKind, lines: readonly string[], ctx = context()) {
  return compileRules(kind, lines.map(wordsAt), ctx);
}

Deno.test("a proxy without rules has no rule set to call", () => {
  assert.equal(rules("http-request", []), undefined);
});

Deno.test("a rule set answers the first verdict and runs no rule behind it", () => {
  const set = rules("http-request", [
    "set-header one 1",
    "deny if { path /no }",
    "deny deny_status 429 if { path / }",
    "set-header two 2",
  ]);
  const made = stream();
  assert.deepEqual(set!.run(made), { type: "deny", status: 429 });
  assert.equal(made.request!.get("one"), "1");
  assert.equal(made.request!.get("two"), undefined);
});

Deno.test("rules use the proxy's acls", () => {
  const ctx = context();
  const acls = compileAcls([wordsAt("internal src 192.0.2.0/24")], ctx);
  const set = rules("http-request", ["deny unless internal"], { ...ctx, acls });
  assert.equal(set!.run(stream()), undefined);
  assert.deepEqual(told(ctx), []);
});

Deno.test("verdicts that do not depend on the stream are the same object every time", () => {
  const constant = [
    "redirect location /x",
    "return status 204",
    "deny",
    "return content-type a/b string x",
  ];
  for (const line of constant) {
    const set = rules("http-request", [line])!;
    assert.equal(set.run(stream()), set.run(stream()));
  }
  const varying = rules("http-request", ["return hdr a %[path]"])!;
  assert.notEqual(varying.run(stream()), varying.run(stream()));
});

Deno.test("tcp-request rules accept or reject", () => {
  for (
    const kind of ["tcp-request connection", "tcp-request session", "tcp-request content"] as const
  ) {
    const set = rules(kind, ["accept if { src 192.0.2.7 }", "reject"])!;
    assert.deepEqual(set.run(stream()), { type: "allow" });
    const session = {
      ...stream().session,
      remote: { family: 4 as const, host: "10.0.0.1", port: 1 },
    };
    assert.deepEqual(set.run(stream({ session })), { type: "reject" });
  }
});

Deno.test("http-request reject closes without an answer", () => {
  assert.deepEqual(rules("http-request", ["reject"])!.run(stream()), { type: "reject" });
});

Deno.test("set-log-level sets the level of the stream's line, and silent makes none", () => {
  const made = stream();
  rules("http-request", ["set-log-level warning"])!.run(made);
  assert.equal(made.logLevel, 4);
  rules("http-response", ["set-log-level silent"])!.run(made);
  assert.equal(made.logLevel, -1);
});

Deno.test("a body is read from a file, as it is or as a format", () => {
  const files: Record<string, string> = { "a.txt": "%[path]\n", "b.txt": "\xc3\xa9 %[path]\n" };
  const ctx = context({ readFile: (path) => files[path] });
  const body = (rule: string) => {
    const verdict = rules("http-request", [rule], ctx)!.run(stream()) as {
      reply: { body: Uint8Array };
    };
    return new TextDecoder().decode(verdict.reply.body);
  };
  assert.equal(body("return content-type text/plain file a.txt"), "%[path]\n");
  assert.equal(body("return content-type text/plain lf-file b.txt"), "é /\n");
});

Deno.test("rules on a head that is not there do nothing", () => {
  const lines = ["set-header a b", "add-header a b", "del-header a -m beg", "replace-header a b c"];
  const targets = ["set-path /", "set-method GET", "replace-path a b"];
  const set = rules("http-request", [...lines, ...targets])!;
  assert.equal(set.run(stream({ request: undefined })), undefined);
  assert.equal(rules("http-response", [...lines, "set-status 200"])!.run(stream()), undefined);
});

Deno.test("no value that a peer sends ends a header line", () => {
  const set = rules("http-request", [
    "set-header out %[urlp(v),url_dec]",
    "replace-header x (.*) \\\\1%[urlp(v),url_dec]",
    "set-path /%[urlp(v),url_dec]",
    "set-method %[urlp(v),url_dec]",
  ])!;
  const head = request(["GET /?v=a%0d%0aEvil:%20b%00 HTTP/1.1", "Host: a", "X: y"]);
  set.run(stream({ request: head }));
  const out = new Uint8Array(head.sizeBound());
  const text = new TextDecoder("latin1").decode(out.subarray(0, head.write(out, 0)));
  assert.equal(text.split("\r\n").length, 6);
  assert(!/^Evil/m.test(text));
  assert.equal(head.method, "GET");
  assert.match(text, /^GET \/a%0D%0AEvil:%20b%00\?/);
});

const MISTAKES: readonly [kind: RuleKind, line: string, expected: string[]][] = [
  ["http-request", "dney", ["alert 1+4: unknown action 'dney' in 'http-request' [nearest: deny]"]],
  ["http-request", "set-status 200", ["alert 1+10: 'set-status' is no action of 'http-request'"]],
  ["http-request", "set-var(txn.a)", ["alert 1+14: 'set-var(txn.a)' needs an expression"]],
  ["http-request", "set-var src", ["alert 1+7: missing argument <var-name> for 'set-var'"]],
  ["http-request", "set-var() src", ["alert 1+9: missing argument <var-name> for 'set-var'"]],
  ["http-request", "set-var(foo.a) src", [
    "alert 9+5: 'foo.a' may not stand as <var-name> of 'set-var'",
  ]],
  ["http-request", "set-var(txn.a,ifexist) src", [
    "alert 15+7: 'ifexist' may not stand as <cond> of 'set-var' [nearest: ifexists]",
  ]],
  ["http-request", "set-var(txn.a src", [
    "alert 8+6: missing ')' after the arguments of 'set-var'",
  ]],
  ["http-request", "set-var(txn.a)x src", ["alert 15+1: unexpected 'x' behind 'set-var(txn.a)'"]],
  ["http-request", "set-var(txn.a) src b", [
    "alert 20+1: 'b' cannot stand behind 'http-request set-var'",
  ]],
  ["http-request", "unset-var(txn.a,ifset)", ["alert 17+5: too many arguments for 'unset-var'"]],
  ["tcp-request connection", "set-var(sess.a) path", [
    "alert 17+4: 'path' needs the request headers, not available in 'tcp-request connection' of a frontend",
  ]],
  ["http-request", "deny(403)", ["alert 5+5: 'deny' has no parentheses"]],
  ["http-request", "set-var-fnt(txn.a) x", [
    "alert 1+18: unknown action 'set-var-fnt' in 'http-request' [nearest: set-var-fmt]",
  ]],
  [
    "http-request",
    "send-spoe-group a b",
    ["alert 1+15: action 'send-spoe-group' is not supported: there is no SPOE filter"],
  ],
  ["tcp-request connection", "deny", [
    "alert 1+4: 'deny' is no action of 'tcp-request connection'",
  ]],
  ["http-after-response", "deny", ["alert 1+4: 'deny' is no action of 'http-after-response'"]],
  ["http-request", "deny iff TRUE", [
    "alert 6+3: 'iff' is no part of 'deny' [nearest: if]",
  ]],
  ["http-request", "allow foo", ["alert 7+3: 'foo' cannot stand behind 'http-request allow'"]],
  ["http-request", "allow unles TRUE", [
    "alert 7+5: 'unles' cannot stand behind 'http-request allow' [nearest: unless]",
  ]],
  ["http-request", "deny if METH_GTE", ["alert 9+8: no such acl: 'METH_GTE' [nearest: METH_GET]"]],
  ["http-request", "set-header a", ["alert 12+1: 'a' needs a format"]],
  ["http-request", "set-header", ["alert 1+10: 'set-header' needs a header's name"]],
  ["http-request", "set-header 'a b' c", ["alert 12+5: 'a b' is no header name"]],
  ["http-request", "set-header a b c", [
    "alert 16+1: 'c' cannot stand behind 'http-request set-header'",
  ]],
  ["http-request", "set-header a %[scr]", [
    "alert 16+3: unknown fetch method 'scr' [nearest: src]",
  ]],
  ["http-request", "set-header a %[status]", [
    "alert 16+6: 'status' needs the response status line, not available in 'http-request' of a frontend",
  ]],
  ["http-request", "del-header a -m foo", ["alert 17+3: 'foo' cannot match header names"]],
  ["http-request", "del-header ( -m reg", [
    "alert 12+1: regex '(' is refused: missing closing ): `(`",
  ]],
  ["http-request", "deny deny_status 999", ["alert 18+3: '999' is no status of an answer"]],
  ["http-request", "deny deny_status 418", ["alert 18+3: there is no error page for status 418"]],
  ["http-request", "deny deny_status", ["alert 6+11: 'deny_status' needs a status"]],
  ["http-request", "return string a lf-string b", [
    "alert 17+9: 'lf-string' cannot stand beside 'string' in one answer",
  ]],
  ["http-request", "return string a", ["alert 8+6: an answer with a body needs a 'content-type'"]],
  ["http-request", "return status 204 content-type a/b string x", [
    "alert 36+6: an answer 204 has no body",
  ]],
  ["http-request", "return content-type a/b", [
    "warning 21+3: 'content-type' has no effect without a body",
  ]],
  ["http-request", "return content-type a/b file none.txt", [
    "alert 30+8: file 'none.txt' cannot be read",
  ]],
  ["http-request", "return errorfile x", ["alert 18+1: file 'x' cannot be read"]],
  [
    "http-request",
    "return errorfiles x",
    ["alert 19+1: there is no 'http-errors' section 'x'"],
  ],
  [
    "http-request",
    "return status 299 default-errorfiles",
    ["alert 15+3: there is no error page for status 299"],
  ],
  [
    "http-request",
    "deny errorfiles x string y",
    ["alert 19+6: 'string' cannot stand beside 'errorfiles' in one answer"],
  ],
  ["http-request", "auth realm", ["alert 6+5: 'realm' needs a realm"]],
  ["http-response", "auth", ["alert 1+4: 'auth' is no action of 'http-response'"]],
  ["http-request", "return deny_status 200", [
    "alert 8+11: 'deny_status' is no part of 'return'",
  ]],
  ["http-request", "redirect", ["alert 1+8: a redirect needs its type"]],
  ["http-request", "redirect code 301", ["alert 1+8: a redirect needs its type"]],
  ["http-request", "redirect location", ["alert 10+8: 'location' needs a location"]],
  ["http-request", "redirect locaton /", [
    "alert 10+7: 'locaton' is no part of a redirect [nearest: location]",
  ]],
  ["http-request", "redirect location / code 300", ["alert 26+3: '300' is no redirect status"]],
  ["http-request", "redirect location / prefix /a", [
    "alert 21+6: 'prefix' cannot stand beside 'location' in one redirect",
  ]],
  ["http-request", "redirect location / set-cookie a;b", ["alert 32+3: 'a;b' cannot be a cookie"]],
  ["http-request", "set-log-level warn", [
    "alert 15+4: 'warn' is no log level [nearest: warning]",
  ]],
  ["http-response", "set-status 99", ["alert 12+2: '99' is no status"]],
  ["http-request", "replace-path (?=a) b", [
    "alert 14+5: regex '(?=a)' is refused: it uses lookaround, which cannot be matched in bounded time",
  ]],
  ["http-request", "set-header a b if { path_reg ( } { scr 1 }", [
    "alert 30+1: regex '(' is refused: missing closing ): `(`",
    "alert 36+3: unknown fetch method 'scr' [nearest: src]",
  ]],
];

for (const [kind, line, expected] of MISTAKES) {
  Deno.test(`the mistake in '${kind} ${line}' is told with its place`, () => {
    const ctx = context();
    rules(kind, [line], ctx);
    assert.deepEqual(told(ctx), expected);
  });
}

Deno.test("all mistakes of a rule set are told, and good rules beside them still compile", () => {
  const ctx = context();
  const set = rules("http-request", ["dney", "allow", "redirect"], ctx);
  assert.equal(ctx.diagnostics.list.length, 2);
  assert.equal(set!.size, 1);
});

Deno.test("a redirect statement's mistakes have the statement's words", () => {
  const ctx = context();
  compileRedirects([wordsAt("locaton /")], ctx);
  assert.deepEqual(told(ctx), [
    "alert 1+7: 'locaton' is no part of a redirect [nearest: location]",
  ]);
});

Deno.test("a line end in a header's format is refused at load", () => {
  const ctx = context();
  const word = wordsAt("set-header a b");
  const words = [...word.words.slice(0, 2), { ...word.words[2], text: "b\r\nEvil: c" }];
  assert.equal(compileRules("http-request", [{ words, span: word.span }], ctx), undefined);
  assert.deepEqual(told(ctx), ["alert 14+1: a line end or a zero byte cannot stand in a header"]);
});
