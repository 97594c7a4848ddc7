/** Fetches of what a client says of itself (manual 7.3.6; RFC 7617, RFC 6750). */
import { isToken } from "../../http1/bytes.ts";
import { fromBase64 } from "../base64.ts";
import type { StreamView } from "../context.ts";
import type { ArgSpec, FetchRow, Lookup } from "../rows.ts";
import type { Userlist } from "../userlist.ts";

interface Basic {
  readonly user: string;
  readonly password: string;
}

/** The scheme and what stands behind it in a field's value; undefined when there is none. */
function credentials(value: string | undefined): [scheme: string, rest: string] | undefined {
  const match = value === undefined ? null : /^([^ \t]+)[ \t]+(.+)$/.exec(value);
  return match === null ? undefined : [match[1].toLowerCase(), match[2]];
}

/** Where a client says who it is: to a proxy in a field of its own (manual `option http-use-proxy-header`). */
function credentialsField({ proxied }: StreamView): string {
  return proxied === true ? "proxy-authorization" : "authorization";
}

function authorization(stream: StreamView): [scheme: string, rest: string] | undefined {
  return credentials(stream.request?.get(credentialsField(stream)));
}

/** User and password of the `Basic` scheme. */
function basic(stream: StreamView): Basic | undefined {
  const given = authorization(stream);
  if (given === undefined || given[0] !== "basic") return undefined;
  const text = fromBase64(given[1]);
  const colon = text?.indexOf(":") ?? -1;
  if (text === undefined || colon < 0) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

const LIST: readonly ArgSpec[] = [{ name: "userlist", type: "userlist" }];

function listOf(name: unknown, lookup: Lookup): Userlist | undefined {
  return lookup.findUserlist?.(name as string);
}

/** The client's name, when its password is the list's. */
function knownUser(stream: StreamView, list: Userlist | undefined): string | undefined {
  const given = basic(stream);
  if (given === undefined || list === undefined) return undefined;
  return list.check(given.user, given.password) ? given.user : undefined;
}

const field: ArgSpec["check"] = (value) =>
  isToken(value as string) ? undefined : "the name of a header";

export const AUTH_FETCHES: readonly FetchRow[] = [
  {
    name: "http_auth",
    args: LIST,
    type: "bool",
    needs: "request",
    doc: "true when the client gives the name and the password of a user of the list (Basic)",
    section: "7.3.6",
    make: ([name], lookup) => {
      const list = listOf(name, lookup);
      // Without credentials there is nothing to judge.
      return (stream) => basic(stream) && knownUser(stream, list) !== undefined;
    },
  },
  {
    name: "http_auth_group",
    args: LIST,
    type: "str",
    needs: "request",
    doc:
      "the client's name when it is a user of the list and its password is right; as an ACL: its groups",
    section: "7.3.6",
    make: ([name], lookup) => {
      const list = listOf(name, lookup);
      return (stream) => knownUser(stream, list);
    },
    scan: ([name], lookup) => {
      const list = listOf(name, lookup);
      return (stream, visit) => {
        const user = knownUser(stream, list);
        if (user === undefined) return false;
        for (const group of list!.groupsOf(user)) {
          const answer = visit(group, stream);
          if (answer !== 0) return answer === 1;
        }
        return false;
      };
    },
  },
  {
    name: "http_auth_user",
    args: [],
    type: "str",
    needs: "request",
    doc: "the name that the client gives (Basic); nothing is checked",
    section: "7.3.6",
    make: () => (stream) => basic(stream)?.user,
  },
  {
    name: "http_auth_pass",
    args: [],
    type: "str",
    needs: "request",
    doc: "the password that the client gives (Basic); nothing is checked",
    section: "7.3.6",
    make: () => (stream) => basic(stream)?.password,
  },
  {
    name: "http_auth_type",
    args: [],
    type: "str",
    needs: "request",
    doc: "how the client says who it is: 'Basic' or 'Bearer'",
    section: "7.3.6",
    make: () => (stream) => {
      if (basic(stream) !== undefined) return "Basic";
      return authorization(stream)?.[0] === "bearer" ? "Bearer" : undefined;
    },
  },
  {
    name: "http_auth_bearer",
    args: [{ name: "header", type: "str", optional: true, check: field }],
    type: "str",
    needs: "request",
    doc: "the token that the client gives (Bearer), in Authorization or another header",
    section: "7.3.6",
    make: ([header]) => {
      const name = (header as string | undefined)?.toLowerCase() ?? "authorization";
      return (stream) => {
        const given = credentials(stream.request?.get(name));
        return given?.[0] === "bearer" ? given[1] : undefined;
      };
    },
  },
];
