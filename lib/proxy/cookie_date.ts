/**
 * Dates in persistence cookies (manual 4.2 `cookie … maxidle, maxlife`): quarters of a minute's sixteenth, that is
 * 4-second steps since the epoch, as 30 bits in five characters of base64, the most significant first.
 */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LENGTH = 5;

/** Five characters for a date in seconds, rounded up to 4. */
export function encodeCookieDate(seconds: number): string {
  let steps = Math.floor((seconds + 3) / 4) % 2 ** 30;
  let text = "";
  for (let i = 0; i < LENGTH; i++) {
    text = DIGITS[steps & 63] + text;
    steps >>>= 6;
  }
  return text;
}

/** The date in seconds in the five characters of `text` at `at`; 0 when there is none. */
export function decodeCookieDate(text: string, at: number): number {
  if (at + LENGTH > text.length) return 0;
  let steps = 0;
  for (let i = at; i < at + LENGTH; i++) {
    const digit = DIGITS.indexOf(text[i]);
    if (digit < 0) return 0;
    steps = steps * 64 + digit;
  }
  return steps * 4;
}
