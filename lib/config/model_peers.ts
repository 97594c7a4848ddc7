/** Config of `peers` sections (manual 3.5). */
import type { Span } from "./document.ts";
import type { BindConfig, Config, ServerConfig } from "./model.ts";
import type { LogTarget } from "./model_log.ts";
import type { StickTableConfig } from "./model_stick.ts";

export interface PeersConfig {
  readonly name: string;
  readonly span: Span;
  readonly disabled: boolean;
  /** where the local peer listens */
  readonly binds: readonly BindConfig[];
  /** this instance; undefined: the section does not have it, and nothing is shared */
  readonly local?: ServerConfig;
  /** the other ones */
  readonly peers: readonly ServerConfig[];
  /** tables of the section itself, known elsewhere as `SECTION/NAME` */
  readonly tables: readonly PeerTableConfig[];
  readonly logs: readonly LogTarget[];
}

export interface PeerTableConfig {
  readonly name: string;
  readonly table: StickTableConfig;
}

/** A table by the name that rules and commands use. */
export interface NamedTable {
  readonly name: string;
  /** as peers call it: tables of `peers` sections begin with a slash */
  readonly wireName: string;
  readonly table: StickTableConfig;
}

/** All stick tables of a configuration: those of proxies in the order of the file, then those of `peers` sections. */
export function* tablesOf({ proxies, peers }: Config): Iterable<NamedTable> {
  for (const { name, stickTable, disabled } of proxies) {
    if (stickTable !== undefined && !disabled) yield { name, wireName: name, table: stickTable };
  }
  for (const section of peers) {
    for (const { name, table } of section.tables) {
      yield { name: `${section.name}/${name}`, wireName: `/${name}`, table };
    }
  }
}
