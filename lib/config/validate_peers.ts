/** What tables and `peers` sections must agree on (manual 3.5, 4.2 `stick-table`). */
import type { Diagnostics } from "./diagnostic.ts";
import type { Config } from "./model.ts";
import { type NamedTable, tablesOf } from "./model_peers.ts";
import { nearest } from "./suggest.ts";

export function checkPeers(config: Config, diagnostics: Diagnostics): void {
  const tables = [...tablesOf(config)];
  const sections = config.peers.map(({ name }) => name);
  for (const { table } of tables) {
    const { peersWord } = table;
    if (peersWord === undefined || sections.includes(peersWord.text)) continue;
    diagnostics.alert(peersWord.span, `there is no 'peers' section '${peersWord.text}'`, {
      nearest: nearest(peersWord.text, sections),
    });
  }
  for (const table of tables) checkWriteTo(table, tables, diagnostics);
  for (const { name, table } of tables) {
    if (table.redis === undefined) continue;
    // Told already where the line itself stores them.
    if (!table.store.some((data) => data.name === "server_key" && data === table.store.at(-1))) {
      continue;
    }
    diagnostics.alert(
      table.redis.word.span,
      `'redis' adds numbers up, and 'stick' rules keep servers in '${name}'`,
      { allowed: "a table of its own for 'stick' rules, with 'peers' to share it" },
    );
  }
  const { nbproc = 1 } = config.global;
  const active = config.peers.find(({ disabled, local }) => !disabled && local !== undefined);
  if (nbproc > 1 && active !== undefined) {
    diagnostics.alert(
      active.span,
      `'peers ${active.name}': with 'nbproc ${nbproc}' each process has tables of its own`,
      { allowed: "'nbthread' in place of 'nbproc': threads share their tables" },
    );
  }
}

/** The other table must be able to hold the keys, and is not the table itself (HAProxy 3.0, `write-to`). */
function checkWriteTo(
  { name, table }: NamedTable,
  tables: readonly NamedTable[],
  diagnostics: Diagnostics,
): void {
  const { writeTo } = table;
  if (writeTo === undefined) return;
  const other = tables.find((each) => each.name === writeTo.text);
  if (other === undefined) {
    diagnostics.alert(writeTo.span, `'write-to': there is no stick table '${writeTo.text}'`, {
      nearest: nearest(writeTo.text, tables.map(({ name }) => name)),
    });
  } else if (other.name === name) {
    diagnostics.alert(writeTo.span, "'write-to': a table is not written to itself");
  } else if (other.table.type !== table.type || other.table.length !== table.length) {
    diagnostics.alert(
      writeTo.span,
      `'write-to': '${writeTo.text}' has keys of another type or length`,
      { related: { span: other.table.span, message: "it is declared here" } },
    );
  } else if (table.peers === undefined) {
    diagnostics.warning(
      writeTo.span,
      "'write-to' does nothing without 'peers': what peers tell is written to the other table",
    );
  }
}
