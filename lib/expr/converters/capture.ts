/** `capture-req` and `capture-res` (manual 7.3.1): a sample kept for the log on its way. */
import { capture, type CaptureSide } from "../captures.ts";
import type { ConverterRow } from "../rows.ts";

const row = (name: string, side: CaptureSide): ConverterRow => ({
  name,
  args: [{ name: "idx", type: "int", check: (v) => Number(v) >= 0 ? undefined : "0 or more" }],
  input: "str",
  output: "str",
  doc: `keeps the string in ${side} capture slot idx; no sample when there is no such slot`,
  section: "7.3.1",
  make: ([idx]) => (value, stream) =>
    capture(stream, side, idx as number, value as string) ? value : undefined,
});

export const CAPTURE_CONVERTERS: readonly ConverterRow[] = [
  row("capture-req", "request"),
  row("capture-res", "response"),
];
