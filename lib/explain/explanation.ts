/** One request explained: what `sluice explain --json` prints (docs/explain.md), and the same as text. */
import { Head } from "../http1/head.ts";
import type { ParseOptions } from "../http1/parse_fields.ts";
import { findRequestEnd, parseRequest } from "../http1/parse_request.ts";
import { latin1 } from "../http1/bytes.ts";
import { type Report, reportOf } from "../trace/report.ts";
import { renderLines, renderReasons, type RenderSettings, verdictOf } from "../trace/render.ts";
import { printable } from "../trace/text.ts";
import { describeListen } from "./entrance.ts";
import type { Outgoing } from "./laboratory.ts";

export interface MessageReport {
  /** `GET /a.png HTTP/1.1`, `HTTP/1.1 403 Forbidden` */
  readonly start: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** the first bytes, and how many there are */
  readonly body: string;
  readonly bytes: number;
}

export interface Explanation extends Report {
  readonly request: {
    readonly text: string;
    readonly from: string;
    readonly tls: boolean;
  };
  readonly entrance: {
    readonly bind: string;
    readonly file: string;
    readonly line: number;
  };
  /** what the client sent */
  readonly received: MessageReport;
  /** what the server got, the last one that was asked */
  readonly sent: MessageReport | null;
  /** how it got it: `over TLS`, `after a PROXY header` */
  readonly wrapping: string;
  /** what the client got */
  readonly answer: MessageReport | null;
  /** the connection was closed without an answer */
  readonly closed: boolean;
  /** ms that the proxy waited */
  readonly waited: number;
  readonly log: readonly string[];
}

const EMPTY: Report = {
  frontend: "",
  backend: null,
  server: null,
  answeredBy: "nobody",
  status: null,
  termination: "----",
  because: [],
  lines: [],
  variables: {},
};

/** Bytes of a body that are shown. */
const MOST_BODY = 400;

/** Makes the explanation of what became of a request. */
export function explanationOf(outgoing: Outgoing): Explanation {
  const { entrance, request, stream, trace, variables, arrivals, received } = outgoing;
  const { frontend, bind } = entrance;
  const report = stream === undefined
    ? { ...EMPTY, frontend: frontend.name, ...notServed(outgoing) }
    : reportOf(stream, trace, variables);
  const sent = arrivals.at(-1)?.text;
  const { src } = request;
  return {
    request: {
      text: request.plain ? request.url : `${request.method} ${request.url}`,
      from: src.host,
      tls: entrance.tls || request.scheme === "https",
    },
    entrance: {
      bind: describeListen(entrance.address),
      file: bind.span.file,
      line: bind.span.line,
    },
    ...report,
    received: messageOf(latin1(request.bytes, 0, request.bytes.length), request.plain),
    sent: sent === undefined ? null : messageOf(sent, request.plain),
    wrapping: outgoing.wrapping,
    answer: received === "" ? null : messageOf(received, request.plain),
    closed: outgoing.closed,
    waited: outgoing.took,
    log: outgoing.log,
  };
}

/** No stream was made of it: the connection was refused, or it was no request. */
function notServed({ trace, received, entrance, request }: Outgoing): Partial<Report> {
  const { lines } = trace;
  const last = lines.findLast(({ applied, outcome }) =>
    applied && (outcome?.type === "reject" || outcome?.type === "silent-drop")
  );
  if (last !== undefined) {
    const { text, file, line } = last;
    return { lines, because: [{ text, file, line, isLine: true }] };
  }
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(received)?.[1];
  const text = status === undefined
    ? `frontend ${entrance.frontend.name} closed the connection`
    : whatIsWrong(request.bytes, entrance.frontend.parseOptions);
  return {
    lines,
    status: status === undefined ? null : Number(status),
    answeredBy: status === undefined ? "nobody" : "proxy",
    because: [{ text, file: null, line: null, isLine: false }],
  };
}

/** Why the codec refuses a request. */
function whatIsWrong(bytes: Uint8Array, options: ParseOptions): string {
  const end = findRequestEnd(bytes, 0, 0, bytes.length, options);
  const error = end < 0 ? 0 : parseRequest(new Head(), bytes, 0, end, options);
  return `it is no valid request${error === 0 ? "" : `: ${error.message}`}`;
}

/** Splits a message; what is no HTTP is all body. */
function messageOf(text: string, plain: boolean): MessageReport {
  const end = plain ? -1 : text.indexOf("\r\n\r\n");
  const body = end < 0 ? text : text.slice(end + 4);
  const [start, ...fields] = end < 0 ? [""] : text.slice(0, end).split("\r\n");
  return {
    start,
    headers: fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    }),
    body: body.slice(0, MOST_BODY),
    bytes: body.length,
  };
}

/** The explanation as text; no line feed at the end. */
export function renderExplanation(explanation: Explanation, settings: RenderSettings = {}): string {
  const { request, frontend, entrance, sent, answer } = explanation;
  const place = `${entrance.file}:${entrance.line}`;
  return [
    `${request.text} from ${request.from}${request.tls ? " (TLS)" : ""}`,
    `→ ${verdict(explanation)}`,
    ...renderReasons(explanation),
    "",
    `came in at frontend ${frontend}, bind ${entrance.bind}  ${place}`,
    ...renderLines(explanation.lines, settings),
    ...variableLines(explanation),
    ...messageLines(
      `the server gets${explanation.wrapping === "" ? "" : ` (${explanation.wrapping})`}`,
      sent,
      explanation.received,
    ),
    ...messageLines("the client gets", answer),
  ].join("\n");
}

const fieldsOf = ({ headers }: MessageReport) =>
  headers.map(([name, value]) => `${name}: ${value}`);

/** What became of it, in one line. */
export function verdict(explanation: Explanation): string {
  const { closed, waited, answer } = explanation;
  const location = answer?.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  return verdictOf(explanation, { closed, waited, location });
}

function variableLines({ variables }: Explanation): string[] {
  const names = Object.keys(variables);
  if (names.length === 0) return [];
  return [
    "",
    "variables",
    ...names.map((name) => `  ${name} = ${JSON.stringify(variables[name])}`),
  ];
}

/** `before`: what it was made of; what is new is marked `+`, what is gone `-`. */
function messageLines(
  title: string,
  message: MessageReport | null,
  before: MessageReport | undefined = undefined,
): string[] {
  if (message === null) return [];
  const { start, body, bytes } = message;
  const lines = start === "" ? [] : [start, ...fieldsOf(message)];
  if (before !== undefined && start !== "") {
    const old = [before.start, ...fieldsOf(before)];
    const now = new Set(lines);
    lines.forEach((line, i) => lines[i] = old.includes(line) ? `  ${line}` : `+ ${line}`);
    lines.push(...old.filter((line) => !now.has(line)).map((line) => `- ${line}`));
  }
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0e-\x1f]/.test(body)) lines.push(`(${bytes} bytes that are no text)`);
  else if (bytes > 0) {
    const text = body.replace(/\r?\n$/, "").split(/\r?\n/).map(printable);
    if (lines.length > 0) lines.push("");
    lines.push(...text.slice(0, 6));
    if (text.length > 6 || bytes > body.length) lines.push(`… (${bytes} bytes)`);
  }
  if (lines.length === 0) return [];
  return ["", title, ...lines.map((line) => line === "" ? "" : `  ${line}`)];
}
