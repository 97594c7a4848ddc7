import assert from "node:assert/strict";
import { wasmModule } from "../../scripts/wasm.ts";

Deno.test("deflate_wasm.ts is what `deno task wasm` makes of deflate.wat", async () => {
  const made = new URL("../../lib/compression/deflate_wasm.ts", import.meta.url);
  assert.equal(Deno.readTextFileSync(made), await wasmModule());
});
