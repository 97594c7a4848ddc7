/** Dates in logs (manual 8.2.6 `%t`, `%T`, `%Tl` …). The second's text is kept, since lines come in bunches. */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const two = (n: number) => n < 10 ? `0${n}` : String(n);

/** Three digits: milliseconds. */
export const three = (n: number) => n < 10 ? `00${n}` : n < 100 ? `0${n}` : String(n);

/** Wraps a formatter of whole seconds: the last answer is remembered. */
function perSecond(format: (date: Date) => string): (ms: number) => string {
  let second = NaN;
  let text = "";
  return (ms) => {
    const now = Math.floor(ms / 1000);
    if (now !== second) {
      second = now;
      text = format(new Date(now * 1000));
    }
    return text;
  };
}

function clf(
  day: number,
  month: number,
  year: number,
  hours: number,
  minutes: number,
  seconds: number,
): string {
  return `${two(day)}/${MONTHS[month]}/${year}:${two(hours)}:${two(minutes)}:${two(seconds)}`;
}

function localClf(d: Date): string {
  return clf(
    d.getDate(),
    d.getMonth(),
    d.getFullYear(),
    d.getHours(),
    d.getMinutes(),
    d.getSeconds(),
  );
}

function zone(d: Date): string {
  const minutes = -d.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

const localSecond = perSecond(localClf);

/** `06/Feb/2009:12:14:14.655`, local time, from wall ms. */
export function localDateMs(ms: number): string {
  return `${localSecond(ms)}.${three(Math.floor(ms) % 1000)}`;
}

/** `06/Feb/2009:12:14:14 +0000`, GMT. */
export const gmtDate: (ms: number) => string = perSecond((d) =>
  clf(
    d.getUTCDate(),
    d.getUTCMonth(),
    d.getUTCFullYear(),
    d.getUTCHours(),
    d.getUTCMinutes(),
    d.getUTCSeconds(),
  ) + " +0000"
);

/** `06/Feb/2009:13:14:14 +0100`, local time. */
export const localDate: (ms: number) => string = perSecond((d) => `${localClf(d)} ${zone(d)}`);
