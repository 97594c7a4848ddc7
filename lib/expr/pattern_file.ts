/**
 * References by name (manual 7.1 `-f`, 7.3.1 `map`): a file, `file@PATH`, `opt@PATH` (a file that may be missing) or
 * `virt@NAME` (no file: what is in it is only set at run time).
 */
import { parseMapFile } from "./map_file.ts";
import { patternLines } from "./patterns.ts";
import type { PatternKind, PatternReference } from "./pattern_store.ts";
import type { Shared } from "./shared.ts";

/** The reference of this name, made and filled when it is first asked for; undefined: the file cannot be read. */
export function referenceNamed(
  kind: PatternKind,
  name: string,
  shared: Shared,
  readFile: ((path: string) => string | undefined) | undefined,
): PatternReference | undefined {
  const known = shared.patterns.find(kind, name);
  if (known !== undefined && !name.startsWith("#")) return known;
  const [, prefix, path] = /^(?:(file|opt|virt)@)?(.*)$/s.exec(name)!;
  const content = prefix === "virt" ? "" : readFile?.(path) ?? (prefix === "opt" ? "" : undefined);
  if (content === undefined) return undefined;
  const reference = shared.patterns.create(kind, name);
  if (kind === "map") {
    for (const { key, value, line } of parseMapFile(content)) reference.load(key, value, line);
  } else {
    for (const { text, line } of patternLines(content)) reference.load(text, "", line);
  }
  return reference;
}
