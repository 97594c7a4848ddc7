/**
 * Writes what is made of the program's tables: `docs/reference/*.md`, `docs/sluice.schema.json`, and the tables in
 * the pages written by hand. With `--check` nothing is written, and the exit code is 1 when a file is not what it
 * should be.
 */
import { referencePages } from "../lib/config/reference.ts";
import { jsonSchema } from "../lib/config/schema.ts";
import { fillTables, PAGES } from "./docs/tables.ts";

/** Every made file, by its path from the project's directory. */
export function generatedDocs(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [name, text] of referencePages()) files.set(`docs/reference/${name}`, text);
  files.set("docs/sluice.schema.json", `${JSON.stringify(jsonSchema(), null, 2)}\n`);
  return files;
}

/** The pages written by hand, with their tables as they must be. */
function filledPages(root: URL): [path: string, text: string][] {
  return PAGES.map((path) => [path, fillTables(Deno.readTextFileSync(new URL(path, root)))]);
}

/** The paths of files that differ from what the tables say, and of pages that have no table any more. */
export function staleDocs(root: URL): string[] {
  const files = new Map([...generatedDocs(), ...filledPages(root)]);
  const stale: string[] = [];
  for (const [path, text] of files) {
    let there: string | undefined;
    try {
      there = Deno.readTextFileSync(new URL(path, root));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    if (there !== text) stale.push(path);
  }
  for (const entry of Deno.readDirSync(new URL("docs/reference/", root))) {
    const path = `docs/reference/${entry.name}`;
    if (entry.name.endsWith(".md") && !files.has(path)) stale.push(path);
  }
  return stale;
}

if (import.meta.main) {
  const root = new URL("../", import.meta.url);
  if (Deno.args.includes("--check")) {
    const stale = staleDocs(root);
    for (const path of stale) console.error(`${path} is not what the program's tables say`);
    if (stale.length > 0) console.error("run 'deno task docs'");
    Deno.exit(stale.length > 0 ? 1 : 0);
  }
  const files = new Map([...generatedDocs(), ...filledPages(root)]);
  Deno.mkdirSync(new URL("docs/reference/", root), { recursive: true });
  for (const path of staleDocs(root)) {
    const text = files.get(path);
    if (text === undefined) Deno.removeSync(new URL(path, root));
    else Deno.writeTextFileSync(new URL(path, root), text);
    console.log(text === undefined ? `removed ${path}` : `wrote ${path}`);
  }
}
