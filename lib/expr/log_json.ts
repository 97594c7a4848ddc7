/**
 * `option httplog json`: the line of a request as one JSON object (RFC 8259) in ASCII. Names follow the manual's words
 * for the fields of `option httplog` (8.2.3); values are numbers where they are numbers, null where there is none.
 */
import type { StreamView } from "./context.ts";
import { ALIASES, type LogFlags, type LogValue, requestLine, startDate } from "./log_aliases.ts";
import { jsonString } from "./log_encoding.ts";

const FLAGS: LogFlags = { quote: false, escape: false, hex: false, dash: false, asap: false };

/** The value of a variable of formats as it is. */
function alias(name: string): LogValue {
  return ALIASES.get(name)!.make(FLAGS);
}

/** A text; an empty one is missing. */
function text(read: (stream: StreamView) => string | undefined): LogValue {
  return (stream) => {
    const value = read(stream);
    return value === undefined || value === "" ? "null" : jsonString(value);
  };
}

/** A number, for which the variable writes the digits. */
function number(name: string): LogValue {
  const read = alias(name);
  return (stream) => {
    const value = read(stream);
    return value === "" ? "null" : value;
  };
}

function captured(
  read: (stream: StreamView) => readonly (string | undefined)[],
): LogValue {
  return (stream) => {
    let list = "";
    for (const value of read(stream)) {
      list += (list === "" ? "" : ",") + (value === undefined ? "null" : jsonString(value));
    }
    return `[${list}]`;
  };
}

/** Parts of the request line; undefined when no request was understood. */
const part = (name: string) => {
  const read = alias(name);
  return text((stream) => requestLine(stream) === undefined ? undefined : read(stream));
};

/** The members in their order: name, and what writes the value. */
export const JSON_MEMBERS: readonly (readonly [name: string, doc: string, value: LogValue])[] = [
  [
    "time",
    "when the request began, UTC (RFC 3339)",
    (s) => `"${new Date(startDate(s)).toISOString()}"`,
  ],
  ["client", "the client's address", text(alias("ci"))],
  ["client_port", "and port", number("cp")],
  ["frontend", "frontend", text((s) => s.frontend.name)],
  ["tls", "the client's TLS version", text((s) => s.session.tls?.version)],
  ["backend", "backend", text(alias("b"))],
  ["server", "server; null: none was chosen", text((s) => s.server?.name ?? s.applet)],
  ["method", "method", part("HM")],
  ["target", "request target", part("HU")],
  ["version", "HTTP version", part("HV")],
  ["status", "status of the answer, -1: there was none", number("ST")],
  ["bytes_out", "bytes sent to the client", number("B")],
  ["bytes_in", "bytes the client sent", number("U")],
  ["request_ms", "ms until the request was there (TR), -1: it never was", number("TR")],
  ["queue_ms", "ms in queues (Tw)", number("Tw")],
  ["connect_ms", "ms to connect to the server (Tc)", number("Tc")],
  ["response_ms", "ms until the server's answer (Tr)", number("Tr")],
  ["active_ms", "ms in all (Ta)", number("Ta")],
  ["termination", "termination code", text(alias("tsc"))],
  ["retries", "retries", (s) => String(s.retries)],
  ["redispatched", "another server was taken", (s) => String(s.redispatched)],
  ["process_connections", "connections of the process", number("ac")],
  ["frontend_connections", "of the frontend", number("fc")],
  ["backend_connections", "of the backend", number("bc")],
  ["server_connections", "of the server", number("sc")],
  ["server_queue", "requests before this one in the server's queue", number("sq")],
  ["backend_queue", "in the backend's", number("bq")],
  ["request_cookie", "captured cookie of the request", text((s) => s.requestCookie)],
  ["response_cookie", "captured cookie of the answer", text((s) => s.responseCookie)],
  ["request_headers", "captured headers", captured((s) => s.capturedRequestHeaders)],
  ["response_headers", "captured headers", captured((s) => s.capturedResponseHeaders)],
  ["id", "`unique-id-format`", text(alias("ID"))],
];

/** Makes the line of a stream. */
export function jsonLogLine(): LogValue {
  const parts = JSON_MEMBERS.map(([name, , value], at) => ({
    before: `${at === 0 ? "{" : ","}"${name}":`,
    value,
  }));
  return (stream) => {
    let line = "";
    for (const { before, value } of parts) line += before + value(stream);
    return line + "}";
  };
}
