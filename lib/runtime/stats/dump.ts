/** Statistics in all forms that tools read: `show stat` and the page's exports write the same (manual 9.1 to 9.3). */
import type { Subject } from "./column.ts";
import { csvHeader, csvRow } from "./csv.ts";
import { jsonRow, typedRow } from "./typed.ts";

export interface StatForm {
  readonly form: "csv" | "typed" | "json";
  /** typed: what each field means, behind it */
  readonly described?: boolean;
}

/** The whole dump in pieces, a row each; a subject is looked at when its piece is asked for. */
export function* dumpStats(
  subjects: Iterable<Subject>,
  { form, described = false }: StatForm,
): Iterable<string> {
  if (form === "csv") {
    yield csvHeader;
    for (const subject of subjects) yield csvRow(subject);
    return;
  }
  if (form === "typed") {
    for (const subject of subjects) yield typedRow(subject, described);
    return;
  }
  let before = "[";
  for (const subject of subjects) {
    yield before + jsonRow(subject);
    before = ",";
  }
  yield before === "[" ? "[]\n" : "]\n";
}
