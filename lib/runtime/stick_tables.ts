/** The stick tables of a configuration, in memory that stays as long as their declaration does. */
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Config } from "../config/model.ts";
import { tablesOf } from "../config/model_peers.ts";
import type { StickTableConfig } from "../config/model_stick.ts";
import type { Lease } from "../state/store.ts";
import { layoutOf } from "../stick/layout.ts";
import { StickTable } from "../stick/table.ts";

/** More than this is a mistake in a size rather than a wish. */
const MOST_BYTES = 2 ** 33;

/**
 * Makes or finds the table of each proxy, by the proxy's name, in the order of the file. A table that is too large for the memory is told of.
 */
export function stickTables(
  config: Config,
  lease: Lease,
  diagnostics: Diagnostics,
): ReadonlyMap<string, StickTable> {
  const tables = new Map<string, StickTable>();
  for (const { name, table: stickTable } of tablesOf(config)) {
    if (tables.has(name)) continue;
    const { bytes } = layoutOf(stickTable);
    try {
      if (bytes > MOST_BYTES) throw new RangeError("too large");
      const { buffer, fresh } = lease.takeBlock(keyOf(name, stickTable), bytes);
      const seed = fresh ? crypto.getRandomValues(new Int32Array(2)) : undefined;
      tables.set(name, new StickTable(name, stickTable, buffer, seed));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      diagnostics.alert(
        stickTable.span,
        `'stick-table' of '${name}': there is no room for ${stickTable.size} entries, which take ${
          Math.ceil(bytes / 2 ** 20)
        } MiB`,
      );
    }
  }
  return tables;
}

/** What must be the same for the entries to mean the same. `nopurge` and `srvkey` may change. */
function keyOf(
  name: string,
  { type, length, size, expire, store, peers, redis }: StickTableConfig,
): string {
  const sorted = [...store].sort((a, b) => a.name < b.name ? -1 : 1);
  return `stick-table ${name} ${
    JSON.stringify([type, length, size, expire, sorted, peers !== undefined, redis !== undefined])
  }`;
}
