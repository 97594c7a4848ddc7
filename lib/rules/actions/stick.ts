/** Actions on stick tables (manual 4.2): `track-sc0` …, `sc-inc-gpc`, `sc-add-gpc`, `sc-set-gpt` and their kin. */
import { castExpression, compileExpression } from "../../expr/compile.ts";
import type { StreamView } from "../../expr/context.ts";
import type { ArgSpec, ArgValue } from "../../expr/rows.ts";
import { keyCast } from "../../expr/stick_key.ts";
import { addToCounter, arrayColumn, type Counter } from "../../expr/stick_values.ts";
import { nearest } from "../../config/suggest.ts";
import { countRequestOf, countStatusOf, track, trackedOf } from "../../stick/counters.ts";
import { type Action, type ActionRow, RULE_KINDS, type RuleContext } from "../types.ts";
import type { WordReader } from "../word_reader.ts";

const SLOT: ArgSpec = {
  name: "sc-id",
  type: "int",
  check: (value) => Number(value) >= 0 && Number(value) < 32 ? undefined : "a slot's number from 0",
};
const INDEX: ArgSpec = {
  name: "idx",
  type: "int",
  check: (value) => Number(value) >= 0 && Number(value) < 100 ? undefined : "0 to 99",
};

/** A number as it is written, or an expression that gives one. */
function readNumber(
  reader: WordReader,
  ctx: RuleContext,
): ((stream: StreamView) => number | undefined) | undefined {
  const word = reader.need("an integer or an expression");
  if (word === undefined) return undefined;
  if (/^[0-9]{1,10}$/.test(word.text)) {
    const number = Number(word.text);
    if (number < 2 ** 32) return () => number;
    ctx.diagnostics.alert(word.span, `'${word.text}' is too large`, { allowed: "0 to 4294967295" });
    return undefined;
  }
  const expression = compileExpression(word, ctx);
  const read = expression && castExpression(expression, "sint", word, ctx);
  if (read === undefined) return undefined;
  return (stream) => {
    const value = read(stream);
    return value === undefined ? undefined : Number(value);
  };
}

function checkSlot(slot: number, ctx: RuleContext): boolean {
  const slots = ctx.stickCounters ?? 3;
  if (slot < slots) return true;
  ctx.diagnostics.alert(
    ctx.word.span,
    `'${ctx.word.text}': there is no slot ${slot}`,
    { allowed: `0 to ${slots - 1}; 'tune.stick-counters' in the global section gives more` },
  );
  return false;
}

function compileTrack(reader: WordReader, ctx: RuleContext): Action | undefined {
  const slot = Number(/[0-9]+$/.exec(ctx.word.text)![0]);
  if (!checkSlot(slot, ctx)) return undefined;
  const word = reader.need("a key: an expression such as src");
  if (word === undefined) return undefined;
  const expression = compileExpression(word, ctx);
  let name = ctx.proxyName ?? "";
  let nameSpan = ctx.word.span;
  if (reader.accept("table")) {
    const table = reader.need("the name of a table");
    if (table === undefined) return undefined;
    name = table.text;
    nameSpan = table.span;
  }
  if (expression === undefined) return undefined;
  const table = ctx.findTable?.(name);
  if (table === undefined) {
    ctx.diagnostics.alert(nameSpan, `'${ctx.word.text}': '${name}' has no stick-table`, {
      allowed: "a 'stick-table' line here, or 'table' and the name of a proxy that has one",
      nearest: nearest(name, ctx.tableNames ?? []),
    });
    return undefined;
  }
  const { eval: read, type } = expression;
  const toKey = keyCast(type, table.config.type);
  if (toKey === undefined) {
    ctx.diagnostics.alert(
      word.span,
      `'${ctx.word.text}': this sample cannot be a key of type '${table.config.type}'`,
    );
    return undefined;
  }
  const ofSession = ctx.kind === "tcp-request connection" || ctx.kind === "tcp-request session";
  const ofResponse = ctx.kind === "http-response";
  const ofRequest = ctx.mode === "http" && !ofSession && !ofResponse;
  return (stream) => {
    const who = ofSession ? stream.session : stream;
    if (who.tracked?.[slot] !== undefined) return undefined;
    const value = read(stream);
    const key = value === undefined ? undefined : toKey(value);
    if (key === undefined) return undefined;
    const wall = stream.process.wall();
    const tracked = track(who, slot, table, key, wall);
    if (tracked === undefined) return undefined;
    if (ofRequest) countRequestOf(tracked, wall);
    // The answer's status was counted before for what was tracked then.
    else if (ofResponse) countStatusOf(tracked, stream.response?.status ?? 0, wall);
    return undefined;
  };
}

