/** Golden files: the expected output of a test as a file beside it; `UPDATE_GOLDEN=1` writes them anew. */
import { fail } from "node:assert/strict";

/**
 * Fails with a line-by-line difference unless the file has exactly this text. `name` is relative to `base`,
 * which is the `import.meta.url` of the test.
 */
export async function assertGolden(base: string, name: string, actual: string): Promise<void> {
  const path = new URL(name, base);
  if (Deno.env.get("UPDATE_GOLDEN") === "1") {
    await Deno.mkdir(new URL(".", path), { recursive: true });
    await Deno.writeTextFile(path, actual);
    return;
  }
  let expected: string;
  try {
    expected = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    fail(`there is no golden file ${name}: UPDATE_GOLDEN=1 writes it`);
  }
  if (expected !== actual) {
    fail(`${name} differs (UPDATE_GOLDEN=1 accepts the new text)\n${diffLines(expected, actual)}`);
  }
}

/** The lines that differ with two lines around them: `-` expected, `+` actual. */
export function diffLines(expected: string, actual: string): string {
  const old = expected.split("\n");
  const now = actual.split("\n");
  const rows = longestCommon(old, now);
  const out: string[] = [];
  let i = 0;
  let j = 0;
  for (const [a, b] of [...rows, [old.length, now.length] as const]) {
    while (i < a) out.push(`-${old[i++]}`);
    while (j < b) out.push(`+${now[j++]}`);
    if (i < old.length && j < now.length) out.push(` ${old[i++]}`), j++;
  }
  return out.filter((line, at) => {
    return !line.startsWith(" ") ||
      out.slice(Math.max(0, at - 2), at + 3).some((near) => !near.startsWith(" "));
  }).join("\n");
}

/** Index pairs of a longest common subsequence. */
function longestCommon(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i][j] = a[i] === b[j]
        ? lengths[i + 1][j + 1] + 1
        : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i++;
    else j++;
  }
  return pairs;
}
