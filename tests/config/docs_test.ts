import assert from "node:assert/strict";
import { generatedDocs, staleDocs } from "../../scripts/docs.ts";

const root = new URL("../../", import.meta.url);

Deno.test("the committed reference and schema are what the keyword tables say ('deno task docs')", () => {
  assert.deepEqual(staleDocs(root), []);
});

Deno.test("links between the pages of the reference lead to pages", () => {
  const files = generatedDocs();
  for (const [path, text] of files) {
    for (const [, target] of text.matchAll(/\]\(([a-z-]+\.md)\)/g)) {
      assert.ok(files.has(`docs/reference/${target}`), `${path}: ${target}`);
    }
  }
});
