/** Converters that look a proxy or server up by a name that is only known at run time (manual 7.3.1). */
import type { StreamView } from "../context.ts";
import type { ConverterRow, Lookup } from "../rows.ts";
import { Typed, typed } from "../sample.ts";

const SECTION = "7.3.1";

/** The server `backend/name`, or of the current backend. */
function findServer(lookup: Lookup, stream: StreamView, text: string) {
  const slash = text.indexOf("/");
  const backend = slash < 0 ? (stream.backend ?? stream.frontend).name : text.slice(0, slash);
  return lookup.findServer?.(backend, text.slice(slash + 1));
}

/** How a value is written by `debug`. */
function describe({ type, value }: Typed): string {
  if (type === "bin") return `bin <${btoa(value as string)}>`;
  return `${type} <${String(value).replace(/[^\x20-\x7e]/g, "?")}>`;
}

/** What has happened to a stream when an expression is evaluated (HAProxy 3.1 manual, `when`). */
const EVENTS: Readonly<Record<string, (stream: StreamView) => boolean>> = {
  error: isError,
  normal: (stream) => !isError(stream),
  forwarded: (stream) => stream.connectedAt >= 0,
  toapplet: (stream) => stream.connectedAt < 0 && stream.status >= 0,
  processed: (stream) => stream.connectedAt >= 0 || stream.status >= 0,
  stopping: (stream) => stream.process.stopping,
};

/** As `option dontlog-normal` sees it. */
function isError(stream: StreamView): boolean {
  return stream.termination[0] !== "-" || stream.status >= 500 || stream.retries > 0 ||
    stream.redispatched;
}

export const STATE_CONVERTERS: readonly ConverterRow[] = [
  {
    name: "nbsrv",
    args: [],
    input: "str",
    output: "sint",
    doc: "the number of usable servers of the backend with that name",
    section: SECTION,
    make: (_, lookup) => (value) => lookup.findProxy?.(value as string, "backend")?.usableServers,
  },
  {
    name: "srv_queue",
    args: [],
    input: "str",
    output: "sint",
    doc: "the number of streams in the queue of the server with that name, or backend/name",
    section: SECTION,
    make: (_, lookup) => (value, stream) => findServer(lookup, stream, value as string)?.queued,
  },
  {
    name: "srv_is_up",
    args: [],
    input: "str",
    output: "bool",
    doc: "true when the server with that name, or backend/name, is up and not in maintenance",
    section: SECTION,
    make: (_, lookup) => (value, stream) => {
      const server = findServer(lookup, stream, value as string);
      return server?.running ?? server?.usable;
    },
  },
  {
    name: "fe_exists",
    args: [],
    input: "str",
    output: "bool",
    doc: "true when there is a frontend with that name",
    section: SECTION,
    make: (_, lookup) => (value) => lookup.findProxy?.(value as string, "frontend") !== undefined,
  },
  {
    name: "debug",
    args: [
      { name: "prefix", type: "str", optional: true },
      { name: "destination", type: "enum", values: ["stdout", "stderr"], optional: true },
    ],
    input: "any",
    output: "same",
    doc: "writes the sample with its type to standard error (or output), and passes it on",
    section: SECTION,
    make: ([prefix = "debug", destination], _, from) => {
      const write = destination === "stdout" ? console.log : console.error;
      return (value) => {
        write(`[debug] ${prefix}: type=${describe(typed(from, value))}`);
        return value;
      };
    },
  },
  {
    name: "when",
    args: [{
      name: "condition",
      type: "enum",
      values: Object.keys(EVENTS).flatMap((name) => [name, `!${name}`]),
    }],
    input: "any",
    output: "same",
    doc: "passes the sample on when the stream has failed (error), was forwarded … or not (!)",
    section: SECTION,
    make: ([text]) => {
      const negated = (text as string).startsWith("!");
      const event = EVENTS[(text as string).replace("!", "")];
      return (value, stream) => event(stream) === negated ? undefined : value;
    },
  },
];
