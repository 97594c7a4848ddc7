/** Dates (manual 7.3.1). */
import { formatHttpDate, parseHttpDate } from "../../http1/http_date.ts";
import type { ConverterRow } from "../rows.ts";
import type { Sint } from "../sample.ts";
import { compileDateFormat } from "../strftime.ts";

const SECTION = "7.3.1";

/** A converter that writes an integer date in units of 1/`perSecond` s by a format of strftime(3). */
function formatted(name: string, perSecond: number, utc: boolean): ConverterRow {
  const unit = { 1: "s", 1000: "ms", 1000000: "us" }[perSecond];
  return {
    name,
    args: [{ name: "format", type: "str" }, { name: "offset", type: "int", optional: true }],
    input: "sint",
    output: "str",
    tooLong: "cut",
    doc:
      `a date in ${unit} since 1970 in ${utc ? "UTC" : "local time"}, by a format of strftime(3)` +
      (perSecond === 1 ? "" : "; %N is the fraction of the second"),
    section: SECTION,
    make: ([format, offset]) => {
      const write = compileDateFormat(format as string, utc, perSecond > 1);
      const plus = (offset ?? 0) as number;
      return (value) => {
        const date = Number(value as Sint) + plus;
        const seconds = Math.floor(date / perSecond);
        const nanos = (date - seconds * perSecond) * (1e9 / perSecond);
        return write(seconds, nanos);
      };
    },
  };
}

const PER_SECOND: Readonly<Record<string, number>> = { s: 1, ms: 1000, us: 1_000_000 };

export const TIME_CONVERTERS: readonly ConverterRow[] = [
  formatted("ltime", 1, false),
  formatted("utime", 1, true),
  formatted("ms_ltime", 1000, false),
  formatted("ms_utime", 1000, true),
  formatted("us_ltime", 1_000_000, false),
  formatted("us_utime", 1_000_000, true),
  {
    name: "http_date",
    args: [
      { name: "offset", type: "int", optional: true },
      { name: "unit", type: "enum", values: Object.keys(PER_SECOND), optional: true },
    ],
    input: "sint",
    output: "str",
    doc: "a date since 1970 in s (or ms, us) as HTTP writes dates; an offset is added before",
    section: SECTION,
    make: ([offset, unit]) => {
      const plus = (offset ?? 0) as number;
      const perSecond = PER_SECOND[(unit ?? "s") as string];
      return (value) => formatHttpDate(Math.floor((Number(value as Sint) + plus) / perSecond));
    },
  },
  {
    name: "date",
    args: [],
    input: "str",
    output: "sint",
    doc: "the second since 1970 that a date of an HTTP field means, in any of its three forms",
    section: SECTION,
    make: () => (value) => parseHttpDate(value as string),
  },
];
