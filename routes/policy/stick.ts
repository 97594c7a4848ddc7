/** Stick tables on a request's way: what is counted, and `stick` rules (manual 4.2 `stick on`, `track-sc0`). */
import type { ProxyConfig } from "../../lib/config/model.ts";
import { type StickRule, tableOfStickRule } from "../../lib/config/model_stick.ts";
import { nearest } from "../../lib/config/suggest.ts";
import { compileCondition } from "../../lib/expr/condition.ts";
import { compileExpression } from "../../lib/expr/compile.ts";
import type { CompileContext, PlacedContext } from "../../lib/expr/context_compile.ts";
import type { StreamView } from "../../lib/expr/context.ts";
import { keyCast, keyText } from "../../lib/expr/stick_key.ts";
import type { Backend } from "../../lib/proxy/backend.ts";
import { Persistence } from "../../lib/proxy/persistence.ts";
import { addStore, hasStore, serverOf, writeStores } from "../../lib/proxy/stick_store.ts";
import { answerCame, isTracked } from "../../lib/proxy/sticky_counters.ts";
import type { Stream } from "../../lib/proxy/stream.ts";
import { countRequest } from "../../lib/stick/counters.ts";
import type { DataName } from "../../lib/config/stick_data.ts";
import type { StickKey } from "../../lib/stick/key.ts";
import type { StickTable } from "../../lib/stick/table.ts";
import type { StreamStep } from "./choose_server.ts";
import { onAnswer, onRequest, type PolicyMiddleware } from "./policy.ts";

/** Counts requests of connections that are tracked; only where a table counts them. */
export function countRequests(context: CompileContext): PolicyMiddleware | undefined {
  if (!someTableHas(context, REQUESTS)) return undefined;
  return onRequest((stream) => {
    if (isTracked(stream)) countRequest(stream, stream.process.wall());
    return undefined;
  });
}

/** Counts what the server has answered, before any rule sees it; only where a table counts it. */
export function countAnswers(context: CompileContext): PolicyMiddleware | undefined {
  return someTableHas(context, ANSWERS) ? onAnswer(answerCame) : undefined;
}

const REQUESTS: readonly DataName[] = ["http_req_cnt", "http_req_rate"];
const ANSWERS: readonly DataName[] = [
  "http_err_cnt",
  "http_err_rate",
  "http_fail_cnt",
  "http_fail_rate",
];

function someTableHas(
  { tableNames = [], findTable }: CompileContext,
  names: readonly DataName[],
): boolean {
  return tableNames.some((table) =>
    names.some((name) => findTable?.(table)?.column(name) !== undefined)
  );
}

interface CompiledRule {
  readonly matches: boolean;
  readonly stores: boolean;
  readonly table: StickTable;
  /** undefined: the condition does not hold, or there is no sample */
  readonly key: (stream: Stream) => StickKey | undefined;
}

/** What a backend's `stick` lines do. */
export interface StickSteps {
  /** behind everything else that chooses a server */
  readonly request: StreamStep | undefined;
  /** once the server has answered, or has taken a connection of TCP */
  readonly response: StreamStep | undefined;
}

/** Compiles a backend's `stick` lines. */
export function stickSteps(backend: Backend, context: CompileContext): StickSteps {
  const { config } = backend;
  const request = compileAll(config, ({ kind }) => kind !== "store-response", {
    ...context,
    place: "use_backend",
  });
  const response = compileAll(config, ({ kind }) => kind === "store-response", {
    ...context,
    place: "tcp-response content",
  });
  const stores = response.length > 0 || request.some((rule) => rule.stores);
  return {
    request: request.length === 0 ? undefined : (stream) => findServer(stream, backend, request),
    response: !stores ? undefined : (stream) => {
      for (const { table, key } of response) {
        if (hasStore(stream, table)) continue;
        const found = key(stream);
        if (found !== undefined) addStore(stream, table, found);
      }
      writeStores(stream);
    },
  };
}

