/** Document to YAML, in the shapes that a person would write (`yaml_shapes.ts`). */
import { Document as YamlDocument, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { Document, Section } from "./document.ts";
import { writeWord } from "./raw_words.ts";
import { sectionKind } from "./sections.ts";
import { writeBody } from "./yaml_body.ts";
import { isShapeKey } from "./yaml_shapes.ts";
import { type Arity, commentText } from "./yaml_values.ts";

export type { Arity } from "./yaml_values.ts";

export interface WriteYamlOptions {
  readonly arity?: Arity;
}

interface Unit {
  readonly section: Section;
  readonly body: YAMLMap | YAMLSeq;
  /** `web`, for a header that a map by name can hold. */
  readonly name?: string;
  readonly base?: string;
  /** The whole header as a key: `frontend web from base`. */
  readonly header: string;
}

/**
 * The Document as YAML, comments and variables kept. Reading it gives the same sections and statements;
 * statements of different keywords may change places where their order has no meaning.
 */
export function writeYaml(document: Document, options: WriteYamlOptions = {}): string {
  const units = document.sections.map((section) => unitOf(section, document, options));
  const grouped = groupedKinds(units);
  const maps: YAMLMap[] = [];
  let map = new YAMLMap();
  for (const unit of units) {
    const kind = unit.section.kind.text;
    const key = grouped.has(kind) ? sectionKind(kind)!.plural : unit.header;
    const existing = map.get(key, true) as unknown;
    if (grouped.has(kind) && existing instanceof YAMLMap) {
      existing.items.push(pairOf(unit, unit.name!, true));
      continue;
    }
    if (existing !== undefined) {
      maps.push(map);
      map = new YAMLMap();
    }
    if (grouped.has(kind)) {
      const group = new YAMLMap();
      group.items.push(pairOf(unit, unit.name!, true));
      map.items.push(new Pair(spaced(key, map.items.length > 0), group));
    } else map.items.push(pairOf(unit, unit.header, false, map.items.length > 0));
  }
  const yaml = new YamlDocument();
  if (maps.length === 0) yaml.contents = map as never;
  else {
    const list = new YAMLSeq();
    list.items.push(...maps, map);
    yaml.contents = list as never;
  }
  if (document.commentsAfter !== undefined) yaml.comment = commentText(document.commentsAfter);
  if (units.length === 0) {
    return document.commentsAfter === undefined ? "{}\n" : `#${yaml.comment}\n{}\n`;
  }
  return yaml.toString({ lineWidth: 0, flowCollectionPadding: true, indentSeq: true });
}

function unitOf(section: Section, document: Document, options: WriteYamlOptions): Unit {
  const body = writeBody(section, document.format, options.arity ?? (() => undefined));
  const write = (index: number) => writeWord(section.args[index], document.format, "yaml");
  const header = [section.kind, ...section.args]
    .map((word) => writeWord(word, document.format, "yaml")).filter((word) => word !== "").join(
      " ",
    );
  const { args } = section;
  const simple = args.length === 1 && write(0) !== "";
  const inherits = args.length === 3 && args[1].text === "from" && !args[1].quoted &&
    body instanceof YAMLMap && args.every((_, index) => write(index) !== "");
  if (!simple && !inherits) return { section, body, header };
  return { section, body, header, name: write(0), ...(inherits ? { base: write(2) } : undefined) };
}

/** The kinds of section that one map by name can hold without changing the order of sections. */
function groupedKinds(units: readonly Unit[]): Set<string> {
  const kinds = new Map<string, Unit[]>();
  const broken = new Set<string>();
  units.forEach((unit, index) => {
    const kind = unit.section.kind.text;
    const others = kinds.get(kind);
    if (others === undefined) kinds.set(kind, [unit]);
    else {
      if (units[index - 1].section.kind.text !== kind) broken.add(kind);
      others.push(unit);
    }
  });
  const grouped = new Set<string>();
  for (const [kind, members] of kinds) {
    const named = sectionKind(kind)?.named ?? "none";
    const names = new Set(members.map((unit) => unit.name));
    if (broken.has(kind) || named === "none" || names.has(undefined)) continue;
    if (names.size < members.length) continue;
    // the reader must be able to tell named ones from one without a name
    const clear = members.every(({ name, body }) => !isShapeKey(name!) && body instanceof YAMLMap);
    if (named === "required" || clear) grouped.add(kind);
  }
  return grouped;
}

function pairOf(unit: Unit, key: string, grouped: boolean, space = false): Pair {
  const { section, body, base } = unit;
  const { commentsBefore = [], commentAfter } = section;
  const comments = commentAfter === undefined ? commentsBefore : [...commentsBefore, commentAfter];
  if (grouped && base !== undefined && body instanceof YAMLMap) {
    body.items.unshift(new Pair(new Scalar("from"), new Scalar(base)));
    body.flow = false;
  }
  const node = spaced(key, space);
  if (comments.length > 0) node.commentBefore = commentText(comments);
  if (section.args.length === 0 && body instanceof YAMLSeq && optional(section)) {
    // a list there is a list of sections: this is one whose inside is a list
    const list = new YAMLSeq();
    list.items.push(body);
    return new Pair(node, list);
  }
  return new Pair(node, body);
}

function optional(section: Section): boolean {
  return sectionKind(section.kind.text)?.named === "optional";
}

function spaced(key: string, space: boolean): Scalar {
  const node = new Scalar(key);
  if (space) node.spaceBefore = true;
  return node;
}
