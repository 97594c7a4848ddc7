import assert from "node:assert/strict";
import { onlyAscii } from "../../scripts/compile/bundle.ts";

Deno.test("what is beyond ASCII in a bundle becomes an escape that means the same", () => {
  assert.equal(onlyAscii("// a – b"), "// a \\u2013 b");
  const source = "['ü–😀', `é`, /[à-ü]+/.test('é')]";
  assert.equal([...onlyAscii(source)].every((unit) => unit.charCodeAt(0) < 128), true);
  assert.deepEqual((0, eval)(onlyAscii(source)), ["ü–😀", "é", true]);
});
