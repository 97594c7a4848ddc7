import assert from "node:assert/strict";
import { compileUseBackends } from "../../lib/rules/use_backend.ts";
import { context, request, stream, told, wordsAt } from "../expr/support.ts";

const at = (path: string) => stream({ request: request([`GET ${path} HTTP/1.1`, "Host: Img"]) });

Deno.test("the first use_backend line that applies gives the backend's name", () => {
  const ctx = context();
  const choose = compileUseBackends(
    ["static if { path_beg /img }", "app unless { path /none }"].map(wordsAt),
    ctx,
  )!;
  assert.deepEqual(told(ctx), []);
  assert.equal(choose(at("/img/a")), "static");
  assert.equal(choose(at("/x")), "app");
  assert.equal(choose(at("/none")), undefined);
});

Deno.test("a backend's name may be made by a format", () => {
  const choose = compileUseBackends([wordsAt("be_%[hdr(host),lower]")], context())!;
  assert.equal(choose(at("/")), "be_img");
});

Deno.test("no use_backend line makes nothing to call", () => {
  assert.equal(compileUseBackends([], context()), undefined);
});

const MISTAKES: readonly [string, string[]][] = [
  ["stattic if TRUE", ["alert 1+7: there is no backend 'stattic' [nearest: static]"]],
  ["static foo", ["alert 8+3: 'foo' cannot stand behind 'use_backend'"]],
  ["static if { path_beg /x } or", ["alert 27+2: 'or' needs a condition behind it"]],
  ["%[status] if TRUE", [
    "alert 3+6: 'status' needs the response status line, not available in 'use_backend' of a frontend",
  ]],
];

for (const [line, expected] of MISTAKES) {
  Deno.test(`the mistake in 'use_backend ${line}' is told with its place`, () => {
    const names = ["static", "app"];
    const ctx = context({ hasProxy: (name) => names.includes(name), proxyNames: names });
    assert.equal(compileUseBackends([wordsAt(line)], ctx), undefined);
    assert.deepEqual(told(ctx), expected);
  });
}
