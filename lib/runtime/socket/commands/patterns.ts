/**
 * Commands about the patterns of ACLs and maps (management manual 9.3). Versions (`prepare`, `add … @1`, `commit`) are
 * lists that are made beside the one in use and take its place at once.
 */
import type { PatternKind, PatternReference } from "../../../expr/pattern_store.ts";
import type { Answer, CommandContext, CommandRow } from "../command.ts";

const section = "9.3";

interface Versions {
  current: number;
  next: number;
  readonly drafts: Map<number, [key: string, value: string][]>;
}

const versions = new WeakMap<PatternReference, Versions>();

function versionsOf(reference: PatternReference): Versions {
  let found = versions.get(reference);
  if (found === undefined) {
    versions.set(reference, found = { current: 0, next: 0, drafts: new Map() });
  }
  return found;
}

const NAMES: Readonly<Record<PatternKind, string>> = { acl: "ACL", map: "map" };

interface Found {
  readonly reference: PatternReference;
  readonly kind: PatternKind;
  /** `@<ver>` before the identifier */
  readonly version: number | undefined;
  /** the words behind the identifier */
  readonly rest: readonly string[];
  readonly payload: string | undefined;
}

/** A command whose first argument, behind `@<ver>`, is an identifier. */
function onReference(
  kind: PatternKind,
  missing: string,
  act: (found: Found) => Answer,
): CommandRow["run"] {
  return (args, { host, payload }: CommandContext) => {
    const at = args[0]?.startsWith("@") === true;
    const version = at ? Number(args[0].slice(1)) : undefined;
    const [name, ...rest] = at ? args.slice(1) : args;
    if (name === undefined) return missing;
    const reference = host.generation.patterns.find(kind, name);
    if (reference === undefined) {
      return unknownIdentifier(kind);
    }
    return act({ reference, kind, version, rest, payload });
  };
}

/** The entry of `#0x…`, as `show map` writes it. */
function entryOf(reference: PatternReference, text: string): number | undefined {
  const id = /^#0x[0-9a-f]{1,12}$/i.test(text) ? Number.parseInt(text.slice(1), 16) : undefined;
  return id === undefined || reference.entry(id) === undefined ? undefined : id;
}

function pointer(id: number): string {
  return `0x${id.toString(16).padStart(12, "0")}`;
}

function* list({ reference, version }: Found): Iterable<string> {
  const { current, drafts } = versionsOf(reference);
  if (version !== undefined && version !== current) {
    let n = 0;
    for (const [key, value] of drafts.get(version) ?? []) {
      yield `${pointer(++n)} ${key}${tail(value)}`;
    }
    return;
  }
  for (const { id, key, value } of reference.entries()) yield `${pointer(id)} ${key}${tail(value)}`;
}

const tail = (value: string) => value === "" ? "\n" : ` ${value}\n`;

function references(kind: PatternKind, { host }: CommandContext): string {
  let text = "# id (file) description\n";
  for (const reference of host.generation.patterns.list(kind)) {
    const { id, name = "", uses, size } = reference;
    const { current, next } = versionsOf(reference);
    const from = name === "" ? "" : `pattern loaded from file '${name}' used by `;
    text += `${id} (${name}) ${from}${uses.join(", ") || kind}. ` +
      `curr_ver=${current} next_ver=${next} entry_cnt=${size}\n`;
  }
  return text;
}

function show(kind: PatternKind): CommandRow {
  const one = onReference(kind, "", list);
  return {
    words: ["show", kind],
    args: kind === "acl" ? "[@<ver>] <acl>]" : "[@ver] [map]",
    level: "user",
    doc: `the ${kind}s there are, or the patterns of one`,
    section,
    run: (args, context) => args.length === 0 ? references(kind, context) : one(args, context),
  };
}

function get(kind: PatternKind): CommandRow {
  return {
    words: ["get", kind],
    args: `<${kind}> <value>`,
    level: "user",
    doc: "what a value matches",
    section,
    run: onReference(
      kind,
      `Missing ${NAMES[kind]} identifier and/or key.\n`,
      ({ reference, rest: [text] }) => {
        if (text === undefined) return `Missing ${NAMES[kind]} identifier and/or key.\n`;
        const found = reference.match(text);
        const entry = found?.entry ?? reference.find(text)[0];
        const matched = found?.matched ?? false;
        const start = `type=${found?.type ?? "str"}, ` +
          `case=${found?.ignoreCase === true ? "insensitive" : "sensitive"}, `;
        if (!matched) return `${start}${kind === "acl" ? "match" : "found"}=no\n`;
        if (kind === "acl") {
          return `${start}match=yes${
            entry === undefined ? "" : `, idx=tree, pattern="${entry.key}"`
          }\n`;
        }
        return `${start}found=yes, idx=tree, key="${entry?.key ?? text}", ` +
          `value="${entry?.value ?? ""}", type="str"\n`;
      },
    ),
  };
}

const problem = (text: string | undefined) => text === undefined ? "" : `${text}.\n`;

