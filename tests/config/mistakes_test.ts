/**
 * Every file of `golden/mistakes` has something wrong in it; beside it stands what is said about it. Run with
 * UPDATE_GOLDEN=1 to write what is said now, and read the difference.
 */
import assert from "node:assert/strict";
import { renderDiagnostics } from "../../lib/config/render_diagnostic.ts";
import { assertGolden } from "../support/golden.ts";
import { build } from "./support.ts";

const directory = new URL("golden/mistakes/", import.meta.url);
const names = [...Deno.readDirSync(directory)]
  .map((entry) => entry.name)
  .filter((name) => /\.(cfg|yaml)$/.test(name))
  .sort();

Deno.test("there are golden files for at least 60 mistakes", () => {
  assert.ok(names.length >= 60, `${names.length}`);
});

for (const name of names) {
  Deno.test(`the mistake of ${name} is explained at its place`, async () => {
    const text = Deno.readTextFileSync(new URL(name, directory));
    const { config, list } = build(text, { file: name });
    const verdict = config === undefined
      ? "The configuration is refused."
      : "The configuration is accepted.";
    const said = `${renderDiagnostics(list, new Map([[name, text]]))}${verdict}\n`;
    await assertGolden(import.meta.url, `golden/mistakes/${name}.expected`, said);
    assert.ok(list.length > 0, "something is said");
    for (const { span } of list) {
      assert.ok(span !== undefined && span.file === name && span.line >= 1 && span.length >= 1);
    }
  });
}
