/** Which bytes names and values may have (RFC 9113 section 8.2.1, RFC 9110 section 5). */

const NAME = 1;
const VALUE = 2;
const TARGET = 4;
const AUTHORITY = 8;
const METHOD = 16;

const CLASS = new Uint8Array(256);
for (let b = 0; b < 256; b++) {
  const c = String.fromCharCode(b);
  const digit = b >= 48 && b <= 57;
  const lower = b >= 97 && b <= 122;
  const upper = b >= 65 && b <= 90;
  const mark = b < 128 && "!#$%&'*+-.^_`|~".includes(c);
  let bits = 0;
  if (digit || lower || mark) bits |= NAME;
  if (digit || lower || upper || mark) bits |= METHOD;
  if (b === 9 || (b >= 32 && b !== 127)) bits |= VALUE;
  if (b > 32 && b < 127 && c !== "#") bits |= TARGET;
  if (digit || lower || upper || (b < 128 && b > 32 && "-._~%!$&'()*+,;=:[]".includes(c))) {
    bits |= AUTHORITY;
  }
  CLASS[b] = bits;
}

function all(text: string, mask: number): boolean {
  for (let i = 0; i < text.length; i++) if ((CLASS[text.charCodeAt(i)] & mask) === 0) return false;
  return true;
}

/** A field name: a token in lower case. */
export function isName(text: string): boolean {
  return text.length > 0 && all(text, NAME);
}

/** A field value: no controls but HTAB, no white space around it. */
export function isValue(text: string): boolean {
  const n = text.length;
  if (n === 0) return true;
  if (isBlank(text.charCodeAt(0)) || isBlank(text.charCodeAt(n - 1))) return false;
  return all(text, VALUE);
}

export function isMethod(text: string): boolean {
  return text.length > 0 && all(text, METHOD);
}

/** `:path`: begins with a slash, no blanks, no controls, no fragment. */
export function isPath(text: string): boolean {
  return text.charCodeAt(0) === 47 && all(text, TARGET);
}

/** `host[:port]`, without user information (section 8.3.1). */
export function isAuthority(text: string): boolean {
  return text.length > 0 && all(text, AUTHORITY);
}

/** RFC 3986 section 3.1 */
export function isScheme(text: string): boolean {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*$/.test(text);
}

function isBlank(c: number): boolean {
  return c === 32 || c === 9;
}
