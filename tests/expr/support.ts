/** Streams to evaluate on: a real parsed Head, everything else plain data. */
import { Diagnostics } from "../../lib/config/diagnostic.ts";
import type { Word } from "../../lib/config/document.ts";
import type { WordsAt } from "../../lib/config/model.ts";
import type { StreamView } from "../../lib/expr/context.ts";
import type { CompileContext, PlacedContext } from "../../lib/expr/context_compile.ts";
import type { Place } from "../../lib/expr/rows.ts";
import { VariableLimits, Variables } from "../../lib/expr/variables.ts";
import { bytesOfLatin1, latin1 } from "../../lib/http1/bytes.ts";
import { Head } from "../../lib/http1/head.ts";
import { parseRequest } from "../../lib/http1/parse_request.ts";
import { parseResponse } from "../../lib/http1/parse_response.ts";

export const REQUEST = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

const RELAXED = { maxhdr: 101, acceptInvalid: true };

/** Parses a request head; lines may be given as an array. */
export function request(text: string | readonly string[] = REQUEST): Head {
  const whole = typeof text === "string" ? text : [...text, "", ""].join("\r\n");
  const bytes = bytesOfLatin1(whole);
  const head = new Head("request");
  const error = parseRequest(head, bytes, 0, bytes.length, RELAXED);
  if (error !== 0) throw new Error(`bad request in a test: ${JSON.stringify(error)}`);
  return head;
}

export function response(lines: readonly string[] = ["HTTP/1.1 200 OK"]): Head {
  const bytes = bytesOfLatin1([...lines, "", ""].join("\r\n"));
  const head = new Head("response");
  const error = parseResponse(head, bytes, 0, bytes.length, "GET", RELAXED);
  if (error !== 0) throw new Error(`bad response in a test: ${JSON.stringify(error)}`);
  return head;
}

export type StreamParts = { -readonly [K in keyof StreamView]?: StreamView[K] };

/** 2009-02-06 12:14:14.655 UTC */
export const ACCEPT_DATE = Date.UTC(2009, 1, 6, 12, 14, 14, 655);

/** A stream with sensible values; `parts` replaces any of them. */
export function stream(parts: StreamParts = {}): StreamView & StreamParts {
  const frontend = { name: "fe", id: 2, mode: "http" as const, currentConnections: 3 };
  return {
    session: {
      remote: { family: 4, host: "192.0.2.7", port: 40000 },
      local: { family: 4, host: "198.51.100.1", port: 80 },
      frontend,
      listenerName: "front door",
      listenerId: 1,
      acceptDate: ACCEPT_DATE,
      requestCount: 1,
    },
    request: request(),
    response: undefined,
    frontend,
    backend: undefined,
    server: undefined,
    process: {
      pid: 14389,
      hostname: "box",
      node: "node",
      stopping: false,
      actconn: 4,
      wall: () => ACCEPT_DATE + 1000,
      now: () => 1000,
      random: () => 0.5,
      variables: new Variables(),
      variableLimits: new VariableLimits(),
    },
    streamId: 255,
    acceptAt: 0,
    requestStartAt: 0,
    requestAt: -1,
    queuedAt: -1,
    connectedAt: -1,
    responseAt: -1,
    endedAt: -1,
    requestDate: ACCEPT_DATE,
    status: -1,
    bytesIn: 0,
    bytesOut: 0,
    termination: "----",
    retries: 0,
    redispatched: false,
    actconn: 4,
    srvQueue: 0,
    backendQueue: 0,
    serverLocal: undefined,
    logLevel: undefined,
    capturedRequestHeaders: [],
    capturedResponseHeaders: [],
    ...parts,
  };
}

/** Words of a line, cut at spaces; `'…'` and `"…"` hold spaces and are taken away. */
export function words(line: string): Word[] {
  const found: Word[] = [];
  const pattern = /(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/g;
  for (const match of line.matchAll(pattern)) {
    const raw = match[0];
    const text = raw.replace(
      /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
      (_, single, double, escaped) => single ?? escaped ?? double.replace(/\\(.)/g, "$1"),
    );
    const span = { file: "test.cfg", line: 1, column: match.index + 1, length: raw.length };
    found.push(text === raw ? { text, span, raw } : { text, span, raw, quoted: true });
  }
  return found;
}

export function wordsAt(line: string): WordsAt {
  const found = words(line);
  return { words: found, span: { file: "test.cfg", line: 1, column: 1, length: line.length } };
}

/** A context for compiling; its diagnostics are `ctx.diagnostics`. */
export function context(
  parts: Partial<CompileContext> & { place?: Place } = {},
): PlacedContext {
  return {
    diagnostics: new Diagnostics(),
    side: "frontend",
    mode: "http",
    place: "http-request",
    ...parts,
  };
}

/** The diagnostics as text: `severity column: message; allowed; nearest`. */
export function told(ctx: CompileContext): string[] {
  return ctx.diagnostics.list.map((d) =>
    `${d.severity} ${d.span?.column}+${d.span?.length}: ${d.message}` +
    (d.nearest === undefined ? "" : ` [nearest: ${d.nearest}]`)
  );
}

/** Files are named from the project's directory, where the compare script starts HAProxy. */
export function readFile(path: string): string | undefined {
  try {
    const bytes = Deno.readFileSync(new URL(`../../${path}`, import.meta.url));
    return latin1(bytes, 0, bytes.length);
  } catch {
    return undefined;
  }
}
