import assert from "node:assert/strict";
import fc from "fast-check";
import { type AgentReply, parseAgentReply } from "../../../lib/health/agent/reply.ts";

const cases: readonly (readonly [string, AgentReply])[] = [
  ["", { comment: "" }],
  ["up", { health: "up", comment: "" }],
  ["UP, READY 50%", { health: "UP", admin: "ready", weight: "50%", comment: "" }],
  ["down\t75%,maxconn:30", { health: "down", weight: "75%", maxconn: "30", comment: "" }],
  ["stopped # gone, up again soon", { health: "stopped", comment: "gone, up again soon" }],
  ["fail#x", { unknown: "fail#x", comment: "" }],
  ["foo bar up", { health: "up", unknown: "foo", comment: "" }],
  ["up down", { health: "down", comment: "" }],
  ["50", { unknown: "50", comment: "" }],
  ["-5%", { unknown: "-5%", comment: "" }],
  ["# up", { comment: "up" }],
  ["MaxConn:x", { maxconn: "x", comment: "" }],
];
for (const [line, expected] of cases) {
  Deno.test(`an agent says ${JSON.stringify(line)}`, () => {
    const read = Object.entries(parseAgentReply(line)).filter(([, value]) => value !== undefined);
    assert.deepEqual(Object.fromEntries(read), expected);
  });
}

Deno.test("any line is read", () => {
  fc.assert(fc.property(fc.string(), (line) => void parseAgentReply(line)), { seed: 3 });
});
