/** Escaping of what goes into logs and headers (manual 8.6, 8.2.6). */

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).toUpperCase().padStart(2, "0"));

/** A function that writes each character found by `unsafe` as `prefix` and two hexadecimal digits. */
function encoder(unsafe: RegExp, prefix: string): (text: string) => string {
  const all = new RegExp(unsafe.source, "g");
  return (text) =>
    unsafe.test(text) ? text.replace(all, (c) => prefix + (HEX[c.charCodeAt(0)] ?? HEX[63])) : text;
}

/** Request lines in logs: control and non-ASCII characters, `"` and `#` become `#XX`. */
export const encodeLine = encoder(/[^\x20-\x21\x24-\x7e]/, "#");

/** Captured headers in logs: besides, `{`, `|` and `}`. */
export const encodeHeader = encoder(/[^\x20-\x21\x24-\x7a\x7e]/, "#");

/**
 * Values of `%[…]` in logs. HAProxy writes them raw; here control characters become `#XX`, since a line feed that
 * a peer has sent URL-encoded would else begin a log line of its own.
 */
// deno-lint-ignore no-control-regex
export const encodeLogValue = encoder(/[\x00-\x08\x0a-\x1f\x7f]/, "#");

/** Values of `%[…]` in headers and targets: control characters but the tab become `%XX`. */
// deno-lint-ignore no-control-regex
export const encodeHttpValue = encoder(/[\x00-\x08\x0a-\x1f\x7f]/, "%");

/** `+E`: a backslash before `"`, `\` and `]` (RFC 5424 section 6.3.3). */
export function escapeParam(text: string): string {
  return /["\\\]]/.test(text) ? text.replace(/["\\\]]/g, "\\$&") : text;
}
