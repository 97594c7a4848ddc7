/**
 * Header fetches of requests and responses (manual 7.3.6): `hdr` splits a field at commas outside of quotes,
 * `fhdr` does not.
 */
import type { Head } from "../../http1/head.ts";
import type { StreamView } from "../context.ts";
import { parseIp4, parseIp6 } from "../ip.ts";
import type { ArgSpec, ArgValue, FetchRow, Need, Scan } from "../rows.ts";
import { readSint, type Value } from "../sample.ts";

const SECTION = "7.3.6";

/** How far back a negative occurrence may count, as in HAProxy. */
const MAX_HISTORY = 10;

export type HeadOf = (stream: StreamView) => Head | undefined;

const requestOf: HeadOf = (stream) => stream.request;
const responseOf: HeadOf = (stream) => stream.response;

/** End of the list element that begins at `from`: the next comma outside of a quoted string. */
export function elementEnd(value: string, from: number): number {
  let quoted = false;
  for (let i = from; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (quoted) {
      if (c === 92) i++;
      else if (c === 34) quoted = false;
    } else if (c === 34) quoted = true;
    else if (c === 44) return i;
  }
  return value.length;
}

const isSpace = (c: number) => c === 32 || c === 9;

/** `value` from `from` to `to` without white space around. */
function trimmed(value: string, from: number, to: number): string {
  while (from < to && isSpace(value.charCodeAt(from))) from++;
  while (to > from && isSpace(value.charCodeAt(to - 1))) to--;
  return from === 0 && to === value.length ? value : value.slice(from, to);
}

/** Gives each occurrence in order to `visit` until it answers true. */
function forEach(
  head: Head,
  name: string | undefined,
  split: boolean,
  visit: (value: string) => boolean,
): boolean {
  const next = (from: number) => {
    if (name !== undefined) return head.find(name, from);
    while (from < head.count && head.isRemoved(from)) from++;
    return from < head.count ? from : -1;
  };
  for (let i = next(0); i >= 0; i = next(i + 1)) {
    const value = head.value(i);
    if (!split || value.indexOf(",") < 0) {
      if (visit(value)) return true;
      continue;
    }
    for (let from = 0;;) {
      const end = elementEnd(value, from);
      if (visit(trimmed(value, from, end))) return true;
      if (end === value.length) break;
      from = end + 1;
    }
  }
  return false;
}

/** The last element of a field's value. */
function lastElement(value: string): string {
  if (value.indexOf(",") < 0) return value;
  let from = 0;
  for (;;) {
    const end = elementEnd(value, from);
    if (end === value.length) return trimmed(value, from, end);
    from = end + 1;
  }
}

/** The occurrence `occ` (1 = first, -1 = last). */
function occurrence(
  head: Head,
  name: string | undefined,
  split: boolean,
  occ: number,
): string | undefined {
  if (occ === -1 && name !== undefined) {
    const value = head.getLast(name);
    return value === undefined || !split ? value : lastElement(value);
  }
  let found: string | undefined;
  if (occ > 0) {
    let n = 0;
    forEach(head, name, split, (value) => {
      if (++n < occ) return false;
      found = value;
      return true;
    });
    return found;
  }
  const history: string[] = [];
  forEach(head, name, split, (value) => {
    if (history.length === -occ) history.shift();
    history.push(value);
    return false;
  });
  return history.length === -occ ? history[0] : undefined;
}

/** An address, an IPv4 one optionally with a port (`req.hdr_ip`); undefined when it is none. */
function addressIn(value: string): Value | undefined {
  const colon = value.indexOf(":");
  if (colon < 0 || value.indexOf(":", colon + 1) < 0) {
    const port = colon < 0 ? "0" : value.slice(colon + 1);
    if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65535) return undefined;
    const ip = parseIp4(value, 0, colon < 0 ? value.length : colon);
    return ip < 0 ? undefined : ip;
  }
  return parseIp6(value);
}

const NAME_OCC: readonly ArgSpec[] = [
  { name: "name", type: "str", optional: true },
  {
    name: "occ",
    type: "int",
    optional: true,
    check: (v) =>
      Number(v) >= -MAX_HISTORY ? undefined : `an occurrence of at least -${MAX_HISTORY}`,
  },
];
const NAME: readonly ArgSpec[] = [{ name: "name", type: "str", optional: true }];

type From = (value: string) => Value | undefined;

