/** The statements of a section as one YAML map, or as a list of maps where their order has a meaning. */
import { Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { DocumentFormat, Section, Statement } from "./document.ts";
import {
  type Arity,
  commentText,
  describeStatement,
  textScalar,
  type YamlStatement,
} from "./yaml_values.ts";

/** Keywords that are always written as a list, one rule each. */
const RULES: ReadonlySet<string> = new Set([
  "http-request",
  "http-response",
  "http-after-response",
  "tcp-request",
  "tcp-response",
  "http-check",
  "tcp-check",
  "use_backend",
  "use-server",
]);

/** Keys whose statements may be gathered at the first of them, across statements of other keys. */
const GATHERED: ReadonlySet<string> = new Set([
  ...RULES,
  "acl",
  "bind",
  "servers",
  "timeout",
  "option",
  "stats",
  "errorfile",
  "log",
  "capture",
  "compression",
  "stick",
  "redirect",
]);

/** Keys that must keep their order among each other. */
const ORDERED: readonly ReadonlySet<string>[] = [
  new Set(["servers", "server-template", "default-server"]),
  new Set(["peers", "bind", "servers", "default-server"]),
  new Set(["option", "no", "log-format", "log"]),
  new Set(["errorfile", "errorloc", "errorloc302", "errorloc303", "errorfiles", "http-error"]),
  new Set(["capture", "declare"]),
  new Set(["compression", "filter"]),
];
const ENVIRONMENT: ReadonlySet<string> = new Set(["setenv", "presetenv", "unsetenv", "resetenv"]);

interface Group {
  readonly key: string;
  readonly members: YamlStatement[];
}

/** The inside of a section. */
export function writeBody(section: Section, from: DocumentFormat, arity: Arity): YAMLMap | YAMLSeq {
  const kind = section.kind.text;
  let described = section.statements.map((one) => describeStatement(one, kind, from, arity));
  // `option: {x: false}` is possible only where all options fit into a map
  if (described.some(({ key, entry }) => key === "option" && entry === undefined)) {
    described = described.map((one) =>
      one.statement.words[0].text === "no" && one.entry !== undefined
        ? { ...one, key: "no", shape: undefined, entry: undefined }
        : one
    );
  }
  const segments: (Group[] | YamlStatement)[] = [];
  let groups: Group[] = [];
  for (const statement of described) {
    if (statement.key === undefined) {
      if (groups.length > 0) segments.push(groups);
      segments.push(statement);
      groups = [];
    } else if (!gather(groups, statement, statement.key)) {
      segments.push(groups);
      groups = [{ key: statement.key, members: [statement] }];
    }
  }
  if (segments.length === 0) return mapOf(groups);
  if (groups.length > 0) segments.push(groups);
  const list = new YAMLSeq();
  for (const segment of segments) {
    if (Array.isArray(segment)) list.items.push(mapOf(segment));
    else list.items.push(commented(new Scalar(segment.line), segment.statement));
  }
  return list;
}

/** Adds a statement to its group, or a new one; false when it would overtake a statement it may not. */
function gather(groups: Group[], statement: YamlStatement, key: string): boolean {
  const index = groups.findIndex((group) => group.key === key);
  if (index < 0) {
    groups.push({ key, members: [statement] });
    return true;
  }
  const between = groups.slice(index + 1).map((group) => group.key);
  if (between.length > 0 && !GATHERED.has(key)) return false;
  if (between.some((other) => keepsOrder(key, other))) return false;
  groups[index].members.push(statement);
  // a rule may only use an ACL that stands above it, so the ACLs go first; they depend on nothing
  const acl = groups.findIndex((group) => group.key === "acl");
  if (acl > index) groups.splice(index, 0, ...groups.splice(acl, 1));
  return true;
}

function keepsOrder(a: string, b: string): boolean {
  if (ENVIRONMENT.has(a) || ENVIRONMENT.has(b)) return true;
  return ORDERED.some((set) => set.has(a) && set.has(b));
}

function mapOf(groups: readonly Group[]): YAMLMap {
  const map = new YAMLMap();
  for (const { key, members } of groups) {
    const simple = canBeMap(members);
    const value = simple ? entriesOf(members) : listOf(key, members);
    const pair = new Pair<Scalar, unknown>(new Scalar(key), value);
    if (value instanceof Scalar || members.length === 1 && isFlow(value)) {
      // the only statement: its comments belong to the key
      const { commentsBefore, commentAfter } = members[0].statement;
      const before = [...commentsBefore ?? []];
      if (value instanceof Scalar) {
        if (commentAfter !== undefined) value.comment = commentText([commentAfter]);
      } else if (commentAfter !== undefined) before.push(commentAfter);
      if (before.length > 0) pair.key.commentBefore = commentText(before);
    }
    map.items.push(pair);
  }
  if (map.items.length === 0) map.flow = true;
  return map;
}

function isFlow(node: unknown): boolean {
  return (node instanceof YAMLMap || node instanceof YAMLSeq) && node.flow === true;
}

/** Whether the group can be a map from second words, as `timeout: {connect: 5s}`. */
function canBeMap(members: readonly YamlStatement[]): boolean {
  if (!members.every((member) => member.entry !== undefined)) return false;
  const shape = members[0].shape!;
  if (shape.kind !== "named" && !shape.listIsWords) return true;
  const names = new Set(members.map((member) => member.entry!.name));
  return names.size === members.length;
}

function entriesOf(members: readonly YamlStatement[]): YAMLMap {
  const byName = new Map<string, YamlStatement[]>();
  for (const member of members) {
    const { name } = member.entry!;
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [member]);
    else same.push(member);
  }
  const map = new YAMLMap();
  const { kind } = members[0].shape!;
  for (const [name, same] of byName) {
    const key = textScalar(name);
    let value: unknown;
    if (same.length === 1) {
      const { statement, entry } = same[0];
      const before = [...statement.commentsBefore ?? []];
      value = entry!.value();
      const after = statement.commentAfter;
      if (after !== undefined && value instanceof Scalar) value.comment = commentText([after]);
      else if (after !== undefined) before.push(after);
      if (before.length > 0) key.commentBefore = commentText(before);
    } else {
      const list = new YAMLSeq();
      for (const { statement, entry } of same) {
        list.items.push(commented(entry!.value(), statement));
      }
      list.flow = !hasComments(same) && widthOf(list) <= 80;
      value = list;
    }
    map.items.push(new Pair(key, value));
  }
  map.flow = kind === "entries" && !hasComments(members) && widthOf(map) <= 80 &&
    map.items.every(({ value }) => value instanceof Scalar);
  return map;
}

