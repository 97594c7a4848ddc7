/** Parts of a request target (RFC 9112 section 3.2, manual 7.3.6 "path", "query", "base"). */

/** Where the path begins in a target, or -1: asterisk-form, authority-form, or no path. */
export function pathStart(target: string): number {
  if (target.charCodeAt(0) === 47) return 0;
  const scheme = target.indexOf("://");
  // `://` after a slash or a question mark is data.
  if (scheme <= 0 || !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(target.slice(0, scheme))) return -1;
  for (let i = scheme + 3; i < target.length; i++) {
    const c = target.charCodeAt(i);
    if (c === 47) return i;
    if (c === 63) return -1;
  }
  return -1;
}

// Hundreds of ACLs ask for the path of one request: the last answer is kept. It only depends on the target, so
// it is right whoever asks; comparing a string with itself costs nothing.
let lastTarget = "";
let lastPath: string | undefined = undefined;

/** The path without the query; undefined when the target has none. */
export function pathOf(target: string): string | undefined {
  if (target === lastTarget) return lastPath;
  const from = pathStart(target);
  let path: string | undefined;
  if (from >= 0) {
    const mark = target.indexOf("?", from);
    path = mark < 0 ? (from === 0 ? target : target.slice(from)) : target.slice(from, mark);
  }
  lastTarget = target;
  lastPath = path;
  return path;
}

/** The path with the query; undefined when the target has none. */
export function pathqOf(target: string): string | undefined {
  const from = pathStart(target);
  return from < 0 ? undefined : from === 0 ? target : target.slice(from);
}

/** What stands behind the first question mark; undefined when there is no question mark. */
export function queryOf(target: string): string | undefined {
  const mark = target.indexOf("?");
  return mark < 0 ? undefined : target.slice(mark + 1);
}

/** The target with another path; scheme, authority and query stay. */
export function withPath(target: string, path: string): string {
  const from = pathStart(target);
  if (from < 0) return path;
  const mark = target.indexOf("?", from);
  return target.slice(0, from) + path + (mark < 0 ? "" : target.slice(mark));
}

/** The target with another path and query; scheme and authority stay. */
export function withPathq(target: string, pathq: string): string {
  const from = pathStart(target);
  return from < 0 ? pathq : target.slice(0, from) + pathq;
}

/** The target with another query; an empty one takes the question mark away. */
export function withQuery(target: string, query: string): string {
  const mark = target.indexOf("?");
  const before = mark < 0 ? target : target.slice(0, mark);
  return query === "" ? before : `${before}?${query}`;
}
