/** Writing of JSON strings from bytes (manual 7.3.1 `json`). */

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "/": "\\/",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escaped(code: number): string {
  if (code >= 32 && code < 127) {
    const c = String.fromCharCode(code);
    return SHORT[c] ?? c;
  }
  return SHORT[String.fromCharCode(code)] ?? "\\u" + code.toString(16).padStart(4, "0");
}

/** What a decoder found at a place: the bytes it took, and a code point or a reason why there is none. */
interface Decoded {
  readonly length: number;
  readonly code: number;
  readonly wrong: boolean;
  readonly overlong: boolean;
}

const FIRST_OF_LENGTH = [0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000];

/** Decodes one character of UTF-8 in its old form of up to six bytes (RFC 2279), of which all is checked. */
function decode(bytes: string, at: number): Decoded {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { length: 1, code: first, wrong: false, overlong: false };
  const wanted = first < 0xc0
    ? 0
    : first < 0xe0
    ? 2
    : first < 0xf0
    ? 3
    : first < 0xf8
    ? 4
    : first < 0xfc
    ? 5
    : first < 0xfe
    ? 6
    : 0;
  if (wanted === 0) return { length: 1, code: 0, wrong: true, overlong: false };
  let code = first & (0x7f >> wanted);
  let length = 1;
  for (; length < wanted; length++) {
    const next = bytes.charCodeAt(at + length);
    if (!(next >= 0x80 && next < 0xc0)) return { length, code: 0, wrong: true, overlong: false };
    code = code * 64 + (next & 63);
  }
  const wrong = code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || (code & 0xfffe) === 0xfffe;
  return { length, code, wrong, overlong: code < FIRST_OF_LENGTH[wanted] };
}

export const JSON_INPUTS: readonly string[] = ["ascii", "utf8", "utf8s", "utf8p", "utf8ps"];

/**
 * The bytes as the inside of a JSON string of ASCII characters; undefined when the input is not what `input` says.
 * `p` in its name lets overlong characters pass, `s` leaves out what is wrong.
 */
export function jsonText(bytes: string, input: string): string | undefined {
  let out = "";
  if (input === "ascii") {
    for (let i = 0; i < bytes.length; i++) out += escaped(bytes.charCodeAt(i));
    return out;
  }
  const permissive = input.includes("p");
  const silent = input.endsWith("s");
  for (let at = 0; at < bytes.length;) {
    const { length, code, wrong, overlong } = decode(bytes, at);
    at += length;
    // Four hexadecimal digits are all that is written, as in HAProxy.
    if (!wrong && code <= 0xffff && (permissive || !overlong)) out += escaped(code);
    else if (!silent) return undefined;
  }
  return out;
}
