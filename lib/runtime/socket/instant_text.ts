/** Instants as `show errors` and `show sess` write them: local time, `27/Nov/2026:18:28:55.553`. */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `micro`: six digits behind the second, for a wall clock of ms. */
export function instantText(wall: number, micro = false): string {
  const date = new Date(wall);
  const two = (n: number) => String(n).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}:` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.` +
    ms + (micro ? "000" : "");
}