/** One occurrence, turned by `from`; and all of them for ACLs unless an occurrence is named. */
function valueRow(
  row: Pick<FetchRow, "name" | "aliases" | "type" | "doc" | "needs" | "derived">,
  headOf: HeadOf,
  split: boolean,
  from: From | undefined,
): FetchRow {
  const nameOf = (args: readonly ArgValue[]) => (args[0] as string | undefined)?.toLowerCase();
  return {
    ...row,
    args: NAME_OCC,
    section: SECTION,
    make: (args) => {
      const name = nameOf(args);
      const occ = (args[1] as number | undefined) || -1;
      return (stream) => {
        const head = headOf(stream);
        const value = head && occurrence(head, name, split, occ);
        return value === undefined || from === undefined ? value : from(value);
      };
    },
    scan: (args): Scan => {
      const name = nameOf(args);
      const occ = args[1] as number | undefined;
      return (stream, visit) => {
        const head = headOf(stream);
        if (head === undefined) return false;
        let matched = false;
        const look = (text: string) => {
          const value = from === undefined ? text : from(text);
          if (value === undefined) return false;
          const answer = visit(value, stream);
          matched = answer === 1;
          return answer !== 0;
        };
        if (occ) {
          const value = occurrence(head, name, split, occ);
          if (value !== undefined) look(value);
        } else forEach(head, name, split, look);
        return matched;
      };
    },
  };
}

function countRow(
  row: Pick<FetchRow, "name" | "aliases" | "doc" | "needs">,
  headOf: HeadOf,
  split: boolean,
): FetchRow {
  return {
    ...row,
    type: "sint",
    args: NAME,
    section: SECTION,
    make: ([name]) => {
      const lower = (name as string | undefined)?.toLowerCase();
      return (stream) => {
        const head = headOf(stream);
        if (head === undefined) return undefined;
        let n = 0;
        forEach(head, lower, split, () => {
          n++;
          return false;
        });
        return n;
      };
    },
  };
}

function namesRow(name: string, needs: Need, headOf: HeadOf): FetchRow {
  return {
    name,
    args: [{ name: "delim", type: "str", optional: true }],
    type: "str",
    needs,
    doc: "the names of all header fields in lower case, joined by a comma or the given character",
    section: SECTION,
    make: ([delim]) => {
      const joint = ((delim ?? ",") as string)[0];
      return (stream) => {
        const head = headOf(stream);
        if (head === undefined) return undefined;
        let text = "";
        for (let i = 0; i < head.count; i++) {
          if (!head.isRemoved(i)) text += (text === "" ? "" : joint) + head.name(i).toLowerCase();
        }
        return text;
      };
    },
  };
}

/** The rows of one direction: `prefix` is `req.` or `res.`, `short` the old alias's (`""`, `s`). */
function direction(prefix: string, short: string, needs: Need, headOf: HeadOf): FetchRow[] {
  const what = needs === "request" ? "request" : "response";
  const old = (name: string) => [short + name];
  return [
    valueRow(
      {
        name: `${prefix}hdr`,
        aliases: short === "" ? [] : old("hdr"),
        type: "str",
        needs,
        doc: `the last (or the given) comma-separated value of a ${what} header`,
        derived: [`${prefix}hdr`, `${short}hdr`],
      },
      headOf,
      true,
      undefined,
    ),
    valueRow(
      {
        name: `${prefix}fhdr`,
        type: "str",
        needs,
        doc: `the last (or the given) full value of a ${what} header`,
      },
      headOf,
      false,
      undefined,
    ),
    valueRow(
      {
        name: `${prefix}hdr_ip`,
        aliases: old("hdr_ip"),
        type: "ip",
        needs,
        doc: `a value of a ${what} header as an address (an IPv4 one may have a port)`,
      },
      headOf,
      true,
      addressIn,
    ),
    valueRow(
      {
        name: `${prefix}hdr_val`,
        aliases: old("hdr_val"),
        type: "sint",
        needs,
        doc: `a value of a ${what} header as an integer`,
      },
      headOf,
      true,
      readSint,
    ),
    countRow(
      {
        name: `${prefix}hdr_cnt`,
        aliases: old("hdr_cnt"),
        needs,
        doc: `the number of comma-separated values of a ${what} header`,
      },
      headOf,
      true,
    ),
    countRow(
      { name: `${prefix}fhdr_cnt`, needs, doc: `the number of fields of a ${what} header` },
      headOf,
      false,
    ),
    namesRow(`${prefix}hdr_names`, needs, headOf),
  ];
}

export const HEADER_FETCHES: readonly FetchRow[] = [
  ...direction("req.", "", "request", requestOf),
  ...direction("res.", "s", "response", responseOf),
  {
    // ACLs take `hdr` for `req.hdr` (see acl_keywords.ts); elsewhere the place decides.
    ...valueRow(
      {
        name: "hdr",
        type: "str",
        needs: "message",
        doc: "the last (or the given) value of a header of the request or response at hand",
      },
      requestOf,
      true,
      undefined,
    ),
    make: (args, lookup) => {
      const response = lookup.place === "http-response" ||
        lookup.place === "http-after-response" || lookup.place === "tcp-response content";
      const headOf = response ? responseOf : requestOf;
      const name = (args[0] as string | undefined)?.toLowerCase();
      const occ = (args[1] as number | undefined) || -1;
      return (stream) => {
        const head = headOf(stream);
        return head && occurrence(head, name, true, occ);
      };
    },
    scan: undefined,
  },
];
