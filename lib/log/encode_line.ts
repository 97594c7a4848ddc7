/**
 * Log lines are byte strings like a Head: one code unit is one byte (latin1), so that bytes of a request reach the log
 * as they came. A line that holds a code unit above 0xFF cannot be meant so, and is written as UTF-8.
 */
const encoder = new TextEncoder();
const LF = 10;
// deno-lint-ignore no-control-regex
const WIDE = /[^\x00-\xff]/;

/**
 * Writes `line` and a line feed into `into` from `at`; answers the offset behind it. When it does not fit: 0 if
 * `whole`, else as much of the line as fits, with its line feed.
 */
export function encodeLine(line: string, into: Uint8Array, at: number, whole: boolean): number {
  const room = into.length - at - 1;
  if (line.length > room && whole) return 0;
  const target = at === 0 ? into : into.subarray(at);
  const { read, written } = encoder.encodeInto(line, target);
  let end = at + written;
  if (written !== line.length || end > into.length - 1) {
    if (WIDE.test(line)) {
      if ((read < line.length || end > into.length - 1) && whole) return 0;
      end = Math.min(end, into.length - 1);
    } else {
      const length = Math.min(line.length, room);
      for (let i = 0; i < length; i++) into[at + i] = line.charCodeAt(i);
      end = at + length;
    }
  }
  into[end] = LF;
  return end + 1;
}
