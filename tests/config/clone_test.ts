/** A Config is plain data: with `nbthread`, other threads get a copy of it. */
import assert from "node:assert/strict";
import { build } from "./support.ts";

const GOLDEN = new URL("./golden/", import.meta.url);

Deno.test("the model of every configuration in the golden files can be copied to another thread", () => {
  let copied = 0;
  for (const folder of ["convert", "mistakes"]) {
    for (const { name } of Deno.readDirSync(new URL(`${folder}/`, GOLDEN))) {
      if (!/\.(cfg|yaml)$/.test(name)) continue;
      const text = Deno.readTextFileSync(new URL(`${folder}/${name}`, GOLDEN));
      const { config } = build(text, { file: name });
      if (config === undefined) continue;
      assert.deepEqual(structuredClone(config), config, name);
      copied++;
    }
  }
  assert.ok(copied > 10, `${copied} models`);
});
