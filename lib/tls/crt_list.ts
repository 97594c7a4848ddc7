/** crt-list files (manual 5.1 `crt-list`): a certificate, settings in brackets, names. Pure. */

export interface CrtListLine {
  /** from 1 */
  readonly line: number;
  readonly path: string;
  /** words in the brackets */
  readonly settings: readonly string[];
  readonly filters: readonly string[];
}

/** The lines of a list; a text: what is wrong with one of them. */
export function parseCrtList(text: string): CrtListLine[] | { line: number; problem: string } {
  const lines: CrtListLine[] = [];
  const rows = text.split("\n");
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i].trim();
    if (row === "" || row.startsWith("#")) continue;
    // Its lines would be taken for names of files, and a key would be in the messages about them.
    if (row.startsWith("-----BEGIN ")) {
      return { line: i + 1, problem: "it is a certificate or key, not a list: write 'crt'" };
    }
    const match = /^(\S+?)(?:\s*\[([^\]]*)\])?((?:\s+[^\s[\]]+)*)$/.exec(row);
    if (match === null) {
      return { line: i + 1, problem: "it is not FILE [settings] names" };
    }
    const words = (part: string | undefined) => (part ?? "").split(/\s+/).filter((w) => w !== "");
    lines.push({
      line: i + 1,
      path: match[1],
      settings: words(match[2]),
      filters: words(match[3]).map((name) => name.toLowerCase()),
    });
  }
  return lines;
}

/** A line in the form that it is read in. */
export function formatCrtListLine({ path, settings, filters }: Omit<CrtListLine, "line">): string {
  const brackets = settings.length === 0 ? [] : [`[${settings.join(" ")}]`];
  return [path, ...brackets, ...filters].join(" ");
}
