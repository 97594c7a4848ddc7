/** Bandwidth limits: `filter bwlim-in`, `filter bwlim-out` (HAProxy 2.7's manual 9.7). */
import type { Word } from "../config/document.ts";
import { type ArgType, Refusal, size, time } from "../config/keywords/args.ts";
import type { WordsAt } from "../config/model.ts";
import { DT } from "../config/stick_data.ts";
import { nearest } from "../config/suggest.ts";
import { compileExpression } from "../expr/compile.ts";
import type { CompileContext } from "../expr/context_compile.ts";
import type { StreamView } from "../expr/context.ts";
import type { Pacer } from "../expr/pacer.ts";
import { keyCast } from "../expr/stick_key.ts";
import { countRate, readRate } from "../stick/rate_cells.ts";
import type { StickTable } from "../stick/table.ts";
import type { StickKey } from "../stick/key.ts";

const BYTES = size(1, 2 ** 31 - 1);
const PERIOD = time({ min: 1 });

/** A filter as it is declared. */
export interface BandwidthFilter {
  readonly name: string;
  readonly direction: "in" | "out";
  /** bytes in a period */
  readonly limit: number;
  /** ms; of a shared limit it is that of the table's rate */
  readonly period: number;
  /** bytes that are not parted */
  readonly minSize: number;
  /** as in `Pacer` */
  readonly owner: unknown;
  readonly beforeCompression: boolean;
  /** all streams of one key share the limit */
  readonly shared?: {
    readonly table: StickTable;
    readonly key: (stream: StreamView) => StickKey | undefined;
  };
}

/** Compiles the `filter bwlim-…` lines of a proxy (`owner`), by their names. */
export function compileBandwidth(
  owner: { readonly filters: readonly WordsAt[] },
  ctx: CompileContext,
): ReadonlyMap<string, BandwidthFilter> {
  const filters = new Map<string, BandwidthFilter>();
  let beforeCompression = owner.filters.some(({ words }) => words[0].text === "compression");
  for (const { words } of owner.filters) {
    if (words[0].text === "compression") beforeCompression = false;
    const match = /^bwlim-(in|out)$/.exec(words[0].text);
    if (match === null) continue;
    const filter = compileOne(words, match[1] as "in" | "out", ctx);
    if (filter !== undefined) filters.set(filter.name, { ...filter, owner, beforeCompression });
  }
  return filters;
}

const SETTINGS = ["default-limit", "default-period", "limit", "key", "table", "min-size"];

function compileOne(
  words: readonly Word[],
  direction: "in" | "out",
  ctx: CompileContext,
): Omit<BandwidthFilter, "owner" | "beforeCompression"> | undefined {
  const { diagnostics } = ctx;
  const what = `'filter ${words[0].text}'`;
  const name = words[1];
  if (name === undefined) {
    diagnostics.alert(words[0].span, `${what} needs a name`);
    return undefined;
  }
  const given = new Map<string, Word>();
  for (let i = 2; i < words.length; i += 2) {
    if (!SETTINGS.includes(words[i].text)) {
      diagnostics.alert(words[i].span, `${what}: unknown setting '${words[i].text}'`, {
        allowed: SETTINGS.join(", "),
        nearest: nearest(words[i].text, SETTINGS),
      });
      return undefined;
    }
    if (words[i + 1] === undefined) {
      diagnostics.alert(words[i].span, `${what}: '${words[i].text}' needs a value`);
      return undefined;
    }
    given.set(words[i].text, words[i + 1]);
  }
  let good = true;
  const read = (setting: string, type: ArgType<number>): number | undefined => {
    const word = given.get(setting);
    if (word === undefined) return undefined;
    const value = type.parse(word);
    if (!(value instanceof Refusal)) return value;
    diagnostics.alert(word.span, `${what}: ${value.message}`, { allowed: value.allowed });
    good = false;
    return undefined;
  };
  const keyWord = given.get("key");
  const limit = read(keyWord === undefined ? "default-limit" : "limit", BYTES);
  const period = read("default-period", PERIOD);
  const minSize = read("min-size", BYTES) ?? 0;
  if (!good) return undefined;
  if (limit === undefined || (keyWord === undefined && period === undefined)) {
    diagnostics.alert(words[0].span, `${what} needs a limit`, {
      allowed: "'default-limit' and 'default-period' for each stream, or 'limit' and 'key' for all",
    });
    return undefined;
  }
  const common = { name: name.text, direction, limit, minSize };
  if (keyWord === undefined) return { ...common, period: period! };
  const expression = compileExpression(keyWord, { ...ctx, place: "http-request" });
  const tableName = given.get("table")?.text ?? ctx.proxyName ?? "";
  const table = ctx.findTable?.(tableName);
  const rate = table?.columns[DT[direction === "in" ? "bytes_in_rate" : "bytes_out_rate"]];
  if (table === undefined || rate === undefined) {
    diagnostics.alert(
      (given.get("table") ?? keyWord).span,
      `${what}: '${tableName}' has no stick-table that stores bytes_${direction}_rate`,
    );
    return undefined;
  }
  const toKey = expression && keyCast(expression.type, table.config.type);
  if (expression === undefined) return undefined;
  if (toKey === undefined) {
    diagnostics.alert(keyWord.span, `${what}: this cannot be a key of '${tableName}'`);
    return undefined;
  }
  const key = (stream: StreamView) => {
    const value = expression.eval(stream);
    return value === undefined ? undefined : toKey(value);
  };
  return { ...common, period: rate.period, shared: { table, key } };
}

