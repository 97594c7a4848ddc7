/** Cookie fetches (manual 7.3.6, RFC 6265): `Cookie` of requests, `Set-Cookie` of responses. */
import type { Head } from "../../http1/head.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, FetchRow, Need, Scan } from "../rows.ts";
import { readSint, type Value } from "../sample.ts";

const NAME: readonly ArgSpec[] = [{ name: "name", type: "str", optional: true }];
const isSpace = (c: number) => c === 32 || c === 9;

/** End of a cookie's value: the next `;` or `,` outside of a quoted string. */
function valueEnd(text: string, from: number): number {
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (quoted) {
      if (c === 92) i++;
      else if (c === 34) quoted = false;
    } else if (c === 34) quoted = true;
    else if (c === 59 || c === 44) return i;
  }
  return text.length;
}

/**
 * Gives the value of each cookie called `name` (any, if undefined) in one header field to `visit` until it
 * answers true. A pair without `=` and an attribute that begins with `$` are no cookies. In `Set-Cookie` only
 * the first pair is the cookie.
 */
function inField(
  text: string,
  name: string | undefined,
  firstOnly: boolean,
  visit: (value: string) => boolean,
): boolean {
  let at = 0;
  while (at < text.length) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    let equal = at;
    for (; equal < text.length; equal++) {
      const c = text.charCodeAt(equal);
      if (c === 61 || c === 59 || c === 44) break;
    }
    if (text.charCodeAt(equal) !== 61) {
      if (firstOnly) return false;
      at = equal + 1;
      continue;
    }
    let nameEnd = equal;
    while (nameEnd > at && isSpace(text.charCodeAt(nameEnd - 1))) nameEnd--;
    let from = equal + 1;
    while (from < text.length && isSpace(text.charCodeAt(from))) from++;
    const next = valueEnd(text, from);
    let to = next;
    while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
    const named = name === undefined ||
      (nameEnd - at === name.length && text.startsWith(name, at));
    if (named && text.charCodeAt(at) !== 36 && visit(text.slice(from, to))) return true;
    if (firstOnly) return false;
    at = next + 1;
  }
  return false;
}

function direction(
  prefix: string,
  old: string,
  needs: Need,
  field: string,
  headOf: (stream: StreamView) => Head | undefined,
): FetchRow[] {
  const firstOnly = field === "set-cookie";
  const what = firstOnly ? "cookie that the response sets" : "cookie of the request";
  const forEach = (head: Head, name: string | undefined, visit: (value: string) => boolean) => {
    for (let i = head.find(field); i >= 0; i = head.find(field, i + 1)) {
      if (inField(head.value(i), name, firstOnly, visit)) return;
    }
  };
  const valueRow = (
    row: Pick<FetchRow, "name" | "aliases" | "type" | "doc" | "derived">,
    from: ((value: string) => Value) | undefined,
  ): FetchRow => ({
    ...row,
    args: NAME,
    needs,
    section: "7.3.6",
    make: ([arg]) => {
      const name = arg as string | undefined;
      return (stream) => {
        const head = headOf(stream);
        let found: string | undefined;
        if (head !== undefined) {
          forEach(head, name, (value) => {
            found = value;
            return name === undefined; // without a name the first one, else the last one
          });
        }
        return found === undefined || from === undefined ? found : from(found);
      };
    },
    scan: ([arg]): Scan => {
      const name = arg as string | undefined;
      return (stream, visit) => {
        const head = headOf(stream);
        let matched = false;
        if (head !== undefined) {
          forEach(head, name, (text) => {
            const answer = visit(from === undefined ? text : from(text), stream);
            matched = answer === 1;
            return answer !== 0;
          });
        }
        return matched;
      };
    },
  });
  return [
    valueRow(
      {
        name: `${prefix}cook`,
        // The field's name is the oldest name of the fetch.
        aliases: [old, field],
        type: "str",
        doc: `the value of a ${what} (the last one of that name)`,
        derived: [`${prefix}cook`, old],
      },
      undefined,
    ),
    valueRow(
      {
        name: `${prefix}cook_val`,
        aliases: [`${old}_val`],
        type: "sint",
        doc: `the value of a ${what} as an integer`,
      },
      readSint,
    ),
    {
      name: `${prefix}cook_cnt`,
      aliases: [`${old}_cnt`],
      args: NAME,
      type: "sint",
      needs,
      doc: `how often there is a ${what}`,
      section: "7.3.6",
      make: ([arg]) => {
        const name = arg as string | undefined;
        return (stream) => {
          const head = headOf(stream);
          if (head === undefined) return undefined;
          let n = 0;
          forEach(head, name, () => {
            n++;
            return false;
          });
          return n;
        };
      },
    },
  ];
}

export const COOKIE_FETCHES: readonly FetchRow[] = [
  ...direction("req.", "cook", "request", "cookie", (stream) => stream.request),
  ...direction("res.", "scook", "response", "set-cookie", (stream) => stream.response),
];
