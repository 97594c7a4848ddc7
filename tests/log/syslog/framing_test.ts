import assert from "node:assert/strict";
import { takeFrames } from "../../../lib/log/syslog/framing.ts";
import { parseSyslog } from "../../../lib/log/syslog/message.ts";
import { Random } from "../../support/random.ts";
import { fuzzSyslog } from "./fuzz.ts";

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

function frames(text: string, options = {}): { taken: number; messages: string[] } {
  const messages: string[] = [];
  const taken = takeFrames(
    bytes(text),
    { longest: 100, ...options },
    (each) => messages.push(each),
  );
  return { taken, messages };
}

Deno.test("messages are framed by their length or by line feeds, in turns on one connection", () => {
  assert.deepEqual(frames("8 <13>a\nb\n<13>line\n3 xyz\n"), {
    taken: 25,
    messages: ["<13>a\nb\n", "<13>line", "xyz"],
  });
});

Deno.test("the beginning of a message waits for the rest", () => {
  for (const part of ["1", "11", "11 ", "11 <13>abc", "<13>no end"]) {
    assert.deepEqual(frames(`<1>x\n${part}`), { taken: 5, messages: ["<1>x"] }, part);
  }
});

Deno.test("what cannot be framed ends the stream", () => {
  assert.equal(frames("12345678 x").taken, -1);
  assert.equal(frames("101 x").taken, -1);
  assert.equal(frames("12<13>x").taken, -1);
  assert.equal(frames("x".repeat(101)).taken, -1);
  assert.equal(frames("x".repeat(101) + "\n").taken, -1);
});

Deno.test("with assume-rfc6587-ntf a line may begin with a digit", () => {
  assert.deepEqual(frames("42 is a line\n7\n", { linesOnly: true }), {
    taken: 15,
    messages: ["42 is a line", "7"],
  });
});

Deno.test("however a stream is cut into pieces, the messages are the same", () => {
  const random = new Random(4711);
  const stream = "5 <1>ab<13>one\n\n<14>two\n10 0123456789<1>last\n";
  const whole = frames(stream).messages;
  for (let round = 0; round < 200; round++) {
    const messages: string[] = [];
    let held = "";
    for (let at = 0; at < stream.length;) {
      const size = 1 + random.below(7);
      held += stream.slice(at, at + size);
      at += size;
      held = held.slice(takeFrames(bytes(held), { longest: 100 }, (each) => messages.push(each)));
    }
    assert.deepEqual(messages, whole);
  }
});

Deno.test("hostile messages and streams never throw, and nothing is lost of a text", () => {
  fuzzSyslog(400, 20_261_127);
  assert.equal(parseSyslog("<13>1 x").text, "1 x");
});