function listOf(key: string, members: readonly YamlStatement[]): Scalar | YAMLMap | YAMLSeq {
  if (members.length === 1 && !RULES.has(key)) {
    const value = members[0].value();
    if (value instanceof Scalar) return value;
    if (!hasComments(members)) return value;
  }
  const list = new YAMLSeq();
  for (const member of members) list.items.push(commented(member.value(), member.statement));
  list.flow = !RULES.has(key) && !hasComments(members) && widthOf(list) <= 80 &&
    list.items.every((item) => item instanceof Scalar);
  return list;
}

/** A list item with the comments of its statement. */
function commented<T extends Scalar | YAMLMap>(node: T, statement: Statement): T {
  const { commentsBefore, commentAfter } = statement;
  const before = [...commentsBefore ?? []];
  if (commentAfter !== undefined) {
    if (node instanceof Scalar) node.comment = commentText([commentAfter]);
    else before.push(commentAfter);
  }
  if (before.length > 0) node.commentBefore = commentText(before);
  return node;
}

function hasComments(members: readonly YamlStatement[]): boolean {
  return members.some(({ statement }) =>
    statement.commentsBefore !== undefined || statement.commentAfter !== undefined
  );
}

/** About how long the node is in brackets. */
export function widthOf(node: unknown): number {
  if (node instanceof Scalar) return String(node.value).length + 2;
  if (node instanceof YAMLSeq) {
    return node.items.reduce((sum: number, item) => sum + widthOf(item) + 2, 2);
  }
  if (node instanceof YAMLMap) {
    return node.items.reduce((sum, { key, value }) => sum + widthOf(key) + widthOf(value) + 2, 2);
  }
  return 4;
}