/** The first step as a middleware goes with the others; this is the second one. */
export function storeMiddleware(step: StreamStep | undefined): PolicyMiddleware | undefined {
  if (step === undefined) return undefined;
  return onAnswer((stream) => {
    if (stream.reply?.upstream !== undefined) step(stream);
  });
}

function findServer(stream: Stream, backend: Backend, rules: readonly CompiledRule[]): void {
  const { persist } = backend.config.options;
  for (const { matches, stores, table, key } of rules) {
    if (hasStore(stream, table)) continue;
    const found = key(stream);
    if (found === undefined) continue;
    if (matches && stream.preferred === undefined) {
      const wall = stream.process.wall();
      const entry = table.lookup(found, wall);
      if (entry !== 0) {
        const server = serverOf(table, entry, wall, backend.pool.servers);
        const persistence = stream.persistence ?? new Persistence();
        if (
          server !== undefined && !persistence.ignored && persistence.mayUse(server, persist)
        ) {
          stream.persistence = persistence;
          persistence.choose(stream, server);
        }
        table.touch(entry, wall);
        table.release(entry);
      }
    }
    if (stores) addStore(stream, table, found);
  }
}

function compileAll(
  config: ProxyConfig,
  wanted: (rule: StickRule) => boolean,
  ctx: PlacedContext,
): CompiledRule[] {
  return config.stickRules.filter(wanted).flatMap((rule) => compileRule(rule, ctx) ?? []);
}

function compileRule(rule: StickRule, placed: PlacedContext): CompiledRule | undefined {
  const { words, kind, span } = rule;
  const ctx: PlacedContext = { ...placed, placeName: `stick ${kind}` };
  const { diagnostics } = ctx;
  const named = tableOfStickRule(rule);
  if (words[1]?.text === "table" && named === undefined) {
    diagnostics.alert(words[1].span, "'table' needs the name of a table");
    return undefined;
  }
  const rest = words.slice(named === undefined ? 1 : 3);
  if (rest.length > 0 && rest[0].text !== "if" && rest[0].text !== "unless") {
    diagnostics.alert(rest[0].span, `'${rest[0].text}' cannot stand behind 'stick ${kind}'`, {
      allowed: "'table' and a name, then 'if' or 'unless' and a condition",
      nearest: nearest(rest[0].text, ["table", "if", "unless"]),
    });
    return undefined;
  }
  const expression = compileExpression(words[0], ctx);
  const test = rest.length === 0 ? undefined : compileCondition(rest, ctx);
  const name = named?.text ?? ctx.proxyName ?? "";
  const table = ctx.findTable?.(name);
  if (table === undefined) {
    diagnostics.alert(named?.span ?? span, `'stick ${kind}': '${name}' has no stick-table`, {
      allowed: "a 'stick-table' line here, or 'table' and the name of a proxy that has one",
      nearest: nearest(name, ctx.tableNames ?? []),
    });
    return undefined;
  }
  if (expression === undefined || (rest.length > 0 && test === undefined)) return undefined;
  const { eval: read, type } = expression;
  const toKey = keyCast(type, table.config.type);
  if (toKey === undefined) {
    diagnostics.alert(
      words[0].span,
      `'stick ${kind}': this sample cannot be a key of type '${table.config.type}'`,
    );
    return undefined;
  }
  const keyOf = (stream: StreamView) => {
    const value = read(stream);
    return value === undefined ? undefined : toKey(value);
  };
  const info = {
    set: `stick ${kind}`,
    statement: rule,
    proxy: ctx.proxyName ?? "",
    side: ctx.side,
    tell: (key: unknown) => `key ${keyText(table, key as StickKey)} in table ${table.name}`,
  };
  const line = ctx.observer?.line(info, { test, act: keyOf }) ?? { test, act: keyOf };
  return {
    matches: kind === "on" || kind === "match",
    stores: kind !== "match",
    table,
    key: (stream) => {
      if (line.test !== undefined && !line.test(stream)) return undefined;
      return line.act(stream);
    },
  };
}
