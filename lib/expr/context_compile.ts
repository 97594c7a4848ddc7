/** What the compilers of expressions, conditions, formats and rules are given about the proxy at hand. */
import type { StreamView } from "./context.ts";
import type { Diagnostics } from "../config/diagnostic.ts";
import type { Span, Word } from "../config/document.ts";
import type { ProxyView, ServerView } from "./context.ts";
import type { AclTable } from "./acl.ts";
import type { HttpErrorsConfig } from "../config/model_errors.ts";
import type { Observer } from "./observer.ts";
import type { StickTable } from "../stick/table.ts";
import type { CacheView } from "./cache_view.ts";
import type { Place } from "./rows.ts";
import type { Userlist } from "./userlist.ts";
import type { Shared } from "./shared.ts";

export interface CompileContext {
  readonly diagnostics: Diagnostics;
  /** `listen` counts as a frontend in its own rules, as in HAProxy. */
  readonly side: "frontend" | "backend";
  readonly mode: "http" | "tcp";
  /** rules of a proxy in `mode tcp`, for connections that become HTTP */
  readonly upgraded?: true;
  /** whose rules these are */
  readonly proxyName?: string;
  /** The proxy's named ACLs (`compileAcls`); the predefined ones are always known. */
  readonly acls?: AclTable;
  /** Reads a pattern file or a body as latin1 text; undefined: it cannot be read. */
  readonly readFile?: (path: string) => string | undefined;
  readonly env?: (name: string) => string | undefined;
  /** Finds a proxy by name; called when an expression is first evaluated, never at load. */
  readonly findProxy?: (name: string, side: "frontend" | "backend") => ProxyView | undefined;
  readonly findServer?: (backend: string, server: string) => ServerView | undefined;
  /** Tells at load whether a named proxy exists; without it names are not checked. */
  readonly hasProxy?: (name: string, side: "frontend" | "backend") => boolean;
  readonly proxyNames?: readonly string[];
  readonly findUserlist?: (name: string) => Userlist | undefined;
  readonly userlistNames?: readonly string[];
  /** the stick table of the proxy of this name */
  readonly findTable?: (name: string) => StickTable | undefined;
  readonly tableNames?: readonly string[];
  /** `filter bwlim-in` and `bwlim-out` lines of the proxy, by name: `BandwidthFilter` of lib/rules */
  readonly bandwidth?: ReadonlyMap<string, unknown>;
  /** sends copies of requests to a backend; undefined: there is no such one */
  readonly mirrorTo?: (backend: string) => ((stream: StreamView) => void) | undefined;
  readonly findCache?: (name: string) => CacheView | undefined;
  readonly cacheNames?: readonly string[];
  /** `tune.stick-counters`, 3 when it is not said */
  readonly stickCounters?: number;
  /** the `http-errors` section of this name */
  readonly findErrors?: (name: string) => HttpErrorsConfig | undefined;
  /** the `resolvers` section of this name */
  readonly findResolver?: (name: string) => NameLookup | undefined;
  readonly resolverNames?: readonly string[];
  /** the slot that a rule `capture … len` at this place has in its frontend; undefined: this is none */
  readonly captureSlot?: (span: Span) => number | undefined;
  /** one for all contexts of a configuration: files that several expressions name are read once */
  readonly shared?: Shared;
  /** bytes of a buffer (`tune.bufsize`), 16384 when it is not said: no sample is longer */
  readonly bufsize?: number;
  /** sees what conditions and rules do; undefined: nobody does */
  readonly observer?: Observer;
  /** `option logasap`: timers that are not final and byte counts get a `+`. */
  readonly logasap?: boolean;
}

/** Where names get their addresses. `lookup` never rejects; undefined: the name has none. */
export interface NameLookup {
  lookup(name: string, prefer: "ipv4" | "ipv6"): string | undefined | Promise<string | undefined>;
}

/** A context with the place where the expression stands. */
export interface PlacedContext extends CompileContext {
  readonly place: Place;
  /** how messages call the place, when it is one of several of this kind */
  readonly placeName?: string;
  /** conditions are asked again when more has come (see waiting.ts) */
  readonly waits?: boolean;
}

/**
 * The span of `length` units of a word's text from `offset`. Where quotes or escapes were removed the two texts
 * do not run in step, so the part is looked for in the written word, and else the whole word is marked.
 */
export function partOf(word: Word, offset: number, length: number): Span {
  const { span, text } = word;
  const written = word.raw ?? (word.quoted === true ? undefined : text);
  if (written === undefined || length === 0) return span;
  if (written === text && span.length === text.length) {
    return { ...span, column: span.column + offset, length };
  }
  const at = written.indexOf(text.slice(offset, offset + length));
  return at < 0 || written.length !== span.length
    ? span
    : { ...span, column: span.column + at, length };
}
