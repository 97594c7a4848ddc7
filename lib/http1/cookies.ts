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
  let text = value;
  /** the delimiter before the first of the cookies that go; -1: none goes */
  let removeFrom = -1;
  /** a cookie stays */
  let keeps = false;
  for (let delimiter = 0, start = 0; delimiter < text.length;) {
    readPair(text, start, true, pair);
    const before = delimiter;
    let next = pair.end;
    if (text.charCodeAt(pair.nameStart) !== DOLLAR) {
      let stays = true;
      if (pair.equal < pair.end) {
        text = closeUp(text, pair);
        next = pair.end;
        if (isNamed(text, pair, name)) {
          const old = text.slice(pair.valueStart, pair.valueEnd);
          const now = edit(old);
          if (now === undefined) {
            stays = false;
            if (removeFrom < 0) removeFrom = before;
          } else if (now !== old) {
            text = text.slice(0, pair.valueStart) + now + text.slice(pair.valueEnd);
            next += now.length - old.length;
          }
        }
      }
      if (stays) {
        keeps = true;
        if (removeFrom >= 0) {
          const shorter = removeRange(text, removeFrom, before);
          next -= text.length - shorter.length;
          text = shorter;
          removeFrom = -1;
        }
      }
    }
    delimiter = next;
    start = next + 1;
  }
  if (removeFrom >= 0) text = keeps ? removeRange(text, removeFrom, text.length) : "";
  return text === "" && value !== "" ? undefined : text;
}

/** Removes the blanks around the `=` of a cookie, which are rare. */
function closeUp(text: string, pair: Pair): string {
  if (pair.nameEnd === pair.equal && pair.valueStart === pair.equal + 1) return text;
  const before = text.slice(0, pair.nameEnd);
  const shift = pair.equal - pair.nameEnd + (pair.valueStart - pair.equal - 1);
  const closed = `${before}=${text.slice(pair.valueStart)}`;
  pair.equal = pair.nameEnd;
  pair.valueStart = pair.equal + 1;
  pair.valueEnd -= shift;
  pair.end -= shift;
  return closed;
}

/**
 * Removes the cookies from the delimiter at `from` (or the beginning) to the delimiter at `next` (or the end), and
 * one of the two delimiters.
 */
function removeRange(text: string, from: number, next: number): string {
  const rest = (at: number) => {
    while (at < text.length && isBlank(text.charCodeAt(at))) at++;
    return text.slice(at);
  };
  if (from === 0) return rest(next < text.length ? next + 1 : next);
  while (from > 0 && isBlank(text.charCodeAt(from - 1))) from--;
  if (next >= text.length) return text.slice(0, from);
  // The delimiter, and a blank where there is room for one.
  const delimiter = text[next] + (from + 2 < next + 1 ? " " : "");
  return text.slice(0, from) + delimiter + rest(next + 1);
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
  const text = closeUp(value, pair);
  if (!isNamed(text, pair, name)) return text;
  const now = edit(text.slice(pair.valueStart, pair.valueEnd));
  if (now === undefined) return undefined;
  return text.slice(0, pair.valueStart) + now + text.slice(pair.valueEnd);
}
