/**
 * The capture slots of a frontend (manual 4.2 `capture request header`, `declare capture`, `http-request capture`):
 * numbered for each side in the order of the configuration, whichever keyword makes them.
 */
import type { Span } from "../config/document.ts";
import type { ProxyConfig, WordsAt } from "../config/model.ts";
import type { CaptureSide } from "../expr/captures.ts";

export interface CaptureSlot {
  /** the field that fills it when the head has come, in lower case; undefined: a rule does */
  readonly header: string | undefined;
  /** bytes kept at most */
  readonly length: number;
}

export interface CaptureSlots {
  readonly request: readonly CaptureSlot[];
  readonly response: readonly CaptureSlot[];
  /** the slot of the rule `capture … len` that stands there */
  readonly ofRule: (span: Span) => number | undefined;
}

type Config = Pick<ProxyConfig, "captures" | "httpRequest" | "tcpRequestContent">;

interface Found extends CaptureSlot {
  readonly side: CaptureSide;
  readonly span: Span;
}

/** `request|response header <name> len <length>` or `request|response len <length>` */
function ofKeyword({ words, span }: WordsAt): Found {
  const named = words[1].text === "header";
  return {
    side: words[0].text as CaptureSide,
    header: named ? words[2].text.toLowerCase() : undefined,
    length: Number(words.at(-1)!.text),
    span,
  };
}

/** `capture <sample> len <length> …` */
function ofRule({ words }: WordsAt): Found | [] {
  const [action, , kind, length] = words;
  if (action?.text !== "capture" || kind?.text !== "len" || length === undefined) return [];
  return {
    side: "request",
    header: undefined,
    length: Number(length.text) || 0,
    span: action.span,
  };
}

const keyOf = ({ file, line, column }: Span) => `${file}:${line}:${column}`;

export function captureSlots({ captures, httpRequest, tcpRequestContent }: Config): CaptureSlots {
  const all = [
    ...captures.map(ofKeyword),
    ...[...tcpRequestContent, ...httpRequest].flatMap(ofRule),
  ];
  // Lists of other files keep the order in which they were read.
  all.sort((a, b) => a.span.file === b.span.file ? a.span.line - b.span.line : 0);
  const request = all.filter(({ side }) => side === "request");
  const places = new Map(request.map(({ span }, i) => [keyOf(span), i]));
  return {
    request,
    response: all.filter(({ side }) => side === "response"),
    ofRule: (span) => places.get(keyOf(span)),
  };
}
