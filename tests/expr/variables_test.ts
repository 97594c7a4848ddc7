import assert from "node:assert/strict";
import type { StreamView } from "../../lib/expr/context.ts";
import { Typed } from "../../lib/expr/sample.ts";
import { NO_LIMITS, type Variable, variableNamed } from "../../lib/expr/variables.ts";
import { response, stream } from "./support.ts";

function variable(name: string): Variable {
  const found = variableNamed(name);
  assert(typeof found !== "string", found as string);
  return found;
}

const text = (value: string) => new Typed("str", value);

Deno.test("a name is the same variable wherever it stands", () => {
  assert.equal(variableNamed("txn.same"), variableNamed("txn.same"));
  assert.notEqual(variableNamed("txn.same"), variableNamed("sess.same"));
});

for (const name of ["", "txn", "txn.", "foo.bar", "txn.a-b", "txn.ä", "Txn.a", ".a"]) {
  Deno.test(`'${name}' is no variable`, () => assert.equal(typeof variableNamed(name), "string"));
}

Deno.test("what is in one stream is not in another; what is in the session and the process is", () => {
  const one = stream();
  const two = stream({ session: one.session, process: one.process });
  for (const scope of ["txn", "req", "sess", "proc"]) variable(`${scope}.mine`).set(one, text("x"));
  const seen = (s: StreamView) =>
    ["txn", "req", "sess", "proc"].filter((scope) => variable(`${scope}.mine`).get(s));
  assert.deepEqual(seen(one), ["txn", "req", "sess", "proc"]);
  assert.deepEqual(seen(two), ["sess", "proc"]);
});

Deno.test("variables of the request are gone once there is a response, those of the response begin", () => {
  const made: { -readonly [K in keyof StreamView]: StreamView[K] } = stream();
  assert.equal(variable("res.m").set(made, text("early")), false);
  variable("req.m").set(made, text("request"));
  made.response = response();
  assert.equal(variable("req.m").get(made), undefined);
  assert.equal(variable("req.m").set(made, text("late")), false);
  variable("res.m").set(made, text("response"));
  assert.equal(variable("res.m").get(made)?.value, "response");
  made.response = undefined;
  made.status = 403;
  assert.equal(variable("req.m").get(made), undefined);
});

Deno.test("check variables are only in health checks, and those of streams are not there", () => {
  const check = { ...stream(), isCheck: true as const };
  assert.equal(variable("check.c").set(check, text("x")), true);
  assert.equal(variable("check.c").get(check)?.value, "x");
  assert.equal(variable("txn.c").set(check, text("x")), false);
  assert.equal(variable("check.c").set(stream(), text("x")), false);
});

Deno.test("a variable that outlives its stream does not hold the head that it was cut from", () => {
  const head = "h".repeat(100_000);
  const made = stream();
  variable("sess.cut").set(made, text(head.slice(5, 50)));
  const kept = variable("sess.cut").get(made)!.value as string;
  assert.equal(kept, head.slice(5, 50));
});

/** 80 bytes for each, and its text. */
Deno.test("limits count each level with those below it; what does not fit is not set", () => {
  const made = stream();
  const limits = made.process.variableLimits;
  limits.limit({ ...NO_LIMITS, reqres: 100, txn: 200, sess: 300, proc: 400, global: 500 });
  assert.equal(variable("req.l1").set(made, text("x".repeat(20))), true);
  assert.equal(variable("req.l1").set(made, text("x".repeat(21))), false);
  assert.equal(variable("req.l1").get(made)!.value, "x".repeat(20));
  assert.equal(variable("req.l2").set(made, text("")), false);
  assert.equal(variable("txn.l1").set(made, text("x".repeat(20))), true);
  assert.equal(variable("txn.l2").set(made, text("")), false);
  assert.equal(variable("sess.l1").set(made, text("x".repeat(20))), true);
  assert.equal(variable("sess.l2").set(made, text("")), false);
  assert.equal(variable("proc.l1").set(made, text("x".repeat(20))), true);
  assert.equal(variable("proc.l2").set(made, text("")), false);
  assert.equal(limits.used, 400);
  const check = { ...stream({ process: made.process }), isCheck: true as const };
  assert.equal(variable("check.l1").set(check, text("x".repeat(20))), true);
  assert.equal(variable("check.l2").set(check, text("")), false);
  assert.equal(limits.used, 500);
});

Deno.test("memory is given back: by a smaller value, by unset-var, at the end of stream and session", () => {
  const made = stream();
  const limits = made.process.variableLimits;
  limits.limit({ ...NO_LIMITS, global: 1000 });
  variable("txn.g1").set(made, text("x".repeat(100)));
  variable("sess.g1").set(made, text("x".repeat(100)));
  assert.equal(limits.used, 360);
  variable("txn.g1").set(made, text("x"));
  assert.equal(limits.used, 261);
  variable("txn.g1").unset(made);
  variable("txn.g1").unset(made);
  assert.equal(limits.used, 180);
  variable("req.g1").set(made, text("x".repeat(20)));
  limits.endStream(made);
  assert.equal(limits.used, 180);
  limits.endSession(made.session);
  assert.equal(limits.used, 0);
});

Deno.test("without limits nothing is counted", () => {
  const made = stream();
  variable("txn.free").set(made, text("x".repeat(1000)));
  assert.equal(made.process.variableLimits.used, 0);
});
