/**
 * `h1-case-adjust` (manual 3.1): names of fields in the case that a peer insists on. Names keep the case that they came
 * with; those of HTTP/2 come in lower case.
 */
import type { Head } from "../http1/head.ts";

/** Names in lower case, and how they are to be written. */
export type CaseTable = ReadonlyMap<string, string>;

/** Writes the fields of these names as the table says; such fields then stand behind all others. */
export function adjustCase(head: Head, table: CaseTable): void {
  const count = head.count;
  for (let i = 0; i < count; i++) {
    if (head.isRemoved(i)) continue;
    const name = head.name(i);
    const wanted = table.get(name.toLowerCase());
    if (wanted === undefined || wanted === name) continue;
    const value = head.value(i);
    head.remove(i);
    head.append(wanted, value);
  }
}
