import assert from "node:assert/strict";
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import { loadDocument } from "../../lib/config/load.ts";
import { environmentSource, readEnv } from "../../lib/config/read_env.ts";
import { renderDiagnostics } from "../../lib/config/render_diagnostic.ts";
import { assertGolden } from "../support/golden.ts";

const FOLDER = new URL("golden/text_mistakes/", import.meta.url);

Deno.test("every file of text mistakes is answered as its golden file says", async (t) => {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  for (const name of names.filter((name) => /\.(?:cfg|yaml)$/.test(name))) {
    await t.step(name, async () => {
      const diagnostics = new Diagnostics();
      const path = new URL(name, FOLDER).pathname;
      const { sources } = await loadDocument([path], diagnostics, { env: { HOME: "/root" } });
      assert.ok(diagnostics.list.length > 0);
      const rendered = renderDiagnostics(diagnostics.list, sources);
      await assertGolden(
        import.meta.url,
        `golden/text_mistakes/${name}.txt`,
        rendered.replaceAll(path, name),
      );
    });
  }
});

Deno.test("mistakes in the environment show the variable", async () => {
  const env = {
    SLUICE_BIND: ":80,,:81",
    SLUICE_SERVER: "web1=10.0.0.1:80",
    SLUICE_CHECK: "perhaps",
    SLUICE_OPTIONS: 'forwardfor,httpchk "GET',
    SLUICE_LINES: "mode http;\nacl x path 'y",
    SLUICE_STATS: "a ".repeat(70),
  };
  const diagnostics = new Diagnostics();
  readEnv(env, diagnostics);
  const sources = new Map([["environment", environmentSource(env)]]);
  const rendered = renderDiagnostics(diagnostics.list, sources);
  await assertGolden(import.meta.url, "golden/text_mistakes/environment.txt", rendered);
});
