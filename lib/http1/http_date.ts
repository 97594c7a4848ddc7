/** Dates of HTTP fields (RFC 9110 section 5.6.7). */

const DAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const two = (n: number) => n < 10 ? `0${n}` : String(n);

/** The last second that has a year of four digits. */
const LAST = 253402300799;

/** IMF-fixdate of a second since 1970; undefined when its year has not four digits. */
export function formatHttpDate(seconds: number): string | undefined {
  if (!(seconds >= -62167219200 && seconds <= LAST)) return undefined;
  const d = new Date(seconds * 1000);
  const year = String(d.getUTCFullYear()).padStart(4, "0");
  return `${DAYS[d.getUTCDay()]}, ${two(d.getUTCDate())} ${MONTHS[d.getUTCMonth()]} ${year} ` +
    `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} GMT`;
}

const TIME = "([0-9]{2}):([0-9]{2}):([0-9]{2})";
const IMF = new RegExp(`^[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ${TIME} GMT$`);
const RFC850 = new RegExp(`^[A-Z][a-z]+day, ([0-9]{2})-([A-Z][a-z]{2})-([0-9]{2}) ${TIME} GMT$`);
const ASCTIME = new RegExp(`^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ 0-9][0-9]) ${TIME} ([0-9]{4})$`);

/** The second since 1970 that a date of any of the three forms means; undefined when it is none. */
export function parseHttpDate(text: string): number | undefined {
  let found = IMF.exec(text);
  if (found !== null) {
    const [, day, month, year, h, m, s] = found;
    return secondOf(Number(year), month, day, h, m, s);
  }
  found = RFC850.exec(text);
  if (found !== null) {
    const [, day, month, year, h, m, s] = found;
    // Two digits: 70 and above belong to the last century.
    return secondOf(Number(year) + (Number(year) < 70 ? 2000 : 1900), month, day, h, m, s);
  }
  found = ASCTIME.exec(text);
  if (found === null) return undefined;
  const [, month, day, h, m, s, year] = found;
  return secondOf(Number(year), month, day, h, m, s);
}

function secondOf(
  year: number,
  month: string,
  day: string,
  h: string,
  m: string,
  s: string,
): number | undefined {
  const index = MONTHS.indexOf(month);
  if (index < 0 || Number(h) > 23 || Number(m) > 59 || Number(s) > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, index, Number(day));
  // A day that the month does not have moves into the next one.
  if (date.getUTCMonth() !== index || Number(day) < 1) return undefined;
  return date.getTime() / 1000 + Number(h) * 3600 + Number(m) * 60 + Number(s);
}
