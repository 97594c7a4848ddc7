/** "Did you mean": the valid word that is nearest to a wrong one. */

const MAX_WORD = 64;

/**
 * The candidate nearest to `word` by Damerau-Levenshtein distance (a swap of two neighbours counts as one
 * mistake), or undefined when none is near enough: one mistake in a word of up to 4 letters, two in up to 8,
 * then a third of its length. Case does not count as a mistake unless nothing else decides. A word that is the
 * beginning of exactly one candidate (3 letters or more) suggests it.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word === "" || word.length > MAX_WORD) return undefined;
  const wanted = word.toLowerCase();
  const limit = word.length <= 4 ? 1 : word.length <= 8 ? 2 : Math.floor(word.length / 3);
  let best: string | undefined;
  let bestScore = Infinity;
  const beginnings = new Set<string>();
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const lower = candidate.toLowerCase();
    if (wanted.length >= 3 && lower.startsWith(wanted)) beginnings.add(candidate);
    if (Math.abs(lower.length - wanted.length) > limit) continue;
    const edits = distance(wanted, lower);
    if (edits > limit || edits >= Math.max(wanted.length, lower.length)) continue;
    const score = edits + tieBreak(wanted, lower);
    if (score < bestScore) {
      bestScore = score;
      best = candidate;
    }
  }
  if (beginnings.size === 1 && bestScore >= 1) return [...beginnings][0];
  return best;
}

/** Less than one: prefers a swap of letters, then a shared beginning, then a shared end. */
function tieBreak(a: string, b: string): number {
  let score = 0.9;
  if (a.length === b.length && [...a].sort().join("") === [...b].sort().join("")) score -= 0.4;
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared++;
  let tail = 0;
  while (tail < a.length - shared && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return score - 0.3 * (shared / a.length) - 0.1 * (tail / a.length);
}

/** Optimal string alignment distance: insertions, deletions, replacements, swaps of neighbours. */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2] + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