/** How long to wait when nothing may go: a part of the period, so that bytes go evenly. */
const PARTS = 20;

/** The limit of one stream, by the sliding rate that HAProxy's counters have. */
export class StreamPacer implements Pacer {
  readonly owner: unknown;
  readonly beforeCompression: boolean;
  readonly #cells = new Int32Array(3);
  readonly #wall: () => number;
  readonly #limit: number;
  readonly #period: number;
  readonly #minSize: number;

  constructor(
    { owner, beforeCompression, minSize }: BandwidthFilter,
    limit: number,
    period: number,
    wall: () => number,
  ) {
    this.owner = owner;
    this.beforeCompression = beforeCompression;
    this.#limit = limit;
    this.#period = period;
    this.#minSize = Math.min(minSize, limit);
    this.#wall = wall;
  }

  take(bytes: number): number {
    const now = this.#wall() | 0;
    const room = this.#limit - readRate(this.#cells, 0, now, this.#period);
    const n = allowed(bytes, room, this.#minSize);
    if (n > 0) countRate(this.#cells, 0, now, this.#period, n);
    return n;
  }

  delay(): number {
    return Math.max(1, Math.ceil(this.#period / PARTS));
  }
}

/** A limit that all streams of one key share: what they sent is in a stick table. */
export class SharedPacer implements Pacer {
  readonly #filter: BandwidthFilter;
  readonly #key: StickKey;
  readonly #wall: () => number;

  get owner(): unknown {
    return this.#filter.owner;
  }

  get beforeCompression(): boolean {
    return this.#filter.beforeCompression;
  }

  constructor(filter: BandwidthFilter, key: StickKey, wall: () => number) {
    this.#filter = filter;
    this.#key = key;
    this.#wall = wall;
  }

  take(bytes: number): number {
    const { shared, direction, limit, minSize } = this.#filter;
    const { table } = shared!;
    const column = table.columns[DT[direction === "in" ? "bytes_in_rate" : "bytes_out_rate"]]!;
    const wall = this.#wall();
    const entry = table.acquire(this.#key, wall);
    // A full table limits nobody, as it counts nobody.
    if (entry === 0) return bytes;
    const room = limit - table.get(entry, column, wall);
    const n = allowed(bytes, room, Math.min(minSize, limit));
    if (n > 0) table.add(entry, column, wall, n);
    table.release(entry);
    return n;
  }

  delay(): number {
    return Math.max(1, Math.ceil(this.#filter.period / PARTS));
  }
}

function allowed(bytes: number, room: number, minSize: number): number {
  if (room <= 0 || room < Math.min(bytes, minSize)) return 0;
  return Math.min(bytes, room);
}
