/** Hides passwords in a line of configuration before it is shown to anybody. */

interface SecretRow {
  /** Matches what stands before the secret; the secret begins behind it. */
  readonly before: RegExp;
  readonly doc: string;
}

/** Words between which HAProxy's and YAML's ways of writing differ: blanks, colons, quotes, brackets. */
const SECRETS: readonly SecretRow[] = [
  { before: /\bstats\s+auth\s+["']?[^:\s"']*:/g, doc: "`stats auth user:password`" },
  { before: /\bauth["']?\s*:\s*\[?\s*["']?[^:\s"',[\]{}]+:/g, doc: "YAML `auth: user:password`" },
  {
    before: /\b(?:insecure-)?password["']?(?:\s*:\s*|\s+)["']?/g,
    doc: "`user NAME password HASH`",
  },
];

const SECRET_VALUE = /[^\s"',}\]]+/y;

/** The line with every character of a secret replaced by `*`, so columns stay true. */
export function maskSecrets(line: string): string {
  let masked = line;
  for (const { before } of SECRETS) {
    for (const found of line.matchAll(before)) {
      SECRET_VALUE.lastIndex = found.index + found[0].length;
      const secret = SECRET_VALUE.exec(line)?.[0];
      if (secret === undefined) continue;
      const end = SECRET_VALUE.lastIndex;
      masked = masked.slice(0, end - secret.length) + "*".repeat(secret.length) + masked.slice(end);
    }
  }
  return masked;
}
