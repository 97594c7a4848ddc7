/** Map files (manual 7.3.1 `map`): a key and a value on each line. */

export interface MapEntry {
  readonly key: string;
  readonly value: string;
  /** line in the file, from 1 */
  readonly line: number;
}

/**
 * The entries of a file's text (latin1). White space before a key and behind a value does not count; empty lines and
 * lines that begin with `#` are none. A key without a value has an empty one.
 */
export function parseMapFile(content: string): MapEntry[] {
  const entries: MapEntry[] = [];
  let line = 0;
  for (let at = 0; at < content.length;) {
    const next = content.indexOf("\n", at);
    const end = next < 0 ? content.length : next;
    line++;
    const found = content[at] === "#" ? null : /^[ \t]*([^ \t\r]+)[ \t]*(.*?)[ \t\r]*$/.exec(
      content.slice(at, end),
    );
    if (found !== null) entries.push({ key: found[1], value: found[2], line });
    at = end + 1;
  }
  return entries;
}