/** Adds one pattern, or those of a payload, to the list in use or to a version. All or nothing. */
function addAll({ reference, kind, version }: Found, pairs: [string, string][]): string {
  const { current, next, drafts } = versionsOf(reference);
  if (version !== undefined && version !== current) {
    if (!(version <= next)) {
      return `Version number in the future, please use 'prepare ${kind}' before.\n`;
    }
    const draft = drafts.get(version);
    if (draft === undefined) return "Version number out of range.\n";
    draft.push(...pairs);
    return "";
  }
  for (const [key, value] of pairs) {
    const wrong = reference.check(key, value);
    if (wrong !== undefined) return problem(wrong);
  }
  for (const [key, value] of pairs) reference.add(key, value);
  return "";
}

function pairsOf(payload: string): [string, string][] {
  return payload.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const [, key, value] = /^\s*(\S+)\s*(.*)$/.exec(line)!;
    return [key, value];
  });
}

const ADD_ACL = "'add acl' expects two parameters: ACL identifier and pattern.\n";
const ADD_MAP = "'add map' expects three parameters (map identifier, key and value) or one " +
  "parameter (map identifier) and a payload\n";

function add(kind: PatternKind): CommandRow {
  const missing = kind === "acl" ? ADD_ACL : ADD_MAP;
  return {
    words: ["add", kind],
    args: kind === "acl" ? "[@<ver>] <acl> <pattern>" : "[@<ver>] <map> <key> <val>",
    level: "admin",
    doc: kind === "acl" ? "add a pattern" : "add a key and its value, or those behind '<<'",
    payload: true,
    section,
    run: onReference(kind, missing, (found) => {
      const { rest: [key, ...value], payload } = found;
      if (payload !== undefined) return addAll(found, pairsOf(payload));
      if (key === undefined || (kind === "map" && value.length === 0)) return missing;
      return addAll(found, [[key, value.join(" ")]]);
    }),
  };
}

function del(kind: PatternKind): CommandRow {
  const missing = `This command expects two parameters: ${NAMES[kind]} identifier and key.\n`;
  return {
    words: ["del", kind],
    args: `<${kind}> [<key>|#<ref>]`,
    level: "admin",
    doc: "delete the patterns of a key, or one by its number",
    section,
    run: onReference(kind, missing, ({ reference, rest: [key] }) => {
      if (key === undefined) return missing;
      const id = entryOf(reference, key);
      const done = id === undefined ? reference.delete(key) : reference.deleteEntry(id);
      return done ? "" : "Key not found.\n";
    }),
  };
}

const SET = "'set map' expects three parameters: map identifier, key and value.\n";

const setMap: CommandRow = {
  words: ["set", "map"],
  args: "<map> [<key>|#<ref>] <value>",
  level: "admin",
  doc: "change the value of a key",
  section,
  run: onReference("map", SET, ({ reference, rest: [key, ...value] }) => {
    if (key === undefined || value.length === 0) return SET;
    const id = entryOf(reference, key);
    const text = value.join(" ");
    if (id === undefined) return problem(reference.set(key, text));
    return problem(reference.setEntry(reference.entry(id)!, text));
  }),
};

function clear(kind: PatternKind): CommandRow {
  return {
    words: ["clear", kind],
    args: `[@<ver>] <${kind}>`,
    level: "admin",
    doc: "delete all patterns",
    section,
    run: onReference(kind, `Missing ${NAMES[kind]} identifier.\n`, ({ reference, version }) => {
      const { current, drafts } = versionsOf(reference);
      if (version === undefined || version === current) reference.clear();
      else drafts.delete(version);
      return "";
    }),
  };
}

const unknownIdentifier = (kind: PatternKind) =>
  `Unknown ${NAMES[kind]} identifier. Please use #<id> or <file>.\n`;

function prepare(kind: PatternKind): CommandRow {
  return {
    words: ["prepare", kind],
    args: `<${kind}>`,
    level: "admin",
    doc: "begin a list that will take the place of all patterns",
    section,
    run: onReference(kind, unknownIdentifier(kind), ({ reference }) => {
      const own = versionsOf(reference);
      own.drafts.set(++own.next, []);
      return `New version created: ${own.next}\n`;
    }),
  };
}

function commit(kind: PatternKind): CommandRow {
  return {
    words: ["commit", kind],
    args: `@<ver> <${kind}>`,
    level: "admin",
    doc: "put that list in the place of all patterns",
    section,
    run: onReference(kind, "Missing version number.\n", ({ reference, version }) => {
      if (version === undefined) return "Missing version number.\n";
      const own = versionsOf(reference);
      const draft = own.drafts.get(version);
      if (draft === undefined) return "Version number out of range.\n";
      const wrong = reference.replace(draft);
      if (wrong !== undefined) return problem(wrong);
      own.current = version;
      for (const each of own.drafts.keys()) if (each <= version) own.drafts.delete(each);
      return "";
    }),
  };
}

export const patternCommands: readonly CommandRow[] = (["acl", "map"] as const).flatMap((kind) => [
  show(kind),
  get(kind),
  add(kind),
  del(kind),
  clear(kind),
  prepare(kind),
  commit(kind),
]).concat(setMap);
