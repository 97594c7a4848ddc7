/** `;live`: what the open page writes into itself; texts that the server made, nothing to be computed. */
import { rowOf } from "./model.ts";
import { pathsOf, percentOf } from "./parts.tsx";
import type { StatsView } from "./view.ts";

/** Rows up to which the lines are sent too. */
const MOST_PATHS = 300;

/** A JSON document in pieces. */
export function* livePieces(view: StatsView): Iterable<string> {
  const paths = view.rowCount <= MOST_PATHS;
  yield `{"facts":${JSON.stringify(view.facts.map(({ value }) => value))},"rows":{`;
  let before = "";
  for (const subject of view.subjects()) {
    const row = rowOf(subject, view.process);
    const value = {
      c: row.state,
      t: row.status,
      s: row.since,
      v: row.cells.map(({ main, sub, bar }) =>
        bar === undefined ? [main, sub] : [main, sub, percentOf(bar)]
      ),
      p: paths ? pathsOf(row.series) : undefined,
    };
    yield `${before}${JSON.stringify(row.key)}:${JSON.stringify(value)}`;
    before = ",";
  }
  yield "}}\n";
}
