/**
 * The rows of the expression tables. A fetch, a converter and its arguments are described by data; parser,
 * type checker, suggestions, help and documentation read the same rows.
 */
import type { Span } from "../config/document.ts";
import type { ProxyView, ServerView, StreamView } from "./context.ts";
import type { SampleType, Sint, Value } from "./sample.ts";
import type { StickTable } from "../stick/table.ts";
import type { Ip } from "./ip.ts";
import type { Shared } from "./shared.ts";
import type { Userlist } from "./userlist.ts";
import type { Variable } from "./variables.ts";

/** Rule sets and other places in which an expression may stand, in the order a stream meets them. */
export type Place =
  | "global"
  | "tcp-request connection"
  | "tcp-request session"
  | "tcp-request content"
  | "http-request"
  | "use_backend"
  | "tcp-response content"
  | "http-response"
  | "http-after-response"
  | "log"
  | "check";

/** What must be there for a fetch to give something (the manual's "layers"). */
export type Need =
  | "nothing"
  | "internal"
  | "client"
  | "session"
  | "request"
  | "requestKept"
  | "backend"
  | "server"
  | "response"
  | "responseKept"
  | "message"
  | "checked"
  | "final";

export type ArgType =
  | "str"
  | "int"
  | "ip"
  | "mask4"
  | "mask6"
  | "frontend"
  | "backend"
  | "server"
  | "userlist"
  /** the name of a proxy that has a stick table */
  | "table"
  | "enum"
  | "variable"
  /** an integer, or a variable that holds one */
  | "operand"
  /** bytes written in base64, or a variable that holds such text */
  | "key"
  /** the name of a file that can be read at load */
  | "file";

export interface ArgSpec {
  readonly name: string;
  readonly type: ArgType;
  readonly optional?: true;
  /** nothing behind the comma is an empty string, not an argument left out */
  readonly mayBeEmpty?: true;
  /** `enum`: the words that may stand here */
  readonly values?: readonly string[];
  /** Answers what is wrong with a value, or undefined. */
  readonly check?: (value: ArgValue) => string | undefined;
}

/** `server`: the name or `backend/name` as written. An argument left out is undefined. */
export type ArgValue = string | Sint | Ip | Variable | undefined;

/** What makers may ask of the configuration that is being compiled. */
export interface Lookup {
  readonly place: Place;
  /** whose rules these are */
  readonly proxyName?: string;
  readonly env?: (name: string) => string | undefined;
  readonly findUserlist?: (name: string) => Userlist | undefined;
  readonly findProxy?: (name: string, side: "frontend" | "backend") => ProxyView | undefined;
  readonly findServer?: (backend: string, server: string) => ServerView | undefined;
  /** the stick table of the proxy of this name; where none is named, the one of `proxyName` is meant */
  readonly findTable?: (name: string) => StickTable | undefined;
  /** `tune.stick-counters` */
  readonly stickCounters?: number;
  /** bytes of a buffer: no sample is longer; 16384 when it is not said */
  readonly bufsize?: number;
  /** Reads a file as latin1 text; undefined: it cannot be read. At load only. */
  readonly readFile?: (path: string) => string | undefined;
  /** what all expressions of a configuration share */
  readonly shared?: Shared;
  /** where the converter stands that is made */
  readonly at?: Span;
}

/** The manual's default of `tune.bufsize`. */
export const BUFSIZE = 16384;

export type Fetch = (stream: StreamView) => Value | undefined;

/** A visitor of the occurrences of a sample: 1 = matches, 0 = go on, -1 = look no further. */
export type Visit = (value: Value, stream: StreamView) => 1 | 0 | -1;

/** Gives each occurrence to `visit` until it answers 1 (then true) or -1. */
export type Scan = (stream: StreamView, visit: Visit) => boolean;

export interface FetchRow {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly args: readonly ArgSpec[];
  readonly type: SampleType;
  readonly needs: Need;
  /** it looks at bytes as they come (layer 6): a proxy in `mode http` has none for it */
  readonly rawBytes?: true;
  readonly doc: string;
  /** section of the manual */
  readonly section: string;
  /** ACL keywords made of this fetch and a match: prefix of `_beg`, `_dir` … (manual: "ACL derivatives") */
  readonly derived?: readonly string[];
  /** What is wrong with the arguments together, or undefined. */
  readonly check?: (args: readonly ArgValue[], lookup: Lookup) => string | undefined;
  readonly make: (args: readonly ArgValue[], lookup: Lookup) => Fetch;
  /** For fetches with several occurrences: ACLs iterate over all of them. */
  readonly scan?: (args: readonly ArgValue[], lookup: Lookup) => Scan;
}

export type Convert = (value: Value, stream: StreamView) => Value | undefined;

export interface ConverterRow {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly args: readonly ArgSpec[];
  readonly input: SampleType;
  /** "same": what it was given */
  readonly output: SampleType | "same";
  /** for converters whose output depends on their arguments */
  readonly outputFor?: (args: readonly ArgValue[]) => SampleType;
  /**
   * What becomes of an output that is longer than a buffer (`tune.bufsize`): it is cut, or there is no sample.
   * Converters whose output is no longer than their input need not say it.
   */
  readonly tooLong?: "cut" | "fail";
  readonly doc: string;
  readonly section: string;
  /** What is wrong with the arguments together, or undefined. */
  readonly check?: (args: readonly ArgValue[], lookup: Lookup) => string | undefined;
  readonly make: (args: readonly ArgValue[], lookup: Lookup, from: SampleType) => Convert;
}

const ALL: readonly Place[] = [
  "tcp-request connection",
  "tcp-request session",
  "tcp-request content",
  "http-request",
  "use_backend",
  "tcp-response content",
  "http-response",
  "http-after-response",
  "log",
];

const RESPONSE: readonly Place[] = ["tcp-response content", "http-response", "http-after-response"];
const REQUEST: readonly Place[] = ["tcp-request content", "http-request", "use_backend"];

const PLACES: Readonly<Record<Need, readonly Place[]>> = {
  nothing: ["global", ...ALL, "check"],
  internal: [...ALL, "check"],
  client: ALL,
  session: ALL.slice(1),
  request: REQUEST,
  requestKept: ALL.slice(2),
  // In a backend's own request rules the backend is known as well: see `usable`.
  backend: [...RESPONSE, "log", "check"],
  server: [...RESPONSE, "log", "check"],
  response: [...RESPONSE, "check"],
  responseKept: [...RESPONSE, "log", "check"],
  message: [...REQUEST, ...RESPONSE],
  checked: ["check"],
  final: ["log"],
};

export const NEED_NAMES: Readonly<Record<Need, string>> = {
  nothing: "process",
  internal: "internal state",
  client: "client address",
  session: "client-side session",
  request: "request headers",
  requestKept: "request line",
  backend: "backend",
  server: "server-side connection",
  response: "response headers",
  responseKept: "response status line",
  message: "message headers",
  checked: "answer to a health check",
  final: "end of the stream",
};

/** Tells whether a fetch with this need can give something in that place of a frontend or backend. */
export function usable(need: Need, place: Place, side: "frontend" | "backend"): boolean {
  if (need === "backend" && side === "backend" && REQUEST.includes(place)) return true;
  return PLACES[need].includes(place);
}
