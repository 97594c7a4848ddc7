import assert from "node:assert/strict";
import { weightFromText, weightText } from "../../lib/balance/weight.ts";
import { backend, serverConfig } from "./support.ts";

const range = "Absolute weight can only be between 0 and 256 inclusive.";
const stays = "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.";
const number = "Trailing garbage in weight string";

const cases: [text: string, dynamic: boolean, expected: number | string][] = [
  ["0", true, 0],
  ["256", true, 256],
  ["257", true, range],
  ["-1", true, range],
  ["50%", true, 50],
  ["0%", true, 0],
  ["1000%", true, 256],
  ["-5%", true, "Relative weight must be positive."],
  ["1%", true, 1],
  ["x", true, number],
  ["", true, number],
  ["5x", true, number],
  ["1.5", true, number],
  ["%", true, number],
  ["0", false, 0],
  ["100%", false, 100],
  ["100", false, 100],
  ["50%", false, stays],
];

for (const [text, dynamic, expected] of cases) {
  const kind = dynamic ? "a dynamic" : "a static";
  Deno.test(`set weight "${text}" of 100 with ${kind} algorithm gives ${expected}`, () => {
    const [server] = backend([serverConfig("s", { weight: 100 })]).servers;
    assert.equal(weightFromText(text, server, dynamic), expected);
  });
}

Deno.test("get weight tells the weight now and the initial one", () => {
  const [server] = backend([serverConfig("s", { weight: 2 })]).servers;
  server.state.setWeight(1);
  assert.equal(weightText(server), "1 (initial 2)");
});