/** An action on what a slot tracks. */
function onSlot(
  slot: ArgValue,
  ctx: RuleContext,
  act: (stream: StreamView, tracked: NonNullable<ReturnType<typeof trackedOf>>) => void,
): Action | undefined {
  if (!checkSlot(slot as number, ctx)) return undefined;
  return (stream) => {
    const tracked = trackedOf(stream, slot as number);
    if (tracked !== undefined) act(stream, tracked);
    return undefined;
  };
}

function add(
  slot: ArgValue,
  counter: Counter,
  ctx: RuleContext,
  number: (stream: StreamView) => number | undefined,
): Action | undefined {
  return onSlot(slot, ctx, (stream, { table, entry }) => {
    const n = number(stream);
    if (n !== undefined) addToCounter(table, entry, counter, n, stream.process.wall());
  });
}

function setTag(
  slot: ArgValue,
  index: number,
  single: boolean,
  reader: WordReader,
  ctx: RuleContext,
): Action | undefined {
  const number = readNumber(reader, ctx);
  if (number === undefined) return undefined;
  return onSlot(slot, ctx, (stream, { table, entry }) => {
    const own = single ? table.column("gpt0") : undefined;
    const column = own ?? arrayColumn(table, "gpt", index);
    const value = number(stream);
    if (column === undefined || value === undefined) return;
    const wall = stream.process.wall();
    table.set(entry, column, wall, value, index);
    table.touch(entry, wall);
  });
}

const section = "4.2";
const rules = RULE_KINDS;

export const STICK_ACTIONS: readonly ActionRow[] = [
  {
    name: "track-sc0",
    args: "<key> [table <table>]",
    rules: RULE_KINDS.filter((kind) => !/tcp-response|after-response/.test(kind)),
    doc: "tracks the entry of a key in slot 0; track-sc1, track-sc2 … do so in the others",
    section,
    compile: compileTrack,
  },
  {
    name: "sc-inc-gpc",
    call: [INDEX, SLOT],
    args: "",
    rules,
    doc: "adds 1 to an element of gpc and gpc_rate, of what the slot tracks",
    section,
    compile: (_, ctx) => add(ctx.call[1], { index: ctx.call[0] as number }, ctx, () => 1),
  },
  {
    name: "sc-inc-gpc0",
    call: [SLOT],
    args: "",
    rules,
    doc: "adds 1 to gpc0 and gpc0_rate, of what the slot tracks",
    section,
    compile: (_, ctx) => add(ctx.call[0], { index: 0, single: "gpc0" }, ctx, () => 1),
  },
  {
    name: "sc-inc-gpc1",
    call: [SLOT],
    args: "",
    rules,
    doc: "adds 1 to gpc1 and gpc1_rate, of what the slot tracks",
    section,
    compile: (_, ctx) => add(ctx.call[0], { index: 1, single: "gpc1" }, ctx, () => 1),
  },
  {
    name: "sc-add-gpc",
    call: [INDEX, SLOT],
    args: "{ <int> | <expr> }",
    rules,
    doc: "adds a number to an element of gpc and gpc_rate, of what the slot tracks",
    section: "4.2 (HAProxy 2.8)",
    compile: (reader, ctx) => {
      const number = readNumber(reader, ctx);
      return number && add(ctx.call[1], { index: ctx.call[0] as number }, ctx, number);
    },
  },
  {
    name: "sc-set-gpt",
    call: [INDEX, SLOT],
    args: "{ <int> | <expr> }",
    rules,
    doc: "sets an element of gpt, of what the slot tracks",
    section,
    compile: (reader, ctx) => setTag(ctx.call[1], ctx.call[0] as number, false, reader, ctx),
  },
  {
    name: "sc-set-gpt0",
    call: [SLOT],
    args: "{ <int> | <expr> }",
    rules,
    doc: "sets gpt0, of what the slot tracks",
    section,
    compile: (reader, ctx) => setTag(ctx.call[0], 0, true, reader, ctx),
  },
];
