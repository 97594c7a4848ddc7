import assert from "node:assert/strict";
import {
  frameBlock,
  writeData,
  writeGoaway,
  writePing,
  writeReset,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "../../lib/http2/frame_writer.ts";
import { Output } from "../../lib/http2/output.ts";
import { describe } from "./support.ts";

const WRITERS: readonly (readonly [string, (out: Output, n: number) => void])[] = [
  ["RST_STREAM 3 CANCEL", (out) => writeReset(out, 3, 8)],
  ["WINDOW_UPDATE 3 65537", (out) => writeWindowUpdate(out, 3, 65537)],
  ["GOAWAY ENHANCE_YOUR_CALM", (out) => writeGoaway(out, 7, 11)],
  ["PING ack", (out) => writePing(out, true, new Uint8Array(8), 0)],
  ["SETTINGS", (out) => writeSettings(out, [[3, 100], [4, 65536]])],
  ["SETTINGS ack", (out) => writeSettingsAck(out)],
  ["DATA 5 100 end", (out) => writeData(out, 5, new Uint8Array(100), 0, 100, true)],
];

for (const [said, write] of WRITERS) {
  Deno.test(`${said}: what is written is what is read, wherever the output has to grow`, () => {
    for (let before = 0; before < 30; before++) {
      const out = new Output();
      for (let n = 0; n < before; n++) writeSettingsAck(out);
      for (let n = 0; n < 300; n++) write(out, n);
      const all = describe(out.bytes.slice(out.start, out.end));
      assert.deepEqual(all.slice(before), new Array(300).fill(said));
    }
  });
}

Deno.test("a header block larger than a frame goes on in CONTINUATION", () => {
  const out = new Output();
  out.reserve(9);
  out.end = 9;
  const block = new Uint8Array(40_000).fill(0x82);
  out.put(block, 0, block.length);
  frameBlock(out, 0, 1, true, 16384);
  assert.equal(out.end, 40_000 + 3 * 9);
  assert.deepEqual([...out.bytes.subarray(0, 9)], [0, 64, 0, 1, 1, 0, 0, 0, 1]);
  const second = 9 + 16384;
  assert.deepEqual([...out.bytes.subarray(second, second + 9)], [0, 64, 0, 9, 0, 0, 0, 0, 1]);
  const third = second + 9 + 16384;
  assert.deepEqual([...out.bytes.subarray(third, third + 9)], [0, 28, 64, 9, 4, 0, 0, 0, 1]);
});
