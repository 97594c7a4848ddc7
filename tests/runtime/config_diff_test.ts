import assert from "node:assert/strict";
import { configChanges } from "../../lib/runtime/config_diff.ts";
import { valid } from "../config/support.ts";

const text = (more: string, servers: string, rules = "") =>
  valid(`defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend web
  bind :80
${rules}
  default_backend app
backend app
${servers}
${more}`);

const two = "  server a 10.0.0.1:80\n  server b 10.0.0.2:80";

Deno.test("the same configuration, written in another way, is not different", () => {
  const other = two.replace("server a", '"server"   a');
  assert.deepEqual(configChanges(text("", two), text("\n\n# a comment", other)), []);
});

Deno.test("proxies, servers and rules that were added, removed or changed are told", () => {
  const before = text(
    "backend old\n  server x 10.0.0.9:80",
    two,
    "  http-request deny if { path /a }\n  http-request deny if { path /b }",
  );
  const after = text(
    "backend new\n  server x 10.0.0.9:80",
    "  server a 10.0.0.1:80 weight 5\n  server c 10.0.0.3:80",
    "  http-request deny if { path /b }\n  http-request deny if { path /c }\n" +
      "  http-request deny if { path /d }",
  );
  assert.deepEqual(configChanges(before, after), [
    "backend old: removed",
    "frontend web: http-request rules: 2 added, 1 removed",
    "backend app: server b removed",
    "backend app: server a changed (weight)",
    "backend app: server c added",
    "backend new: added",
  ]);
});

Deno.test("other sections are told by their kind", () => {
  const list = (name: string) => `userlist u\n  user ${name} insecure-password x`;
  assert.deepEqual(configChanges(text(list("a"), two), text(list("b"), two)), [
    "userlists: changed",
  ]);
  const cache = "cache c\n  total-max-size 4";
  assert.equal(configChanges(text("", two), text(cache, two)).length, 1);
});

Deno.test("another order of rules is a change of its own", () => {
  const rules = ["  http-request deny if { path /a }", "  http-request deny if { path /b }"];
  const changes = configChanges(
    text("", two, rules.join("\n")),
    text("", two, rules.toReversed().join("\n")),
  );
  assert.deepEqual(changes, ["frontend web: http-request rules: order changed"]);
});
