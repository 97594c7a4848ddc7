/**
 * Cookies in field values (RFC 6265 section 4.2.1; RFC 2965 for quotes and `$` attributes): finding one, and editing
 * or removing it without touching its neighbours. A comma separates cookies as well, as old clients write them.
 * Everything is linear in the length of the value.
 */

const EQUAL = 61;
const SEMICOLON = 59;
const COMMA = 44;
const DOLLAR = 36;
const QUOTE = 34;
const BACKSLASH = 92;

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** Where a cookie stands in a value; kept and filled anew for each cookie. */
interface Pair {
  nameStart: number;
  nameEnd: number;
  /** position of `=`; without one, the end of the cookie */
  equal: number;
  valueStart: number;
  valueEnd: number;
  /** position of the delimiter behind it, or the end */
  end: number;
}

/** Reads the cookie that begins at `from`; `comma`: a comma ends one that has no value. */
function readPair(text: string, from: number, comma: boolean, pair: Pair): void {
  const { length } = text;
  let at = from;
  while (at < length && isBlank(text.charCodeAt(at))) at++;
  pair.nameStart = pair.nameEnd = at;
  let code = 0;
  for (; at < length; at++) {
    code = text.charCodeAt(at);
    if (code === EQUAL || code === SEMICOLON || (comma && code === COMMA)) break;
    if (!isBlank(code)) pair.nameEnd = at + 1;
  }
  pair.equal = at;
  if (at >= length || code !== EQUAL) {
    pair.valueStart = pair.valueEnd = pair.end = at;
    return;
  }
  at++;
  while (at < length && isBlank(text.charCodeAt(at))) at++;
  pair.valueStart = at;
  pair.end = valueEnd(text, at);
  at = pair.end;
  while (at > pair.valueStart && isBlank(text.charCodeAt(at - 1))) at--;
  pair.valueEnd = at;
}

/** The first delimiter at or after `from` that is not inside of a quoted string. */
function valueEnd(text: string, from: number): number {
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) quoted = true;
    else if (code === SEMICOLON || code === COMMA) return at;
  }
  return text.length;
}

function isNamed(text: string, { nameStart, nameEnd }: Pair, name: string): boolean {
  return nameEnd - nameStart === name.length && text.startsWith(name, nameStart);
}

const newPair = (): Pair => ({
  nameStart: 0,
  nameEnd: 0,
  equal: 0,
  valueStart: 0,
  valueEnd: 0,
  end: 0,
});

/** What becomes of a cookie: its new value (the old one: it stays), or undefined: it is removed. */
export type EditCookie = (value: string) => string | undefined;

/**
 * Edits the cookies called `name` in the value of a `Cookie` field. Answers the new value, the same one when
 * nothing changes, or undefined when no cookie is left and the field is to be removed. Blanks around `=` are
 * dropped, as HAProxy does when it looks at cookies; attributes that begin with `$` go with the cookie before them.
 */
export function editCookies(value: string, name: string, edit: EditCookie): string | undefined {
  const pair = newPair();
  const kept: string[] = [];
  let length = 0;
  /** cookies that go stand before this one; `first`: nothing is kept before them */
  let removing = false;
  let first = false;
  /** a cookie stays */
  let keeps = false;
  let edited = false;
  for (let delimiter = 0, start = 0; delimiter < value.length; start = delimiter + 1) {
    readPair(value, start, true, pair);
    const before = delimiter;
    delimiter = pair.end;
    const attribute = value.charCodeAt(pair.nameStart) === DOLLAR;
    if (attribute && removing) continue;
    let text = "";
    if (!attribute && pair.equal < pair.end) {
      const named = isNamed(value, pair, name);
      const old = value.slice(pair.valueStart, pair.valueEnd);
      const now = named ? edit(old) : old;
      if (now === undefined) {
        if (!removing) first = length === 0;
        removing = edited = true;
        continue;
      }
      if (now !== old || !isClose(pair)) {
        edited = true;
        text = value.slice(pair.nameStart, pair.nameEnd) + "=" + now +
          value.slice(pair.valueEnd, pair.end);
      }
    }
    if (text === "") text = value.slice(pair.nameStart, pair.end);
    if (!removing) text = value.slice(before, pair.nameStart) + text;
    else if (!first) {
      length -= trimLast(kept);
      text = `${value[before]} ${text}`;
    }
    removing = false;
    keeps ||= !attribute;
    kept.push(text);
    length += text.length;
  }
  if (!edited) return value;
  if (removing) trimLast(kept);
  const left = keeps ? kept.join("") : "";
  return left === "" ? undefined : left;
}

/** No blanks stand around the `=`. */
function isClose({ nameEnd, equal, valueStart }: Pair): boolean {
  return nameEnd === equal && valueStart === equal + 1;
}

/** Removes the blanks at the end of the last piece; answers how many. */
function trimLast(pieces: string[]): number {
  const last = pieces.length - 1;
  if (last < 0) return 0;
  const piece = pieces[last];
  let end = piece.length;
  while (end > 0 && isBlank(piece.charCodeAt(end - 1))) end--;
  pieces[last] = piece.slice(0, end);
  return piece.length - end;
}

/**
 * The first cookie of a `Cookie` field whose `name=value` begins with `prefix`, as `name=value`; undefined: none.
 * In a `Set-Cookie` field only the first pair is the cookie.
 */
export function findCookie(value: string, prefix: string, setCookie = false): string | undefined {
  const pair = newPair();
  for (let delimiter = 0, start = 0; delimiter < value.length;) {
    readPair(value, start, !setCookie, pair);
    if (pair.equal < pair.end && value.charCodeAt(pair.nameStart) !== DOLLAR) {
      const name = value.slice(pair.nameStart, pair.nameEnd);
      const cookie = `${name}=${value.slice(pair.valueStart, pair.valueEnd)}`;
      if (cookie.startsWith(prefix)) return cookie;
    }
    if (setCookie) return undefined;
    delimiter = pair.end;
    start = delimiter + 1;
  }
  return undefined;
}

/**
 * Edits the cookie of a `Set-Cookie` field when it is called `name`; its attributes stay. Answers the new value,
 * the same one, or undefined when the field is to be removed.
 */
export function editSetCookie(value: string, name: string, edit: EditCookie): string | undefined {
  const pair = newPair();
  readPair(value, 0, false, pair);
  if (pair.equal >= pair.end) return value;
  const old = value.slice(pair.valueStart, pair.valueEnd);
  const now = isNamed(value, pair, name) ? edit(old) : old;
  if (now === undefined) return undefined;
  if (now === old && isClose(pair)) return value;
  return `${value.slice(0, pair.nameEnd)}=${now}${value.slice(pair.valueEnd)}`;
}
