import assert from "node:assert/strict";
import { latin1 } from "../../lib/http1/bytes.ts";
import { Gathered } from "../../lib/proxy/gathered.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (all: Uint8Array) => latin1(all, 0, all.length);

Deno.test("gathered: the head, then one chunk of all that was added, then the end", () => {
  const gathered = new Gathered(new Uint8Array(100), bytes("HEAD\r\n\r\n"));
  gathered.add(bytes("abc"));
  gathered.add(bytes("defg"));
  assert.equal(gathered.length, 7);
  assert.equal(text(gathered.chunk(false)), "HEAD\r\n\r\n7\r\nabcdefg\r\n");
  assert.equal(gathered.length, 0);
  gathered.add(bytes("x".repeat(16)));
  assert.equal(text(gathered.chunk(true)), `10\r\n${"x".repeat(16)}\r\n0\r\n\r\n`);
});

Deno.test("gathered: without content there is no chunk, which would end the message", () => {
  const gathered = new Gathered(new Uint8Array(100), bytes("HEAD\r\n\r\n"));
  assert.equal(text(gathered.chunk(false)), "HEAD\r\n\r\n");
  assert.equal(text(gathered.chunk(false)), "");
  assert.equal(text(gathered.chunk(true)), "0\r\n\r\n");
});

Deno.test("gathered: sizes of every number of digits, in a buffer that has to grow", () => {
  for (const size of [1, 15, 16, 255, 256, 4095, 4096, 65_535, 65_536, 1_048_576]) {
    const gathered = new Gathered(new Uint8Array(64), bytes("H"));
    gathered.add(new Uint8Array(size).fill(97));
    const chunk = text(gathered.chunk(true));
    assert.equal(chunk, `H${size.toString(16)}\r\n${"a".repeat(size)}\r\n0\r\n\r\n`);
  }
});
