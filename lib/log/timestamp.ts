/** The local time in log lines, made once a second. */

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

/** `Nov  2 03:04:05`, local time: the timestamp of RFC 3164 section 4.1.2. `ms` counts from 1970-01-01 UTC. */
export function rfc3164Time(ms: number): string {
  const d = new Date(ms);
  const month = d.getMonth() * 3;
  const day = d.getDate();
  return `${MONTHS.slice(month, month + 3)} ${day < 10 ? " " : ""}${day} ` +
    `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** `2026-11-22T03:04:05` and `+01:00`, local time: the two halves of an RFC 3339 timestamp around the fraction. */
export function isoTime(ms: number): { readonly date: string; readonly zone: string } {
  const d = new Date(ms);
  const offset = -d.getTimezoneOffset();
  const away = Math.abs(offset);
  return {
    date:
      `${String(d.getFullYear()).padStart(4, "0")}-${two(d.getMonth() + 1)}-${two(d.getDate())}T` +
      `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`,
    zone: `${offset < 0 ? "-" : "+"}${two(Math.floor(away / 60))}:${two(away % 60)}`,
  };
}

/** `.123456`: the fraction of the second in microseconds. */
export function microseconds(ms: number): string {
  const us = Math.min(Math.round((ms - Math.floor(ms / 1000) * 1000) * 1000), 999_999);
  return `.${String(us).padStart(6, "0")}`;
}
