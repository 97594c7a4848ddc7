/** What is said about mistakes in rules: the word is marked, and what is allowed or nearest is named. */
import assert from "node:assert/strict";
import type { RuleKind } from "../../lib/rules/types.ts";
import { compileRules } from "../../lib/rules/rule_set.ts";
import { context, told, wordsAt } from "../expr/support.ts";

const MISTAKES: readonly (readonly [RuleKind, string, string])[] = [
  ["http-request", "mirror-to", "alert 1+9: 'mirror-to' needs the name of a backend"],
  ["http-request", "mirror-to nowhere", "alert 11+7: there is no backend 'nowhere' of mode http"],
  [
    "http-request",
    "normalize-uri path-strip-dots",
    "alert 15+15: 'path-strip-dots' is no normalizer [nearest: path-strip-dot]",
  ],
  ["http-request", "normalize-uri", "alert 1+13: 'normalize-uri' needs a normalizer"],
  [
    "http-request",
    "normalize-uri path-strip-dot full",
    "alert 30+4: 'full' cannot stand behind 'http-request normalize-uri'",
  ],
  [
    "http-request",
    "set-timeout servre 5s",
    "alert 13+6: 'servre' is no timeout that a rule can set [nearest: server]",
  ],
  [
    "http-request",
    "set-timeout server 5s",
    "alert 1+11: 'set-timeout' can only stand where there are servers",
  ],
  [
    "http-request",
    "wait-for-body at-least 10",
    "alert 1+13: 'wait-for-body' needs 'time' and how long to wait",
  ],
  ["http-request", "wait-for-body time soon", "alert 20+4: 'soon' is not a time"],
  [
    "http-request",
    "wait-for-body time 1s atleast 3",
    "alert 23+7: 'atleast' is no part of 'wait-for-body'",
  ],
  [
    "http-after-response",
    "wait-for-body time 1s",
    "alert 1+13: 'wait-for-body' is no action of 'http-after-response'",
  ],
  ["http-request", "pause", "alert 1+5: 'pause' needs a time"],
  ["http-request", "capture path", "alert 9+4: 'path' needs 'len' or 'id'"],
  ["http-request", "capture path len 0", "alert 18+1: the number '0' is out of range"],
  [
    "http-request",
    "capture path len 10",
    "alert 14+3: only a frontend has room for captures with 'len'",
  ],
  ["http-response", "capture res.hdr(a) len 10", "alert 20+3: 'len' cannot stand here"],
  ["http-request", "capture bin(00) id x", "alert 20+1: 'x' is not a whole number"],
  ["http-request", "early-hint 'Li nk' x", "alert 12+7: 'Li nk' is no header name"],
  [
    "http-request",
    "set-src method",
    "alert 9+6: a sample of type method cannot be used as address",
  ],
  [
    "http-request",
    "set-src-port path,map_str_ip(none.map)",
    "alert 19+20: map file 'none.map' cannot be read",
  ],
  ["http-request", "set-dst", "alert 1+7: 'set-dst' needs an expression"],
  ["http-request", "strict-mode maybe", "alert 13+5: 'maybe' is neither 'on' nor 'off'"],
  ["http-request", "set-nice 5000", "alert 10+4: the number '5000' is out of range"],
  ["http-request", "set-priority-class low", "alert 20+3: unknown fetch method 'low'"],
  ["http-request", "set-retries many", "alert 13+4: unknown fetch method 'many'"],
  [
    "http-request",
    "do-resolve(txn.ip,dns) req.hdr(host)",
    "alert 1+22: there is no 'resolvers' section 'dns'",
  ],
  [
    "http-request",
    "do-resolve(ip,dns) req.hdr(host)",
    "alert 12+2: 'ip' may not stand as <var> of 'do-resolve'",
  ],
  ["http-request", "set-map(virt@x) %[src]", "alert 17+6: '%[src]' needs a format of the value"],
  ["http-request", "set-map %[src] x", "alert 1+7: missing argument <file-name> for 'set-map'"],
  ["http-request", "silent-drop rst-ttl 0", "alert 21+1: the number '0' is out of range"],
  [
    "http-request",
    "silent-drop now",
    "alert 13+3: 'now' cannot stand behind 'http-request silent-drop'",
  ],
  ["http-request", "set-tos 256", "alert 9+3: the number '256' is out of range"],
  ["http-request", "set-tos 0x100", "alert 9+5: the number '256' is out of range"],
  ["http-request", "set-tos", "alert 1+7: 'set-tos' needs a tos"],
  ["http-request", "set-tos int(5)", "alert 9+6: 'int(5)' is not a whole number"],
  ["http-request", "set-mark 4294967296", "alert 10+10: the number '4294967296' is out of range"],
  [
    "http-request",
    "set-fc-tos srcport",
    "alert 12+7: unknown fetch method 'srcport' [nearest: src_port]",
  ],
  [
    "http-response",
    "set-bc-tos 5",
    "alert 1+10: 'set-bc-tos' is no action of 'http-response'",
  ],
];

for (const [kind, rule, message] of MISTAKES) {
  Deno.test(`'${kind} ${rule}' is refused: ${message}`, () => {
    const ctx = context({ hasProxy: (_, side) => side === "frontend", proxyName: "fe" });
    assert.equal(compileRules(kind, [wordsAt(rule)], ctx), undefined);
    assert.deepEqual(told(ctx), [message]);
  });
}

Deno.test("bytes before they are HTTP give nothing in mode http, which is warned of", () => {
  const said = (text: string, more: Parameters<typeof context>[0]) => {
    const ctx = context(more);
    compileRules("tcp-request content", [wordsAt(text)], ctx);
    return told(ctx);
  };
  const reject = "reject if { req.len gt 10 }";
  const warning = "'req.len' looks at bytes before they are HTTP: it gives nothing in mode http";
  assert.deepEqual(said(reject, {}), [`warning 13+7: ${warning}`]);
  assert.deepEqual(said(reject, { mode: "tcp" }), []);
  assert.deepEqual(said(reject, { upgraded: true }), []);
});
