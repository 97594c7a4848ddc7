/** Parameters of the query or of a path segment (manual 7.3.6, `urlp`). */
import type { ArgSpec, FetchRow, Scan } from "../rows.ts";
import type { StreamView } from "../context.ts";
import { readSint, type Value } from "../sample.ts";

const ARGS: readonly ArgSpec[] = [
  { name: "name", type: "str", optional: true },
  {
    name: "delim",
    type: "str",
    optional: true,
    check: (v) => String(v).length === 1 ? undefined : "one character",
  },
];

/**
 * Gives the value of each parameter called `name` (any, if undefined) to `visit` until it answers true.
 * The list begins behind the first `delim`, and `&`, `;` and `delim` end a parameter.
 */
export function forEachParam(
  target: string,
  name: string | undefined,
  delim: string,
  visit: (value: string) => boolean,
): void {
  let at = target.indexOf(delim) + 1;
  if (at === 0) return;
  const stop = delim.charCodeAt(0);
  while (at < target.length) {
    let end = at;
    let equal = -1;
    for (; end < target.length; end++) {
      const c = target.charCodeAt(end);
      if (c === 38 || c === 59 || c === stop) break;
      if (c === 61 && equal < 0) equal = end;
    }
    const named = equal >= 0 &&
      (name === undefined || (equal - at === name.length && target.startsWith(name, at)));
    if (named && visit(target.slice(equal + 1, end))) return;
    at = end + 1;
  }
}

function row(
  base: Pick<FetchRow, "name" | "aliases" | "type" | "doc" | "derived">,
  from: ((value: string) => Value) | undefined,
): FetchRow {
  return {
    ...base,
    args: ARGS,
    needs: "request",
    section: "7.3.6",
    make: ([name, delim = "?"]) => (stream: StreamView) => {
      let found: string | undefined;
      if (stream.request !== undefined) {
        forEachParam(
          stream.request.target,
          name as string | undefined,
          delim as string,
          (value) => {
            found = value;
            return true;
          },
        );
      }
      return found === undefined || from === undefined ? found : from(found);
    },
    scan: ([name, delim = "?"]): Scan => (stream, visit) => {
      let matched = false;
      if (stream.request !== undefined) {
        forEachParam(stream.request.target, name as string | undefined, delim as string, (text) => {
          const answer = visit(from === undefined ? text : from(text), stream);
          matched = answer === 1;
          return answer !== 0;
        });
      }
      return matched;
    },
  };
}

export const URL_PARAM_FETCHES: readonly FetchRow[] = [
  row(
    {
      name: "url_param",
      aliases: ["urlp"],
      type: "str",
      doc: "the first value of a query parameter, not decoded",
      derived: ["urlp", "url_param"],
    },
    undefined,
  ),
  row(
    {
      name: "urlp_val",
      aliases: [],
      type: "sint",
      doc: "the first value of a query parameter as an integer",
    },
    readSint,
  ),
];
