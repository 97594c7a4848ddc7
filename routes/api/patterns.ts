/** Maps and ACLs whose patterns may change (`show map`, `add acl` …): changes are those of all threads. */
import type { PatternKind, PatternReference } from "../../lib/expr/pattern_store.ts";
import { type ApiCall, ApiError, type ApiRoute, parameter } from "./route.ts";

function lists({ host }: ApiCall, kind: PatternKind) {
  return host.generation.patterns.list(kind).map(({ id, name = "", size }) => ({
    id,
    name,
    entries: size,
  }));
}

function withList<T>(
  call: ApiCall,
  kind: PatternKind,
  act: (list: PatternReference) => T,
): T | ApiError {
  const list = call.host.generation.patterns.find(kind, `#${parameter(call, "id")}`);
  return list === undefined ? new ApiError(404, `there is no such ${kind}`) : act(list);
}

const done = (problem: string | undefined) =>
  problem === undefined ? { done: true } : new ApiError(422, problem);

const missing = new ApiError(404, "there is no such entry");

/** `pattern` of an ACL is the key of a map. */
type Entry = { readonly key: string; readonly value: string };
type Pattern = { readonly pattern: string };

export const patternRoutes: readonly ApiRoute[] = [
  {
    method: "get",
    path: "/maps",
    scope: "read",
    summary: "Maps",
    gives: "Lists",
    run: (call) => lists(call, "map"),
  },
  {
    method: "get",
    path: "/maps/:id/entries",
    scope: "read",
    summary: "Keys and values of a map, in order",
    gives: "MapEntries",
    run: (call) =>
      withList(call, "map", (map) => [...map.entries()].map(({ key, value }) => ({ key, value }))),
  },
  {
    method: "post",
    path: "/maps/:id/entries",
    scope: "admin",
    summary: "Adds a key and its value",
    takes: "MapEntry",
    gives: "Done",
    run: (call) => {
      const { key, value } = call.body as Entry;
      return withList(call, "map", (map) => done(map.add(key, value)));
    },
  },
  {
    method: "put",
    path: "/maps/:id/entries",
    scope: "admin",
    summary: "Puts these in the place of all entries, at once",
    takes: "MapEntries",
    gives: "Done",
    run: (call) =>
      withList(
        call,
        "map",
        (map) =>
          done(map.replace((call.body as Entry[]).map(({ key, value }) => [key, value] as const))),
      ),
  },
  {
    method: "patch",
    path: "/maps/:id/entries",
    scope: "admin",
    summary: "Gives a key that is there another value",
    takes: "MapEntry",
    gives: "Done",
    run: (call) => {
      const { key, value } = call.body as Entry;
      return withList(
        call,
        "map",
        (map) => map.find(key).length === 0 ? missing : done(map.set(key, value)),
      );
    },
  },
  {
    method: "delete",
    path: "/maps/:id/entries/:key",
    scope: "admin",
    summary: "Deletes a key",
    gives: "Done",
    run: (call) =>
      withList(
        call,
        "map",
        (map) => map.delete(parameter(call, "key")) ? { done: true } : missing,
      ),
  },
  {
    method: "get",
    path: "/acls",
    scope: "read",
    summary: "Pattern lists of ACLs",
    gives: "Lists",
    run: (call) => lists(call, "acl"),
  },
  {
    method: "get",
    path: "/acls/:id/entries",
    scope: "read",
    summary: "Patterns of a list, in order",
    gives: "Patterns",
    run: (call) =>
      withList(call, "acl", (acl) => [...acl.entries()].map(({ key }) => ({ pattern: key }))),
  },
  {
    method: "post",
    path: "/acls/:id/entries",
    scope: "admin",
    summary: "Adds a pattern",
    takes: "Pattern",
    gives: "Done",
    run: (call) => withList(call, "acl", (acl) => done(acl.add((call.body as Pattern).pattern))),
  },
  {
    method: "put",
    path: "/acls/:id/entries",
    scope: "admin",
    summary: "Puts these in the place of all patterns, at once",
    takes: "Patterns",
    gives: "Done",
    run: (call) =>
      withList(
        call,
        "acl",
        (acl) =>
          done(acl.replace((call.body as Pattern[]).map(({ pattern }) => [pattern, ""] as const))),
      ),
  },
  {
    method: "delete",
    path: "/acls/:id/entries/:key",
    scope: "admin",
    summary: "Deletes a pattern",
    gives: "Done",
    run: (call) =>
      withList(
        call,
        "acl",
        (acl) => acl.delete(parameter(call, "key")) ? { done: true } : missing,
      ),
  },
];
