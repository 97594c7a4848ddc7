/** `do-resolve`: a name's address into a variable. */
import assert from "node:assert/strict";
import type { NameLookup } from "../../lib/expr/context_compile.ts";
import { type Variable, variableNamed } from "../../lib/expr/variables.ts";
import { compileRules } from "../../lib/rules/rule_set.ts";
import { context, stream, told, wordsAt } from "../expr/support.ts";

const address = variableNamed("txn.ip") as Variable;

async function resolved(rule: string, answers: NameLookup["lookup"]): Promise<unknown> {
  const ctx = context({
    findResolver: (name) => name === "dns" ? { lookup: answers } : undefined,
    resolverNames: ["dns"],
  });
  const set = compileRules("http-request", [wordsAt(rule)], ctx);
  assert.deepEqual(told(ctx), []);
  const made = stream();
  assert.equal(await set!.run(made), undefined);
  return address.get(made)?.value;
}

Deno.test("do-resolve sets its variable to the address, at once or later, or not at all", async () => {
  const rule = "do-resolve(txn.ip,dns,ipv4) str(a.example)";
  assert.equal(await resolved(rule, () => "192.0.2.1"), 0xc0000201);
  assert.equal(await resolved(rule, () => Promise.resolve("192.0.2.2")), 0xc0000202);
  assert.equal(await resolved(rule, () => undefined), undefined);
  const asked: string[] = [];
  const note = (name: string, prefer: string) => {
    asked.push(`${name} ${prefer}`);
    return undefined;
  };
  await resolved(rule, note);
  await resolved("do-resolve(txn.ip,dns) str(b)", note);
  await resolved("do-resolve(txn.ip,dns) req.hdr(none)", note);
  assert.deepEqual(asked, ["a.example ipv4", "b ipv6"]);
});

Deno.test("do-resolve needs a section that is there", () => {
  const ctx = context({ findResolver: () => undefined, resolverNames: ["dns"] });
  compileRules("http-request", [wordsAt("do-resolve(txn.ip,dnz) src")], ctx);
  assert.deepEqual(told(ctx), [
    "alert 1+22: there is no 'resolvers' section 'dnz' [nearest: dns]",
  ]);
});
