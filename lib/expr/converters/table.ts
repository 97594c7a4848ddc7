/** All converters that sluice knows. */
import type { ConverterRow } from "../rows.ts";
import { ENCODING_CONVERTERS } from "./encoding.ts";
import { NUMBER_CONVERTERS } from "./number.ts";
import { TEXT_CONVERTERS } from "./text.ts";
import { VARIABLE_CONVERTERS } from "./variable.ts";

export const CONVERTER_ROWS: readonly ConverterRow[] = [
  ...NUMBER_CONVERTERS,
  ...TEXT_CONVERTERS,
  ...ENCODING_CONVERTERS,
  ...VARIABLE_CONVERTERS,
];

/** Name or alias → row. */
export const CONVERTERS: ReadonlyMap<string, ConverterRow> = new Map(
  CONVERTER_ROWS.flatMap((row) =>
    [row.name, ...row.aliases ?? []].map((name) => [name, row] as const)
  ),
);
