import assert from "node:assert/strict";
import { Userlist } from "../../lib/expr/userlist.ts";

const span = { file: "t", line: 1, column: 1, length: 1 };
/** `hello`, with 20,000 rounds: slow enough to be seen. */
const SLOW = "$5$rounds=20000$abc$";

function list(hash: string): Userlist {
  return new Userlist({
    name: "L",
    span,
    groups: ["G1", "G2"],
    users: [
      { name: "tiger", password: { kind: "crypt", text: hash }, groups: ["G1"] },
      { name: "scott", password: { kind: "plain", text: "elgato" }, groups: ["G1", "G2"] },
      { name: "nobody", groups: [] },
    ],
  });
}

Deno.test("users are known by name and password", () => {
  const users = list("$1$abcdefgh$rwnEbRiN0agqVgZBovWNQ/");
  assert.equal(users.check("tiger", "hello"), true);
  assert.equal(users.check("tiger", "hello"), true);
  assert.equal(users.check("tiger", "hallo"), false);
  assert.equal(users.check("tiger", "hallo"), false);
  assert.equal(users.check("tiger", "hello"), true);
  assert.equal(users.check("scott", "elgato"), true);
  assert.equal(users.check("scott", "hello"), false);
  assert.equal(users.check("nobody", ""), false);
  assert.equal(users.check("Tiger", "hello"), false);
  assert.deepEqual(users.groupsOf("scott"), ["G1", "G2"]);
  assert.deepEqual(users.groupsOf("else"), []);
});

Deno.test("what was found out about a password is remembered, right or wrong", () => {
  const users = list(`${SLOW}${"x".repeat(43)}`);
  const time = (password: string): number => {
    const begin = performance.now();
    assert.equal(users.check("tiger", password), false);
    return performance.now() - begin;
  };
  const first = time("one");
  // The quickest of ten: a loaded machine may hold up some.
  assert.ok(Math.min(...Array.from({ length: 10 }, () => time("one"))) < first / 20);
  // only so many wrong ones are kept
  for (let n = 0; n < 16; n++) users.check("tiger", `wrong ${n}`);
  assert.ok(time("one") > first / 20);
});
