/** Tables for tests: made without a configuration text. */
import type { StickTableConfig } from "../../lib/config/model_stick.ts";
import { layoutOf } from "../../lib/stick/layout.ts";
import { StickTable } from "../../lib/stick/table.ts";

const SPAN = { file: "test", line: 1, column: 1, length: 1 } as StickTableConfig["span"];

export function tableConfig(more: Partial<StickTableConfig> = {}): StickTableConfig {
  return {
    type: "ip",
    length: 31,
    size: 100,
    nopurge: false,
    srvkey: "name",
    store: [{ name: "http_req_cnt" }, { name: "http_req_rate", period: 10_000 }],
    span: SPAN,
    ...more,
  };
}

export function newTable(more: Partial<StickTableConfig> = {}): StickTable {
  const config = tableConfig(more);
  const buffer = new SharedArrayBuffer(layoutOf(config).bytes);
  return new StickTable("t", config, buffer, [0x01234567, 0x89abcdef]);
}
