/** Hides passwords in a line of configuration before it is shown to anybody. */

interface SecretRow {
  /** Matches what stands before the secret; its last group is the quote that opens it, if any. */
  readonly before: RegExp;
  /** What stands between this secret and the next one of a list. */
  readonly next?: RegExp;
  /** The character behind the secret, where it is not the end of the word. */
  readonly stop?: RegExp;
  readonly doc: string;
}

/** HAProxy's and YAML's ways of writing differ in blanks, colons, quotes and brackets. */
const SECRETS: readonly SecretRow[] = [
  { before: /\bstats\s+auth\s+(["']?)[^:\s"']*:/g, doc: "`stats auth user:password`" },
  {
    before: /\bauth["']?\s*:\s*(?:\[\s*)?(["']?)[^:\s"',[\]{}]+:/g,
    next: /["']?\s*,\s*(["']?)[^:\s"',[\]{}]+:/y,
    doc: "YAML `auth: user:password`, also in a list",
  },
  {
    before: /\bhttp-proxy-auth["']?(?:\s*:\s*|\s+)(["']?)[^:\s"']*:/g,
    doc: "`http-proxy-auth user:password`",
  },
  {
    before: /\bsecret["']?(?:\s*:\s*|\s+)(["']?)/g,
    doc: "`trace-header NAME secret SECRET`",
  },
  {
    before: /\b(?:insecure-)?password["']?(?:\s*:\s*|\s+)(["']?)/g,
    doc: "`user NAME password HASH`",
  },
  {
    before: /\bca-sign-pass["']?(?:\s*:\s*|\s+)(["']?)/g,
    doc: "`ca-sign-pass PASSPHRASE`",
  },
  {
    before: /(["']?)\brediss?:\/\/[^:@\s"']*:(?=[^\s"']*@)/g,
    stop: /@/,
    doc: "`redis redis://user:password@host`",
  },
];

/** The line with every character of a secret replaced by `*`, so columns stay true. */
export function maskSecrets(line: string): string {
  let masked = line;
  const mask = (from: number, quote: string, behind?: RegExp): number => {
    let end = from;
    const stop = behind ?? (quote === "" ? /[\s"',}\]]/ : quote === '"' ? /"/ : /'/);
    while (end < line.length && !stop.test(line[end])) end++;
    masked = masked.slice(0, from) + "*".repeat(end - from) + masked.slice(end);
    return end;
  };
  for (const { before, next, stop } of SECRETS) {
    for (const found of line.matchAll(before)) {
      let end = mask(found.index + found[0].length, found[1], stop);
      while (next !== undefined) {
        next.lastIndex = end;
        const another = next.exec(line);
        if (another === null) break;
        end = mask(next.lastIndex, another[1]);
      }
    }
  }
  return masked;
}
