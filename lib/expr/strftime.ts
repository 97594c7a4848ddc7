/**
 * Dates by a format of strftime(3) in the C locale, with glibc's flags (`_ - 0 ^ #`) and widths. The format is
 * compiled at load.
 */

/** A date taken apart, in UTC or local time. */
interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly weekDay: number;
  /** from 0 */
  readonly yearDay: number;
  /** minutes east of UTC */
  readonly offset: number;
  readonly zone: string;
  /** since 1970 */
  readonly seconds: number;
  readonly nanos: number;
}

/** Writes the date that is `seconds` and `nanos` after 1970. */
export type DateWriter = (seconds: number, nanos: number) => string | undefined;

const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );

/** The largest date of JavaScript, s. */
const MAX_SECONDS = 8.64e12;

function partsOf(seconds: number, nanos: number, utc: boolean): Parts {
  const d = new Date(seconds * 1000);
  const offset = utc ? 0 : -d.getTimezoneOffset();
  // Local time is read as UTC of a date that was moved.
  const local = offset === 0 ? d : new Date(d.getTime() + offset * 60_000);
  const year = local.getUTCFullYear();
  return {
    year,
    month: local.getUTCMonth(),
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    weekDay: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - startOfYear(year)) / 86_400_000),
    offset,
    zone: utc ? "GMT" : zoneName(d),
    seconds,
    nanos,
  };
}

function startOfYear(year: number): number {
  const start = new Date(0);
  start.setUTCFullYear(year, 0, 1);
  return start.getTime();
}

const zoneFormat = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" });

function zoneName(date: Date): string {
  return zoneFormat.formatToParts(date).find((part) => part.type === "timeZoneName")?.value ?? "";
}

const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Year and week of ISO 8601: weeks begin on Monday, and the first has the year's first Thursday. */
function isoWeek(p: Parts): { readonly year: number; readonly week: number } {
  const monday = (p.weekDay + 6) % 7;
  const week = Math.floor((p.yearDay - monday + 10) / 7);
  if (week < 1) {
    const year = p.year - 1;
    const yearDay = p.yearDay + (isLeap(year) ? 366 : 365);
    return { year, week: Math.floor((yearDay - monday + 10) / 7) };
  }
  if (week === 53 && !hasWeek53(p)) return { year: p.year + 1, week: 1 };
  return { year: p.year, week };
}

/** A year has 53 weeks when it begins on a Thursday, or on a Wednesday in a leap year. */
function hasWeek53(p: Parts): boolean {
  const first = ((p.weekDay - p.yearDay) % 7 + 7) % 7;
  return first === 4 || (first === 3 && isLeap(p.year));
}

const hour12 = (hour: number) => hour % 12 === 0 ? 12 : hour % 12;
const two = (n: number) => String(n).padStart(2, "0");

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

interface Conversion {
  /** a text, or a number with the width and padding that it has by itself */
  readonly text?: (p: Parts) => string;
  readonly number?: (p: Parts) => number;
  readonly width?: number;
  readonly pad?: " " | "0";
  /** `#` makes it lower case instead of upper case */
  readonly swapsLower?: true;
  /** stands for another format */
  readonly format?: string;
}

