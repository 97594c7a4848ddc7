import assert from "node:assert/strict";
import { Environment } from "../../lib/config/environment.ts";

const words = (line: string) => line.split(" ").map((text) => ({ text }));

Deno.test("setenv overwrites, presetenv does not, unsetenv and resetenv remove", () => {
  const env = new Environment({ A: "1", B: "2", C: undefined });
  assert.equal(env.apply(words("setenv A x")), true);
  assert.equal(env.apply(words("presetenv B y")), true);
  assert.equal(env.apply(words("presetenv N z")), true);
  assert.deepEqual(env.toObject(), { A: "x", B: "2", N: "z" });
  env.apply(words("unsetenv A N"));
  assert.deepEqual(env.toObject(), { B: "2" });
  env.apply(words("setenv D 4"));
  env.apply(words("resetenv D"));
  assert.deepEqual(env.toObject(), { D: "4" });
});

Deno.test("incomplete statements and other keywords change nothing", () => {
  const env = new Environment({ A: "1" });
  env.apply(words("setenv A"));
  env.apply([{ text: "setenv" }, { text: "A" }, { text: "" }]);
  assert.equal(env.apply(words("maxconn 5")), false);
  assert.deepEqual(env.toObject(), { A: "1" });
});

Deno.test("a record is copied, an Environment is shared", () => {
  const env = new Environment();
  assert.equal(Environment.from(env), env);
  const record = { A: "1" };
  Environment.from(record).set("A", "2");
  assert.equal(record.A, "1");
});