const number = (width: number, read: (p: Parts) => number, pad: " " | "0" = "0"): Conversion => ({
  number: read,
  width,
  pad,
});

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  a: { text: (p) => DAYS[p.weekDay].slice(0, 3) },
  A: { text: (p) => DAYS[p.weekDay] },
  b: { text: (p) => MONTHS[p.month].slice(0, 3) },
  B: { text: (p) => MONTHS[p.month] },
  c: { format: "%a %b %e %H:%M:%S %Y" },
  C: number(2, (p) => Math.floor(p.year / 100)),
  d: number(2, (p) => p.day),
  D: { format: "%m/%d/%y" },
  e: number(2, (p) => p.day, " "),
  F: { format: "%Y-%m-%d" },
  g: number(2, (p) => isoWeek(p).year % 100),
  G: number(1, (p) => isoWeek(p).year),
  h: { text: (p) => MONTHS[p.month].slice(0, 3) },
  H: number(2, (p) => p.hour),
  I: number(2, (p) => hour12(p.hour)),
  j: number(3, (p) => p.yearDay + 1),
  k: number(2, (p) => p.hour, " "),
  l: number(2, (p) => hour12(p.hour), " "),
  m: number(2, (p) => p.month + 1),
  M: number(2, (p) => p.minute),
  n: { text: () => "\n" },
  p: { text: (p) => p.hour < 12 ? "AM" : "PM", swapsLower: true },
  P: { text: (p) => p.hour < 12 ? "am" : "pm" },
  r: { format: "%I:%M:%S %p" },
  R: { format: "%H:%M" },
  s: number(1, (p) => p.seconds),
  S: number(2, (p) => p.second),
  t: { text: () => "\t" },
  T: { format: "%H:%M:%S" },
  u: number(1, (p) => p.weekDay === 0 ? 7 : p.weekDay),
  U: number(2, (p) => Math.floor((p.yearDay + 7 - p.weekDay) / 7)),
  V: number(2, (p) => isoWeek(p).week),
  w: number(1, (p) => p.weekDay),
  W: number(2, (p) => Math.floor((p.yearDay + 7 - (p.weekDay + 6) % 7) / 7)),
  x: { format: "%m/%d/%y" },
  X: { format: "%H:%M:%S" },
  y: number(2, (p) => p.year % 100),
  Y: number(1, (p) => p.year),
  z: { text: (p) => offsetText(p.offset) },
  Z: { text: (p) => p.zone, swapsLower: true },
  "%": { text: () => "%" },
};

type Write = (p: Parts) => string;

/** One conversion with its flags and width. */
function writerOf(conversion: Conversion, flags: string, width: number): Write {
  const upper = flags.includes("^") || (flags.includes("#") && !conversion.swapsLower);
  const lower = flags.includes("#") && conversion.swapsLower === true;
  const cased = (text: string) => upper ? text.toUpperCase() : lower ? text.toLowerCase() : text;
  const asked = /[-_0]/.exec(flags.replace(/[^-_0]/g, "").slice(-1))?.[0];
  if (conversion.number !== undefined) {
    const read = conversion.number;
    const pad = asked === "_" ? " " : asked === "0" ? "0" : conversion.pad!;
    const size = asked === "-" ? 0 : Math.max(width, conversion.width!);
    return (p) => {
      const n = read(p);
      const digits = String(Math.abs(n)).padStart(n < 0 ? size - 1 : size, pad);
      return n < 0 ? `-${digits}` : digits;
    };
  }
  const read = conversion.text ?? compileParts(conversion.format!, false);
  const pad = asked === "0" ? "0" : " ";
  return (p) => cased(read(p)).padStart(asked === "-" ? 0 : width, pad);
}

/** Widths beyond this make no sense in a date. */
const MAX_WIDTH = 255;

function compileParts(format: string, withNanos: boolean): Write {
  const parts: (string | Write)[] = [];
  const pattern = /%([-_0^#]*)([0-9]{0,4})[EO]?([A-Za-z%])|[^%]+|%/g;
  for (const match of format.matchAll(pattern)) {
    const [whole, flags, digits, letter] = match;
    const width = Math.min(Number(digits || 0), MAX_WIDTH);
    if (letter === "N" && withNanos) {
      const size = width === 0 ? 9 : Math.min(9, width);
      parts.push((p) => String(p.nanos).padStart(9, "0").slice(0, size));
    } else {
      const conversion = letter === undefined ? undefined : CONVERSIONS[letter];
      parts.push(conversion === undefined ? whole : writerOf(conversion, flags, width));
    }
  }
  return (p) => {
    let out = "";
    for (const part of parts) out += typeof part === "string" ? part : part(p);
    return out;
  };
}

/**
 * Compiles a format (latin1). The writer answers undefined for a date that is out of range (about the year 275,760).
 * `withNanos`: `%N` is the fraction of the second in nanoseconds, `%3N` its first three digits.
 */
export function compileDateFormat(format: string, utc: boolean, withNanos = false): DateWriter {
  const write = compileParts(format, withNanos);
  return (seconds, nanos) =>
    Math.abs(seconds) < MAX_SECONDS ? write(partsOf(seconds, nanos, utc)) : undefined;
}
